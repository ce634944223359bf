// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the scheduler's promises: how soon a thread runs, how late a timer
 * is, how right the accounting of CPU time, and who gets how much of a CPU.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#include "common/alloc.h"
#include "common/tsc.h"
#include "group.h"
#include "peer.h"

#define PERIOD_NS	2000000
#define SHARE_NS	60000000
#define WORK_NS		50000
#define PAUSE_NS	500000

/* How often something is looked at that takes a period of time. */
static unsigned int periods(const struct sample *sample)
{
	return sample->conditions->runs / 4 + 3;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	const struct timespec until = {
		ns / UINT64_C(1000000000), ns % UINT64_C(1000000000)
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void spin_ns(const struct sample *sample, double ns)
{
	uint64_t until = tsc_read() + sample_ticks(sample, ns);

	while (tsc_read() < until)
		;
}

/* ---- how late a thread is that sleeps until a time, in ticks ---- */

static double lateness(const struct sample *sample)
{
	unsigned int count = periods(sample), i;
	double *late = must(calloc(count, sizeof(*late))), median;

	for (i = 0; i < count; i++) {
		uint64_t due = now_ns() + PERIOD_NS;

		sleep_until(due);
		late[i] = now_ns() - due;
	}
	median = sample_median_of(late, count);
	free(late);
	return sample_ticks(sample, median);
}

static void run_timer(struct sample *sample)
{
	sample_enter(sample, sample->self);
	sample->value = lateness(sample);
}

/* The rival is native.  The measured thread computes all the time, on the same CPU. */
struct rivalry {
	struct sample *sample;
	atomic_bool begun, over;
};

static void rival(void *arg)
{
	struct rivalry *rivalry = arg;

	while (!atomic_load(&rivalry->begun))
		sleep_until(now_ns() + PERIOD_NS);
	rivalry->sample->value = lateness(rivalry->sample);
	atomic_store(&rivalry->over, true);
}

static void run_rival(struct sample *sample)
{
	struct rivalry rivalry = { .sample = sample };
	struct peer peer = {
		.sample = sample,
		.cpu = sample->conditions->cpu,
		.fn = rival,
		.arg = &rivalry,
	};

	peer_start(&peer);
	sample_enter(sample, sample->self);
	atomic_store(&rivalry.begun, true);
	while (!atomic_load(&rivalry.over))
		;
	peer_join(&peer);
}

/* ---- from the call that wakes a thread until the thread runs ---- */

/* @woken_at: when the call was made, until the thread has seen it */
struct wakeup {
	struct sample *sample;
	int event;
	atomic_ullong woken_at;
};

static void wake(void *arg)
{
	struct wakeup *wakeup = arg;
	unsigned int i;

	for (i = 0; i < periods(wakeup->sample); i++) {
		do
			sleep_until(now_ns() + PAUSE_NS);
		while (atomic_load(&wakeup->woken_at));
		atomic_store(&wakeup->woken_at, tsc_read());
		eventfd_write(wakeup->event, 1);
	}
}

static void run_wakeup(struct sample *sample)
{
	struct wakeup wakeup = { .sample = sample, .event = eventfd(0, 0) };
	struct peer peer = {
		.sample = sample,
		.cpu = sample->conditions->other,
		.flags = sample->peer,
		.fn = wake,
		.arg = &wakeup,
	};
	unsigned int count = periods(sample), i;
	double *ticks = must(calloc(count, sizeof(*ticks)));
	eventfd_t value;

	peer_start(&peer);
	sample_enter(sample, sample->self);
	for (i = 0; i < count; i++) {
		eventfd_read(wakeup.event, &value);
		ticks[i] = tsc_read() - atomic_exchange(&wakeup.woken_at, 0);
	}
	peer_join(&peer);
	sample->value = sample_median_of(ticks, count);
}

/* ---- CPU time ---- */

static double user_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_utime.tv_sec * 1e9 + usage.ru_utime.tv_usec * 1e3 +
	       usage.ru_stime.tv_sec * 1e9 + usage.ru_stime.tv_usec * 1e3;
}

/* A thread that is alone on its CPU and only computes should be billed for all. */
static void run_accounting(struct sample *sample)
{
	double billed;
	uint64_t start;

	sample_enter(sample, sample->self);
	spin_ns(sample, PERIOD_NS);
	billed = user_ns();
	start = tsc_read();
	spin_ns(sample, SHARE_NS);
	billed = user_ns() - billed;
	sample->value = 100 * (sample_ticks(sample, billed) /
			       (tsc_read() - start) - 1);
}

/* The measured thread waits for I/O now and then; the one beside it computes. */
static void run_share(struct sample *sample)
{
	atomic_bool over = false;
	struct peer peer = {
		.sample = sample,
		.cpu = sample->conditions->cpu,
		.flags = sample->peer,
		.fn = peer_compute,
		.arg = &over,
	};
	uint64_t start, until;
	unsigned int rounds;

	peer_start(&peer);
	sample_enter(sample, sample->self);
	start = now_ns();
	until = start + SHARE_NS;
	for (rounds = 0; now_ns() < until; rounds++) {
		spin_ns(sample, WORK_NS);
		sleep_until(now_ns() + PAUSE_NS);
	}
	sample->value = rounds * 1e9 / (now_ns() - start);
	atomic_store(&over, true);
	peer_join(&peer);
}

const struct figure management_figures[] = {
	{ "wake-up", .flags = FIGURE_PEER, .run = run_wakeup },
	{ "a rival runs after", .flags = FIGURE_TICK, .run = run_rival },
	{ "a timer is late by", .flags = FIGURE_TICK, .run = run_timer },
	{ "CPU time is wrong by", .unit = UNIT_PERCENT, .flags = FIGURE_TICK, .run = run_accounting },
	{ "rounds of I/O beside a loop", .unit = UNIT_PER_SECOND, .flags = FIGURE_PEER, .run = run_share },
	{ }
};
