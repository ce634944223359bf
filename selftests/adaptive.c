// SPDX-License-Identifier: GPL-2.0-only
/* Adaptive contexts: who computes is in the guest, who does not is not; both cost nothing else. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PARAMETER	"/sys/module/vcontext/parameters/min_stay_us"
#define DEFAULT		"50"

#define TICKS(ns)	((ns) * TICKS_PER_SEC / NSEC_PER_SEC)

static const uint64_t adaptive = CTX_ALL | VCTX_ENTER_ADAPTIVE;

/* Computes until a tick finds it; an emulator's CPU may have to wait for its turn. */
static void be_found(void)
{
	uint64_t end = now_ns() + slowness() * NSEC_PER_SEC;

	do
		burn(20 * NSEC_PER_MSEC);
	while (!ctx_stats().entries && now_ns() < end);
	CHECK_GE(ctx_stats().entries, 1ULL);
}

/* The share of the time in the guest, in hundredths of a percent: the best of a few windows. */
static uint64_t share_of_loop(void)
{
	uint64_t most = 0;

	for (int i = 0; i < 3; i++) {
		struct watch spent = watch_start();

		burn(200 * NSEC_PER_MSEC);
		spent = watch_stop(spent);
		if (spent.guest_ns * 10000 / spent.wall_ns > most)
			most = spent.guest_ns * 10000 / spent.wall_ns;
	}
	return most;
}

/* It begins natively, as one stretch that is passed by, and is in the guest after a tick. */
static void loop(const void *arg)
{
	struct vctx_stats stats;
	uint64_t eager, share;

	(void)arg;
	pin(current_cpu());
	ctx_enter(CTX_ALL);
	eager = share_of_loop();
	ctx_leave();
	ctx_enter(adaptive);
	stats = ctx_stats();
	CHECK_EQ(stats.native[VCTX_NATIVE_ADAPTIVE], 1ULL);
	be_found();
	share = share_of_loop();
	printf("# 1/100 %% of the time in the guest: %llu, eager %llu\n",
	       (unsigned long long)share, (unsigned long long)eager);
	CHECK_GE(share * 100, eager * (is_exact() ? 98 : 80));
}

static uint64_t call_for(uint64_t ns)
{
	uint64_t end = now_ns() + ns, calls;

	for (calls = 0; now_ns() < end; calls++)
		raw_syscall(SYS_getppid, 0, 0, 0);
	return calls;
}

/* Each tick takes it into the guest once at most; without the flag, each call does. */
static void calls(const void *arg)
{
	uint64_t start, ticks, calls, min_calls = 10;
	struct vctx_stats stats;

	(void)arg;
	pin(current_cpu());
	ctx_enter(adaptive);
	start = now_ns();
	call_for(NSEC_PER_SEC / 2);
	stats = ctx_stats();
	ticks = TICKS(now_ns() - start) + 2;
	printf("# %llu entries in %llu ticks, %llu stretches passed by\n",
	       (unsigned long long)stats.entries, (unsigned long long)ticks,
	       (unsigned long long)stats.native[VCTX_NATIVE_ADAPTIVE]);
	/* An interrupt may end a stay, or come before the call is repeated natively. */
	CHECK_GE(stats.entries, 1ULL);
	CHECK_LE(stats.entries, 2 * ticks);
	CHECK_GE(stats.native[VCTX_NATIVE_ADAPTIVE], 2ULL);
	CHECK_LE(stats.native[VCTX_NATIVE_ADAPTIVE], ticks);
	ctx_leave();

	ctx_enter(CTX_ALL);
	calls = call_for(NSEC_PER_SEC / 10);
	stats = ctx_stats();
	CHECK_GE(calls, min_calls);
	CHECK_GE(stats.entries, calls);
	CHECK_EQ(stats.native[VCTX_NATIVE_ADAPTIVE], 0ULL);
}

/* Whoever is in the guest by a tick stays there, whatever it calls. */
static void never_short(const void *arg)
{
	uint64_t entries;

	(void)arg;
	write_file(PARAMETER, "0");
	pin(current_cpu());
	ctx_enter(adaptive);
	be_found();
	entries = ctx_stats().entries;
	for (int i = 0; i < 1000; i++)
		raw_syscall(SYS_getppid, 0, 0, 0);
	CHECK_GE(ctx_stats().entries, entries + 1000);
	CHECK_EQ(ctx_stats().native[VCTX_NATIVE_ADAPTIVE], 1ULL);
	write_file(PARAMETER, DEFAULT);
}

/* Native returns that are the thread's own doing. */
static uint64_t own_doing(const struct vctx_stats *stats)
{
	uint64_t sum = 0;

	for (int i = 0; i < VCTX_NR_NATIVE; i++)
		if (i != VCTX_NATIVE_WORK && i != VCTX_NATIVE_INTERRUPT &&
		    i != VCTX_NATIVE_NMI && i != VCTX_NATIVE_ADAPTIVE)
			sum += stats->native[i];
	return sum;
}

/* One call takes it out, however long it has computed; interrupts do not. */
static void always_short(const void *arg)
{
	struct vctx_stats stats;

	(void)arg;
	write_file(PARAMETER, "4294967295");
	pin(current_cpu());
	ctx_enter(adaptive);
	burn(100 * NSEC_PER_MSEC);
	stats = ctx_stats();
	CHECK_GE(stats.native[VCTX_NATIVE_INTERRUPT], 3ULL);
	/* This is the call for the statistics, or a fault on the way to it. */
	CHECK_GE(own_doing(&stats), 1ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_ADAPTIVE], 1 + own_doing(&stats));
	CHECK_GE(share_of_loop(), is_exact() ? 8000ULL : 3000ULL);
	write_file(PARAMETER, DEFAULT);
}

static void computing_child(void)
{
	struct vctx_stats stats = ctx_stats();

	CHECK_EQ(stats.native[VCTX_NATIVE_ADAPTIVE], 1ULL);
	CHECK_EQ(stats.entries, 0ULL);
	be_found();
}

/* Children begin natively, wherever their parent is. */
static void children(const void *arg)
{
	uint64_t start = now_ns();
	struct vctx_stats tally;

	(void)arg;
	pin(current_cpu());
	ctx_enter(adaptive);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	tally = ctx_tally();
	CHECK_EQ(tally.contexts, 201ULL);
	CHECK_LE(tally.entries, 2 * TICKS(now_ns() - start) + 2);
	burn(20 * NSEC_PER_MSEC);
	in_child(computing_child);
}

/* The first tick takes it into the guest, and from the second on the tick is held. */
static void holds_the_tick(const void *arg)
{
	struct vctx_stats stats;

	(void)arg;
	pin(current_cpu());
	REQUIRE(!__ctx_enter_tickless(test_fd, VCTX_ENTER_ADAPTIVE, UINT64_MAX));
	burn(slowness() * NSEC_PER_SEC / 2);
	stats = ctx_stats();
	printf("# %llu ticks held, %llu entries\n",
	       (unsigned long long)stats.ticks_held,
	       (unsigned long long)stats.entries);
	CHECK_GE(stats.ticks_held, TICKS_PER_SEC / 8);
}

#define ONLINE	"/sys/devices/system/cpu/cpu1/online"

static volatile bool stop;

static void *mixed_main(void *arg)
{
	while (!stop) {
		burn(7 * NSEC_PER_MSEC);
		for (int i = 0; i < 100; i++)
			raw_syscall(SYS_getppid, 0, 0, 0);
	}
	return arg;
}

/* The timer of a CPU that goes is taken over by another, and is there when the CPU is back. */
static void hotplug(const void *arg)
{
	pthread_t threads[3];

	(void)arg;
	if (access(ONLINE, W_OK))
		test_skip("%s is not there", ONLINE);
	ctx_enter(adaptive);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, mixed_main, NULL));
	for (int i = 0; i < 3; i++) {
		burn(20 * NSEC_PER_MSEC);
		write_file(ONLINE, "0");
		burn(20 * NSEC_PER_MSEC);
		write_file(ONLINE, "1");
	}
	stop = true;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (int cpu = 0; cpu < 2; cpu++) {
		pin(cpu);
		CHECK_GE(share_of_loop(), 3000ULL);
	}
}

#define MODULE	"vcontext"

/* The timer is due when the module goes, right after the last context. */
static void unload(const void *arg)
{
	(void)arg;
	if (!module_installed(MODULE))
		test_skip("the module is not installed");
	for (int i = 0; i < 10; i++) {
		int fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);

		REQUIRE(fd >= 0 && !__ctx_enter(fd, adaptive));
		call_for(10 * NSEC_PER_MSEC);
		CHECK_EQ(__ctx_leave(fd), 0);
		close(fd);
		CHECK_EQ(__module_unload(MODULE), 0);
		burn(10 * NSEC_PER_MSEC);
		CHECK_EQ(__module_load(MODULE), 0);
	}
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }

static const struct test tests[] = {
	CASE(loop),
	CASE(calls),
	CASE(never_short),
	CASE(always_short),
	CASE(children),
	CASE(holds_the_tick),
	{ "hotplug", hotplug, NULL, T_DEVICE | T_SELF | T_SMP },
	{ "unload", unload, NULL, T_DEVICE | T_SELF | T_UNUSED | T_ALONE },
};

TEST_MAIN(tests)
