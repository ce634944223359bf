// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a nohz_full CPU the kernel itself stops the tick: a context lets the kernel do
 * so, and holds nothing.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vctx_selftest.h"

/* The first CPU of the nohz_full set; without one there is no test. */
static void pin_to_nohz_full(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/nohz_full", "re");
	int cpu;

	if (!file || fscanf(file, "%d", &cpu) != 1)
		test_skip("no CPU is in the kernel's nohz_full set");
	fclose(file);
	pin(cpu);
}

static uint64_t user_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec * NSEC_PER_SEC +
	       usage.ru_utime.tv_usec * 1000ULL;
}

/* Spin for a second without a system call. */
static void no_tick(const void *arg)
{
	struct vctx_stats before, after;
	uint64_t user;

	pin_to_nohz_full();
	if (arg)
		ctx_enter_tickless(UINT64_MAX);
	else
		ctx_enter(0);
	burn(50 * NSEC_PER_MSEC);
	user = user_ns();
	before = ctx_stats();
	burn(NSEC_PER_SEC);
	after = ctx_stats();
	user = user_ns() - user;
	CHECK_EQ(after.ticks_held, 0ULL);
	CHECK_LE(after.exits[VCTX_EXIT_INTERRUPT] -
		 before.exits[VCTX_EXIT_INTERRUPT], 10ULL);
	CHECK_GE(user, NSEC_PER_SEC * 95 / 100);
	CHECK_LE(user, NSEC_PER_SEC * 105 / 100);
}

/* System calls and faults keep the kernel's context tracking right. */
static void crossings(const void *arg)
{
	(void)arg;
	pin_to_nohz_full();
	test_enter();
	for (int i = 0; i < 2000; i++) {
		free(calloc(1, 1 << 20));
		CHECK_EQ(syscall(SYS_getppid), getppid());
	}
}

static const int tickless = 1;

static const struct test tests[] = {
	{ "context", no_tick, NULL, T_SELF | T_DEVICE },
	{ "tickless", no_tick, &tickless, T_SELF | T_DEVICE },
	{ "crossings", crossings, NULL, T_SELF },
};

TEST_MAIN(tests)
