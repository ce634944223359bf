// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody else arms a breakpoint while a thread runs, as perf does by an interrupt.
 * The breakpoint is hit at once, and when it is gone, the thread is in guest mode
 * again.
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vctx_selftest.h"

struct how {
	uint32_t type;	/* HW_BREAKPOINT_X or _W */
	bool cpu;	/* for all threads of its CPU, and not for one thread */
	bool tickless;	/* the thread holds the tick */
};

static struct {
	volatile pid_t tid;
	volatile long calls;
	volatile bool stop;
} spinner;

__attribute__((noipa)) static void called(void)
{
	spinner.calls++;
}

/* Without a system call the kernel does not look at how the thread is to be run. */
static void *spin(void *arg)
{
	const struct how *how = arg;

	pin(1);
	if (how->tickless && test_in_context)
		ctx_enter_tickless(NSEC_PER_SEC / 10);
	spinner.tid = syscall(SYS_gettid);
	while (!spinner.stop)
		called();
	return NULL;
}

static int arm(const struct how *how)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = how->type,
		.bp_addr = how->type == HW_BREAKPOINT_X ?
			   (uintptr_t)called : (uintptr_t)&spinner.calls,
		.bp_len = sizeof(long),
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, how->cpu ? -1 : spinner.tid,
			 how->cpu ? 1 : -1, -1, 0);

	REQUIRE(fd >= 0);
	return fd;
}

static bool is_hit(int fd)
{
	uint64_t hits = 0;

	CHECK_EQ(read(fd, &hits, sizeof(hits)), (ssize_t)sizeof(hits));
	return hits;
}

/* Nobody but the spinner can spend that much there, and only in guest mode. */
static void wait_for_guest(void)
{
	uint64_t before, after;

	if (!test_in_context)
		return;
	after = ctx_tally().guest_ns;
	do {
		usleep(10000);
		before = after;
		after = ctx_tally().guest_ns;
	} while (after - before < NSEC_PER_MSEC);
}

static void armed_while_running(const void *arg)
{
	const struct how *how = arg;
	pthread_t thread;

	pin(0);
	if (!how->tickless)
		test_enter();
	REQUIRE(!pthread_create(&thread, NULL, spin, (void *)how));
	while (!spinner.tid)
		usleep(1000);
	/* A case that takes too long has failed. */
	for (int i = 0; i < 2; i++) {
		int fd;

		wait_for_guest();
		fd = arm(how);
		while (!is_hit(fd))
			usleep(1000);
		close(fd);
	}
	wait_for_guest();
	spinner.stop = true;
	pthread_join(thread, NULL);
}

static const struct how
	thread_execute = { .type = HW_BREAKPOINT_X },
	thread_write = { .type = HW_BREAKPOINT_W },
	thread_write_held = { .type = HW_BREAKPOINT_W, .tickless = true },
	cpu_execute = { .type = HW_BREAKPOINT_X, .cpu = true },
	cpu_write = { .type = HW_BREAKPOINT_W, .cpu = true },
	cpu_write_held = { .type = HW_BREAKPOINT_W, .cpu = true, .tickless = true };

#define ARMED(how)	{ #how, armed_while_running, &how, T_TWIN | T_SELF | T_SMP }

static const struct test tests[] = {
	ARMED(thread_execute),
	ARMED(thread_write),
	ARMED(thread_write_held),
	ARMED(cpu_execute),
	ARMED(cpu_write),
	ARMED(cpu_write_held),
};

TEST_MAIN(tests)
