// SPDX-License-Identifier: GPL-2.0-only
/* NMIs: the host handles them, and the guest goes on. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "vctx_selftest.h"

/* An NMI that finds the CPU in the kernel causes no VM exit. */
#define MOST_NMIS	30

static volatile bool stop;

/* The registers that a handler would spoil are in use all the time. */
static void *work_main(void *arg)
{
	const struct sched_param above_others = { .sched_priority = 1 };
	uint64_t sum = 1, rounds = 0;

	pin(1);
	/*
	 * The NMI comes right after a line in the kernel log.  Whoever reads the log must
	 * not be woken up here just then.
	 */
	REQUIRE(!sched_setscheduler(0, SCHED_FIFO, &above_others));
	while (!stop) {
		sum = sum * 6364136223846793005ULL + 1;
		rounds++;
	}
	for (; rounds; rounds--)
		sum = (sum - 1) * 0xc097ef87329e28a5ULL;
	CHECK_EQ(sum, 1ULL);
	return arg;
}

static bool seen(void)
{
	return test_in_context && ctx_tally().exits[VCTX_EXIT_NMI];
}

/* The kernel sends the other CPU an NMI to ask what it executes. */
static void backtrace(const void *arg)
{
	pthread_t thread;

	(void)arg;
	if (access("/proc/sysrq-trigger", W_OK))
		test_skip("/proc/sysrq-trigger is not there");
	pin(0);
	REQUIRE(!pthread_create(&thread, NULL, work_main, NULL));
	for (int i = 0; i < MOST_NMIS && !seen(); i++) {
		burn(20 * NSEC_PER_MSEC);
		write_file("/proc/sysrq-trigger", "l");
	}
	stop = true;
	pthread_join(thread, NULL);
	if (test_in_context)
		CHECK(seen());
}

static const struct test tests[] = {
	{ "backtrace", backtrace, NULL, T_SMP },
};

TEST_MAIN(tests)
