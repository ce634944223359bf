// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holding the scheduler tick: whether it is held, whether nobody else notices, and
 * who may ask for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define UNLIMITED	UINT64_MAX
#define PARAMETERS	"/sys/module/vcontext/parameters/"

/* Spin without a system call, after a stretch in which a tick sees the thread. */
static struct vctx_stats hold_for(uint64_t ns)
{
	struct vctx_stats before, after;

	burn(10 * NSEC_PER_MSEC);
	before = ctx_stats();
	burn(ns);
	after = ctx_stats();
	after.ticks_held -= before.ticks_held;
	after.exits[VCTX_EXIT_INTERRUPT] -= before.exits[VCTX_EXIT_INTERRUPT];
	for (int i = 0; i < VCTX_NR_HELD; i++)
		after.held[i] -= before.held[i];
	return after;
}

/*
 * Since 6.9 a busy CPU has ticks for timers of idle ones.  Debian's 7.2 has a thread,
 * kdamond, that sleeps for 84 ms again and again.
 */
static bool idle_cpus_leave_timers(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	REQUIRE(!uname(&name));
	REQUIRE(sscanf(name.release, "%u.%u", &major, &minor) == 2);
	return nr_cpus() > 1 && (major > 6 || (major == 6 && minor >= 9));
}

/*
 * Natively there are 500 interruptions.  There remain the kernel's watchdog every
 * four seconds, and RCU's kthread as long as it has work from earlier tests: each
 * time it has run, the next hold is a short one.
 */
static void unlimited(const void *arg)
{
	bool shared = idle_cpus_leave_timers();
	struct vctx_stats stats;

	(void)arg;
	pin(current_cpu());
	ctx_enter_tickless(UNLIMITED);
	burn(NSEC_PER_SEC);
	stats = hold_for(2 * NSEC_PER_SEC);
	printf("# %llu interrupts, %llu ticks held, longest stretch %llu ns\n",
	       (unsigned long long)stats.exits[VCTX_EXIT_INTERRUPT],
	       (unsigned long long)stats.ticks_held,
	       (unsigned long long)stats.longest_ns);
	CHECK_LE(stats.exits[VCTX_EXIT_INTERRUPT], shared ? 80ULL : 25ULL);
	CHECK_GE(stats.ticks_held, 2 * TICKS_PER_SEC - (shared ? 120 : 40));
	CHECK_LE(stats.ticks_held, 2 * TICKS_PER_SEC + 1);
	CHECK_GE(stats.longest_ns, NSEC_PER_SEC / (shared ? 20 : 4));
}

/* Each bound lets one tick through. */
static void bounded(const void *arg)
{
	bool shared = idle_cpus_leave_timers();
	struct vctx_stats stats;

	(void)arg;
	pin(current_cpu());
	ctx_enter_tickless(100 * NSEC_PER_MSEC);
	stats = hold_for(NSEC_PER_SEC);
	CHECK_GE(stats.held[VCTX_HELD_TIMER], 9ULL);
	CHECK_LE(stats.exits[VCTX_EXIT_INTERRUPT], shared ? 45ULL : 30ULL);
	CHECK_LE(stats.longest_ns, 101 * NSEC_PER_MSEC);
}

/* Without the flag nothing is held. */
static void not_asked_for(const void *arg)
{
	struct vctx_stats stats;

	(void)arg;
	ctx_enter(0);
	stats = hold_for(NSEC_PER_SEC / 5);
	CHECK_EQ(stats.ticks_held, 0ULL);
	CHECK_GE(stats.exits[VCTX_EXIT_INTERRUPT], TICKS_PER_SEC / 5 - 2);
}

/* The tick counts CPU time, so the time of missed ticks is added. */
static void user_time(const void *arg)
{
	struct rusage before, after;
	uint64_t user;

	(void)arg;
	ctx_enter_tickless(UNLIMITED);
	getrusage(RUSAGE_SELF, &before);
	burn(NSEC_PER_SEC);
	getrusage(RUSAGE_SELF, &after);
	user = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * NSEC_PER_SEC +
	       (after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1000LL;
	CHECK_GE(user, NSEC_PER_SEC * 95 / 100);
	CHECK_LE(user, NSEC_PER_SEC * 105 / 100);
}

static uint64_t cpu_ns(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	REQUIRE(!clock_getcpuclockid(pid, &clock));
	REQUIRE(!clock_gettime(clock, &time));
	return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

/* Another busy task gets its half of the CPU, whether it was there first or not. */
static void fair_share(const void *arg)
{
	uint64_t start, wall, others;
	int cpu = current_cpu();
	pid_t pid;

	(void)arg;
	pin(cpu);
	ctx_enter_tickless(UNLIMITED);
	burn(50 * NSEC_PER_MSEC);
	pid = hog_start(cpu);
	start = now_ns();
	others = cpu_ns(pid);
	burn(2 * NSEC_PER_SEC);
	wall = now_ns() - start;
	others = cpu_ns(pid) - others;
	hog_stop(pid);
	printf("# the other task had %llu of %llu us\n",
	       (unsigned long long)others / 1000, (unsigned long long)wall / 1000);
	CHECK_GE(others, wall * 45 / 100);
	CHECK_LE(others, wall * 55 / 100);
}

/* How late a sleeper on this CPU is woken, beside a busy thread. */
static uint64_t sleeper_lateness(void)
{
	uint64_t worst = 0;
	int out[2];
	pid_t pid;

	REQUIRE(!pipe(out));
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		for (int i = 0; i < 10; i++) {
			struct timespec sleep = { 0, 20 * NSEC_PER_MSEC };
			uint64_t due = now_ns() + sleep.tv_nsec;

			clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep, NULL);
			if (now_ns() - due > worst)
				worst = now_ns() - due;
		}
		REQUIRE(write(out[1], &worst, sizeof(worst)) == sizeof(worst));
		_exit(0);
	}
	burn(300 * NSEC_PER_MSEC);
	CHECK_EQ(wait_exit(pid), 0);
	REQUIRE(read(out[0], &worst, sizeof(worst)) == sizeof(worst));
	return worst;
}

static void sleeper_on_time(const void *arg)
{
	uint64_t native, held;

	(void)arg;
	pin(current_cpu());
	native = sleeper_lateness();
	ctx_enter_tickless(UNLIMITED);
	burn(50 * NSEC_PER_MSEC);
	held = sleeper_lateness();
	printf("# worst lateness: natively %llu ns, with the tick held %llu ns\n",
	       (unsigned long long)native, (unsigned long long)held);
	/* The scheduler of 7.2 lets a thread run to the end of its slice, now and then. */
	CHECK_LE(held, native + NSEC_PER_SEC / TICKS_PER_SEC);
}

static volatile uint64_t fired;

static void on_timer(int signal)
{
	(void)signal;
	if (!fired)
		fired = now_ns();
}

static void arm(int which, uint64_t ns)
{
	struct itimerval timer = { .it_value.tv_usec = ns / 1000 };

	fired = 0;
	REQUIRE(!setitimer(which, &timer, NULL));
}

/* CPU-time timers need the tick, so it is not held; others have their own. */
static void timer_on_time(const void *arg)
{
	int which = *(const int *)arg;
	uint64_t start;

	signal(which == ITIMER_PROF ? SIGPROF : which == ITIMER_VIRTUAL ?
	       SIGVTALRM : SIGALRM, on_timer);
	ctx_enter_tickless(UNLIMITED);
	burn(50 * NSEC_PER_MSEC);
	start = now_ns();
	arm(which, 100 * NSEC_PER_MSEC);
	burn(200 * NSEC_PER_MSEC);
	CHECK_GE(fired, start + 95 * NSEC_PER_MSEC);
	CHECK_LE(fired, start + 115 * NSEC_PER_MSEC);
}

static void cpu_limit(const void *arg)
{
	struct rlimit limit = { 1, 2 };

	(void)arg;
	ctx_enter_tickless(UNLIMITED);
	signal(SIGXCPU, on_timer);
	fired = 0;
	REQUIRE(!setrlimit(RLIMIT_CPU, &limit));
	burn(1300 * NSEC_PER_MSEC);
	CHECK_GE(fired, 1ULL);
}

/* A thread that perf counts has its tick, until perf is done. */
static void perf_counts(const void *arg)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};
	int fd;

	(void)arg;
	ctx_enter_tickless(UNLIMITED);
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	REQUIRE(fd >= 0);
	CHECK_EQ(hold_for(NSEC_PER_SEC / 10).ticks_held, 0ULL);
	close(fd);
	CHECK_GE(hold_for(slowness() * NSEC_PER_SEC / 10).ticks_held, 10ULL);
}

/* The kernel's struct sched_attr; glibc 2.41 has it, and <linux/sched/types.h> clashes. */
struct deadline {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* A deadline is enforced by the tick. */
static void deadline(const void *arg)
{
	struct deadline attr = {
		.size = sizeof(attr),
		.policy = 6 /* SCHED_DEADLINE */,
		.runtime = 90 * NSEC_PER_MSEC,
		.deadline = 100 * NSEC_PER_MSEC,
		.period = 100 * NSEC_PER_MSEC,
	};

	(void)arg;
	ctx_enter_tickless(UNLIMITED);
	REQUIRE(!syscall(SYS_sched_setattr, 0, &attr, 0));
	CHECK_EQ(hold_for(NSEC_PER_SEC / 10).ticks_held, 0ULL);
	attr = (struct deadline){ .size = sizeof(attr) };
	REQUIRE(!syscall(SYS_sched_setattr, 0, &attr, 0));
	CHECK_GE(hold_for(slowness() * NSEC_PER_SEC / 10).ticks_held, 10ULL);
}

/* The tick is back, whatever ends the holder: a loop is interrupted as ever. */
static void killed(const void *arg)
{
	pid_t pid;

	(void)arg;
	pin(current_cpu());
	for (int i = rounds(20); i; i--) {
		pid = fork();
		REQUIRE(pid >= 0);
		if (!pid) {
			ctx_enter_tickless(UNLIMITED);
			for (;;)
				;
		}
		usleep(20000);
		kill(pid, SIGKILL);
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
	CHECK_GE(ctx_tally().ticks_held, 1ULL);
	ctx_enter(0);
	CHECK_GE(hold_for(NSEC_PER_SEC / 5).exits[VCTX_EXIT_INTERRUPT],
		 TICKS_PER_SEC / 5 - 2);
}

static volatile int stop;

#define BOUND		(500 * NSEC_PER_MSEC)

static void *hold_tick(void *cpu)
{
	pin(*(int *)cpu);
	ctx_enter_tickless(BOUND);
	while (!stop)
		;
	return NULL;
}

static uint64_t clock_of(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

/* In the kernel's jiffies, as /proc/timer_list shows them, in ns. */
static uint64_t jiffies_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "re");
	char line[256];
	unsigned long long jiffies = 0;

	REQUIRE(file);
	while (!jiffies && fgets(line, sizeof(line), file))
		sscanf(line, "jiffies: %llu", &jiffies);
	fclose(file);
	return jiffies * (NSEC_PER_SEC / TICKS_PER_SEC);
}

/* Both CPUs are tried, since either may be the one that keeps the time. */
static void clocks_agree(const void *arg)
{
	uint64_t start, jiffies, coarse, passed;
	int cpu = *(const int *)arg;
	pthread_t thread;

	pin(!cpu);
	stop = 0;
	REQUIRE(!pthread_create(&thread, NULL, hold_tick, &cpu));
	burn(20 * NSEC_PER_MSEC);
	jiffies = jiffies_ns();
	coarse = clock_of(CLOCK_MONOTONIC_COARSE);
	start = now_ns();
	burn(NSEC_PER_SEC);
	passed = now_ns() - start;
	jiffies = jiffies_ns() - jiffies;
	coarse = clock_of(CLOCK_MONOTONIC_COARSE) - coarse;
	stop = 1;
	pthread_join(thread, NULL);
	/* The kernel of a busy CPU updates a stalled clock at every fifth tick. */
	CHECK_GE(jiffies, passed - 40 * NSEC_PER_MSEC);
	CHECK_LE(jiffies, passed + 40 * NSEC_PER_MSEC);
	CHECK_GE(coarse, passed - 40 * NSEC_PER_MSEC);
	CHECK_LE(coarse, passed + 40 * NSEC_PER_MSEC);
}

/*
 * A grace period neither waits for the CPU nor interrupts it.  But the kthread that
 * drives it may have left a timer on the CPU, which is late by the bound.
 */
static void rcu_goes_on(const void *arg)
{
	struct vctx_stats before, after;
	uint64_t start, longest = 0;
	pthread_t thread;
	int cpu = 1;

	(void)arg;
	pin(0);
	stop = 0;
	REQUIRE(!pthread_create(&thread, NULL, hold_tick, &cpu));
	burn(50 * NSEC_PER_MSEC);
	before = ctx_tally();
	for (int i = 0; i < 5; i++) {
		start = now_ns();
		REQUIRE(!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
		if (now_ns() - start > longest)
			longest = now_ns() - start;
	}
	after = ctx_tally();
	stop = 1;
	pthread_join(thread, NULL);
	printf("# longest grace period %llu ns\n", (unsigned long long)longest);
	CHECK_LE(longest, BOUND + 200 * NSEC_PER_MSEC);
	CHECK_EQ(after.held[VCTX_HELD_RESCHEDULE],
		 before.held[VCTX_HELD_RESCHEDULE]);
}

/*
 * A timeout of a thread on an idle CPU, which leaves its timers to a busy one: on two CPUs
 * this is the one that holds its tick.
 */
static void idle_timer_on_time(const void *arg)
{
	const struct timeval timeout = { .tv_usec = 100 * 1000 };
	uint64_t start, took, longest = 0;
	pthread_t thread;
	int cpu = 1, fds[2];
	char byte;

	(void)arg;
	pin(0);
	stop = 0;
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	REQUIRE(!setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
	REQUIRE(!pthread_create(&thread, NULL, hold_tick, &cpu));
	burn(50 * NSEC_PER_MSEC);
	for (int i = 0; i < 20; i++) {
		start = now_ns();
		REQUIRE(recv(fds[0], &byte, 1, 0) == -1 && errno == EAGAIN);
		took = now_ns() - start;
		longest = took > longest ? took : longest;
	}
	CHECK_GE(ctx_tally().ticks_held, TICKS_PER_SEC / 2);
	stop = 1;
	pthread_join(thread, NULL);
	printf("# longest timeout %llu ns\n", (unsigned long long)longest);
	CHECK_LE(longest, 200 * NSEC_PER_MSEC);
}

#define GROUPS	"/sys/fs/cgroup"
#define GROUP	GROUPS "/vcontext_quota"

/* The longest time for which this thread does not run. */
static uint64_t longest_gap(uint64_t ns)
{
	uint64_t last = now_ns(), until = last + ns, now, longest = 0;

	for (; last < until; last = now) {
		now = now_ns();
		if (now - last > longest)
			longest = now - last;
	}
	return longest;
}

/*
 * A thread that may run for 10 ms of each 100 is stopped by the tick.  What it has run too
 * much, it has to wait for: 100 ms for each 10.
 */
static void quota(const void *arg)
{
	uint64_t longest;
	pid_t pid;

	(void)arg;
	write_file(GROUPS "/cgroup.subtree_control", "+cpu");
	REQUIRE(!mkdir(GROUP, 0700));
	write_file(GROUP "/cpu.max", "10000 100000");
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		write_file(GROUP "/cgroup.procs", "0");
		ctx_enter_tickless(UNLIMITED);
		longest = longest_gap(3 * NSEC_PER_SEC);
		printf("# longest gap %llu ns\n", (unsigned long long)longest);
		CHECK_GE(longest, 30 * NSEC_PER_MSEC);
		CHECK_LE(longest, 400 * NSEC_PER_MSEC);
		CHECK_GE(ctx_stats().ticks_held, 10ULL);
		_exit(0);
	}
	CHECK_EQ(wait_exit(pid), 0);
	REQUIRE(!rmdir(GROUP));
}

/* Interruptions by another CPU are counted by their kind. */
static void calls_are_counted(const void *arg)
{
	const unsigned int kind = VCTX_HELD_CALL_FUNCTION, wanted = 5;
	struct vctx_stats before, after;
	pthread_t thread;
	int calls = 0;
	int cpu = 1;

	(void)arg;
	pin(0);
	stop = 0;
	REQUIRE(!syscall(SYS_membarrier,
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	REQUIRE(!pthread_create(&thread, NULL, hold_tick, &cpu));
	burn(50 * NSEC_PER_MSEC);
	before = ctx_tally();
	/*
	 * No call counts that comes while the next hold waits for its tick, for the kernel
	 * set a timer; and none is made while the kernel has a thread of its own there.
	 */
	do {
		burn(20 * NSEC_PER_MSEC);
		REQUIRE(!syscall(SYS_membarrier,
				 MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
		/* The call counts when it has served this CPU. */
		burn(NSEC_PER_MSEC);
		after = ctx_tally();
	} while (++calls < 10 && after.held[kind] < before.held[kind] + wanted);
	stop = 1;
	pthread_join(thread, NULL);
	printf("# %d calls for %u\n", calls, wanted);
	/* The kernel may have made a call of its own. */
	CHECK_GE(after.held[kind], before.held[kind] + wanted);
	CHECK_LE(after.held[kind], before.held[kind] + wanted + 4);
	/*
	 * Natively 5 for each call.  RCU's thread makes the hold after it a short one, and so
	 * do the timers that idle CPUs leave to busy ones.
	 */
	CHECK_LE(after.held[VCTX_HELD_TIMER] - before.held[VCTX_HELD_TIMER],
		 (idle_cpus_leave_timers() ? 12ULL : 6ULL) * calls / wanted);
}

/* Who may ask for a hold, and for which bound. */

static void needs_capability(const void *arg)
{
	(void)arg;
	REQUIRE(!setresuid(65534, 65534, 65534));
	ctx_refused(VCTX_ENTER_TICKLESS, 0, -EPERM, VCTX_UNAVAILABLE_PRIVILEGE);
	ctx_enter(0);
	ctx_leave();
}

static void bound_without_flag(const void *arg)
{
	(void)arg;
	ctx_refused(0, 1, -EOPNOTSUPP, VCTX_UNAVAILABLE_ARGUMENT);
}

static uint64_t tick_max_ns(void)
{
	struct vctx_info info = { .size = sizeof(info) };

	REQUIRE(!__ctx_info(test_fd, &info));
	return info.tick_max_ns;
}

static void largest_bound(const void *arg)
{
	(void)arg;
	write_file(PARAMETERS "tick_max_ms", "50");
	CHECK_EQ(tick_max_ns(), 50 * NSEC_PER_MSEC);
	ctx_refused(VCTX_ENTER_TICKLESS, UNLIMITED, -ERANGE,
		    VCTX_UNAVAILABLE_TICK_BOUND);
	ctx_refused(VCTX_ENTER_TICKLESS, 51 * NSEC_PER_MSEC, -ERANGE,
		    VCTX_UNAVAILABLE_TICK_BOUND);
	CHECK_EQ(__ctx_enter_tickless(test_fd, 0, 50 * NSEC_PER_MSEC), 0);
	ctx_leave();
	/* The default follows. */
	ctx_enter_tickless(0);
	CHECK_LE(hold_for(NSEC_PER_SEC / 5).longest_ns, 51 * NSEC_PER_MSEC);
	write_file(PARAMETERS "tick_max_ms", "4294967295");
	CHECK_EQ(tick_max_ns(), UNLIMITED);
}

static void switched_off(const void *arg)
{
	struct vctx_info info = { .size = sizeof(info) };

	(void)arg;
	ctx_enter_tickless(0);
	write_file(PARAMETERS "tick_hold", "0");
	CHECK_EQ(hold_for(NSEC_PER_SEC / 5).ticks_held, 0ULL);
	ctx_leave();
	CHECK_EQ(tick_max_ns(), 0ULL);
	ctx_refused(VCTX_ENTER_TICKLESS, 0, -ERANGE, VCTX_UNAVAILABLE_TICK);
	REQUIRE(!__ctx_info(test_fd, &info));
	CHECK(!(info.features & VCTX_FEATURE_TICK_HOLD));
	write_file(PARAMETERS "tick_hold", "1");
	ctx_enter_tickless(0);
}

static void other_cpus_only(const void *arg)
{
	(void)arg;
	pin(0);
	write_file(PARAMETERS "tick_cpus", "1");
	ctx_enter_tickless(UNLIMITED);
	CHECK_EQ(hold_for(NSEC_PER_SEC / 5).ticks_held, 0ULL);
	write_file(PARAMETERS "tick_cpus", "0-1");
	CHECK_GE(hold_for(NSEC_PER_SEC / 5).ticks_held, 20ULL);
}

static const int real = ITIMER_REAL, virtual = ITIMER_VIRTUAL, prof = ITIMER_PROF;
static const int first = 0, second = 1;

static const struct test tests[] = {
	{ "unlimited", unlimited, NULL, T_SELF | T_DEVICE },
	{ "bounded", bounded, NULL, T_SELF | T_DEVICE },
	{ "not_asked_for", not_asked_for, NULL, T_SELF | T_DEVICE },
	{ "user_time", user_time, NULL, T_SELF | T_DEVICE },
	{ "fair_share", fair_share, NULL, T_SELF | T_DEVICE },
	{ "sleeper_on_time", sleeper_on_time, NULL, T_SELF | T_DEVICE },
	{ "real_timer_on_time", timer_on_time, &real, T_SELF | T_DEVICE },
	{ "virtual_timer_on_time", timer_on_time, &virtual, T_SELF | T_DEVICE },
	{ "prof_timer_on_time", timer_on_time, &prof, T_SELF | T_DEVICE },
	{ "cpu_limit", cpu_limit, NULL, T_SELF | T_DEVICE },
	{ "perf_counts", perf_counts, NULL, T_SELF | T_DEVICE },
	{ "deadline", deadline, NULL, T_SELF | T_DEVICE },
	{ "killed", killed, NULL, T_SELF | T_DEVICE },
	{ "clocks_agree_cpu0", clocks_agree, &first, T_SELF | T_DEVICE | T_SMP },
	{ "clocks_agree_cpu1", clocks_agree, &second, T_SELF | T_DEVICE | T_SMP },
	{ "rcu_goes_on", rcu_goes_on, NULL, T_SELF | T_DEVICE | T_SMP },
	{ "idle_timer_on_time", idle_timer_on_time, NULL, T_SELF | T_DEVICE | T_SMP },
	{ "quota", quota, NULL, T_SELF | T_DEVICE },
	{ "calls_are_counted", calls_are_counted, NULL, T_SELF | T_DEVICE | T_SMP },
	{ "needs_capability", needs_capability, NULL, T_SELF | T_DEVICE | T_UNUSED },
	{ "bound_without_flag", bound_without_flag, NULL, T_SELF | T_DEVICE | T_UNUSED },
	{ "largest_bound", largest_bound, NULL, T_SELF | T_DEVICE },
	{ "switched_off", switched_off, NULL, T_SELF | T_DEVICE },
	{ "other_cpus_only", other_cpus_only, NULL, T_SELF | T_DEVICE | T_SMP },
};

TEST_MAIN(tests)
