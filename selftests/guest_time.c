// SPDX-License-Identifier: GPL-2.0-only
/* Where the time goes, and whether the accounts of it agree. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define LONG_LOOP	(200 * NSEC_PER_MSEC)

/*
 * The share of the time, in hundredths of a percent, that is left to a loop which
 * only looks at the clock: all but the gaps that interrupts make.
 */
#define GAP_TICKS	600

static uint64_t loop_share(void)
{
	uint64_t end = now_ns() + LONG_LOOP;
	uint64_t start, last, gaps = 0;

	start = last = __builtin_ia32_rdtsc();
	while (now_ns() < end)
		for (int i = 0; i < 1000; i++) {
			uint64_t now = __builtin_ia32_rdtsc();

			if (now - last > GAP_TICKS)
				gaps += now - last;
			last = now;
		}
	return 10000 - gaps * 10000 / (last - start);
}

/* The best of a few windows counts, since the kernel may have work in one. */
#define WINDOWS		3

static uint64_t best(uint64_t (*measure)(void))
{
	uint64_t most = 0;

	for (int i = 0; i < WINDOWS; i++) {
		uint64_t share = measure();

		if (share > most)
			most = share;
	}
	return most;
}

/* The share of guest time in the loop's time, in the same unit. */
static uint64_t guest_share(void)
{
	struct watch spent = watch_start();

	loop_share();
	spent = watch_stop(spent);
	return spent.guest_ns * 10000 / spent.wall_ns;
}

/* Time that interrupts leave is spent in the guest. */
static void hot_loop(const void *arg)
{
	uint64_t native, context, guest;

	(void)arg;
	pin(current_cpu());
	burn(5 * NSEC_PER_MSEC);
	native = best(loop_share);
	test_enter();
	if (!test_in_context)
		return;
	burn(5 * NSEC_PER_MSEC);
	context = best(loop_share);
	guest = best(guest_share);
	printf("# 1/100 %%: natively %llu, in a context %llu, guest %llu\n",
	       (unsigned long long)native, (unsigned long long)context,
	       (unsigned long long)guest);
	CHECK_GE(context * 100, native * 99);
	CHECK_GE(guest * 100, native * 99);
}

/* Local timer interrupts of @cpu so far, as the kernel counts them. */
static uint64_t timer_interrupts(int cpu)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1024], *at;
	uint64_t count = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, "LOC:");
		if (!at)
			continue;
		at += 4;
		for (int i = 0; i <= cpu; i++)
			count = strtoull(at, &at, 10);
	}
	fclose(file);
	return count;
}

/*
 * Each timer interrupt reaches the host, and none does twice.  Only idle CPUs stop
 * the tick, and this one is busy.
 */
static void interrupts(const void *arg)
{
	uint64_t ticks, exits = 0, hz = 0;
	uint64_t start;

	(void)arg;
	pin(0);
	burn(5 * NSEC_PER_MSEC);
	start = now_ns();
	ticks = timer_interrupts(0);
	if (test_in_context)
		exits = ctx_stats().exits[VCTX_EXIT_INTERRUPT];
	burn(LONG_LOOP);
	ticks = timer_interrupts(0) - ticks;
	hz = ticks * NSEC_PER_SEC / (now_ns() - start);
	printf("# %llu timer interrupts per second\n", (unsigned long long)hz);
	CHECK_GE(hz, 90ULL);
	CHECK_LE(hz, 1100ULL);
	if (!test_in_context)
		return;
	exits = ctx_stats().exits[VCTX_EXIT_INTERRUPT] - exits;
	CHECK_GE(exits * 10, ticks * 9);
	CHECK_LE(exits, ticks + ticks / 5 + 10);
}

static uint64_t ns_of(struct timeval time)
{
	return time.tv_sec * NSEC_PER_SEC + time.tv_usec * 1000ULL;
}

/* User time is time in the guest, system time is not. */
static void expect_user_time(int who, uint64_t start)
{
	struct rusage usage;
	uint64_t wall = now_ns() - start, user, system;

	CHECK_EQ(getrusage(who, &usage), 0);
	user = ns_of(usage.ru_utime);
	system = ns_of(usage.ru_stime);
	printf("# user %llu ms, system %llu ms of %llu ms\n",
	       (unsigned long long)(user / NSEC_PER_MSEC),
	       (unsigned long long)(system / NSEC_PER_MSEC),
	       (unsigned long long)(wall / NSEC_PER_MSEC));
	CHECK_GE(user * 100, wall * 85);
	CHECK_GE(user + system, system * 10);
}

static void user_time(const void *arg)
{
	uint64_t start = now_ns();

	(void)arg;
	burn(LONG_LOOP);
	expect_user_time(RUSAGE_THREAD, start);
}

static void burn_long(void)
{
	burn(LONG_LOOP);
}

static void user_time_of_children(const void *arg)
{
	uint64_t start = now_ns();

	(void)arg;
	in_child(burn_long);
	expect_user_time(RUSAGE_CHILDREN, start);
}

/* The thread's clock agrees with the time for which the thread ran. */
static void thread_clock(const void *arg)
{
	struct timespec before, after;
	uint64_t start, wall, ran;

	(void)arg;
	burn(5 * NSEC_PER_MSEC);
	start = now_ns();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	burn(50 * NSEC_PER_MSEC);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	wall = now_ns() - start;
	ran = (after.tv_sec - before.tv_sec) * NSEC_PER_SEC + after.tv_nsec -
	      before.tv_nsec;
	CHECK_GE(ran * 100, wall * 90);
	CHECK_LE(ran * 100, wall * 101);
}

/* Two threads on one CPU have half of the time each. */
static void shared_cpu(const void *arg)
{
	struct watch start, spent;
	pid_t hog;

	(void)arg;
	pin(0);
	hog = hog_start(0);
	burn(20 * NSEC_PER_MSEC);
	start = watch_start();
	burn(100 * NSEC_PER_MSEC);
	spent = watch_stop(start);
	hog_stop(hog);
	if (test_in_context) {
		CHECK_GE(spent.guest_ns * 100, spent.wall_ns * 30);
		CHECK_LE(spent.guest_ns * 100, spent.wall_ns * 75);
	}
}

/* A sleep counts as time of the context, but not as guest time. */
static void sums(const void *arg)
{
	struct timespec sleep = { 0, 10 * NSEC_PER_MSEC };
	struct vctx_stats stats;
	uint64_t before = now_ns(), start, wall, all = 0, exits = 0;

	(void)arg;
	test_enter();
	start = now_ns();
	nanosleep(&sleep, NULL);
	burn(20 * NSEC_PER_MSEC);
	wall = now_ns() - start;
	if (!test_in_context)
		return;
	stats = ctx_stats();
	all = stats.guest_ns + stats.native_ns;
	CHECK_GE(all * 100, wall * 98);
	CHECK_LE(all * 98, (now_ns() - before) * 100);
	CHECK_GE(stats.native_ns, 10 * NSEC_PER_MSEC);
	/* Each entry ends in one exit. */
	for (int kind = 0; kind < VCTX_NR_EXITS; kind++)
		exits += stats.exits[kind];
	CHECK_EQ(stats.entries, exits);
}

static const struct test tests[] = {
	{ "hot_loop", hot_loop, NULL, T_SELF },
	{ "interrupts", interrupts, NULL, 0 },
	{ "user_time", user_time, NULL, 0 },
	{ "user_time_of_children", user_time_of_children, NULL, 0 },
	{ "thread_clock", thread_clock, NULL, 0 },
	{ "shared_cpu", shared_cpu, NULL, 0 },
	{ "sums", sums, NULL, T_SELF },
};

TEST_MAIN(tests)
