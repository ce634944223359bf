// SPDX-License-Identifier: GPL-2.0-only
/* CPUs come and go while contexts run on them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define ONLINE	"/sys/devices/system/cpu/cpu1/online"

static volatile bool stop;

static void set_online(bool online)
{
	int before = nr_cpus();

	write_file(ONLINE, online ? "1" : "0");
	CHECK_EQ(nr_cpus(), online ? before + 1 : before - 1);
}

/* The CPU that goes and comes, and one other. */
static void run_on_two(void)
{
	CHECK_EQ(sched_setaffinity(0, sizeof(cpu_set_t), &(cpu_set_t){
		.__bits = { 3 } }), 0);
}

static void need_hotplug(void)
{
	if (access(ONLINE, W_OK))
		test_skip("%s is not there", ONLINE);
	run_on_two();
}

/* Some work whose result is known, with system calls in between. */
static void *work_main(void *arg)
{
	uint64_t sum = 1, rounds = 0;

	while (!stop) {
		for (int i = 0; i < 5000; i++)
			sum = sum * 6364136223846793005ULL + 1;
		rounds++;
		syscall(SYS_getppid);
	}
	for (uint64_t i = rounds * 5000; i; i--)
		sum = (sum - 1) * 0xc097ef87329e28a5ULL;
	CHECK_EQ(sum, 1ULL);
	if (test_in_context)
		CHECK_GE(ctx_stats().entries, rounds);
	return arg;
}

/* Contexts work on both CPUs. */
static void expect_everywhere(void)
{
	for (int cpu = 0; cpu < 2; cpu++) {
		struct watch start;

		pin(cpu);
		start = watch_start();
		/* A CPU of a busy emulator may stand still for milliseconds. */
		for (int i = 0; i < 100; i++) {
			burn(5 * NSEC_PER_MSEC);
			if (!test_in_context || watch_stop(start).guest_ns >=
						NSEC_PER_MSEC / 2)
				break;
		}
		if (test_in_context)
			CHECK_GE(watch_stop(start).guest_ns,
				 NSEC_PER_MSEC / 2);
	}
	run_on_two();
}

static void under_load(const void *arg)
{
	pthread_t threads[3];

	(void)arg;
	need_hotplug();
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work_main, NULL));
	for (int i = 0; i < 2; i++) {
		burn(5 * NSEC_PER_MSEC);
		set_online(false);
		burn(5 * NSEC_PER_MSEC);
		set_online(true);
	}
	stop = true;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	expect_everywhere();
}

/* The first context is made while a CPU is away. */
static void enter_while_offline(const void *arg)
{
	(void)arg;
	need_hotplug();
	set_online(false);
	test_enter();
	burn(NSEC_PER_MSEC);
	set_online(true);
	expect_everywhere();
}

/* The last context ends while a CPU is away. */
static void leave_while_offline(const void *arg)
{
	(void)arg;
	need_hotplug();
	test_enter();
	burn(NSEC_PER_MSEC);
	set_online(false);
	if (test_in_context)
		ctx_leave();
	set_online(true);
	test_enter();
	expect_everywhere();
}

static void *hold_tick(void *arg)
{
	/*
	 * Without its CPU the thread moves to the CPU of the waiting one.  A hold
	 * without a bound would delay the timers of the waiting one, too.
	 */
	ctx_enter_tickless(NSEC_PER_SEC / 10);
	while (!stop)
		;
	CHECK_GE(ctx_stats().ticks_held, 1ULL);
	return arg;
}

/* A CPU that goes while its tick is held has a tick when it is back. */
static void while_holding(const void *arg)
{
	uint64_t before;
	pthread_t thread;

	(void)arg;
	need_hotplug();
	for (int i = rounds(2); i; i--) {
		stop = false;
		pin(1);
		REQUIRE(!pthread_create(&thread, NULL, hold_tick, NULL));
		pin(0);
		burn(30 * NSEC_PER_MSEC);
		set_online(false);
		burn(5 * NSEC_PER_MSEC);
		set_online(true);
		stop = true;
		pthread_join(thread, NULL);
	}
	pin(1);
	ctx_enter(0);
	before = ctx_stats().exits[VCTX_EXIT_INTERRUPT];
	burn(NSEC_PER_SEC / 10);
	CHECK_GE(ctx_stats().exits[VCTX_EXIT_INTERRUPT] - before,
		 TICKS_PER_SEC / 10 - 2);
}

static const struct test tests[] = {
	{ "under_load", under_load, NULL, T_SMP },
	{ "enter_while_offline", enter_while_offline, NULL, T_SMP | T_SELF },
	{ "leave_while_offline", leave_while_offline, NULL, T_SMP | T_SELF },
	{ "while_holding", while_holding, NULL, T_SMP | T_SELF | T_DEVICE },
};

TEST_MAIN(tests)
