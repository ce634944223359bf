// SPDX-License-Identifier: GPL-2.0-only
/* Eviction by way of netlink: it is done at once, and the thread goes on, whatever it does. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "contexts.h"
#include "genl.h"
#include "vctx.h"
#include "vctx_selftest.h"

#define SECOND	NSEC_PER_SEC

/* The context of a thread that runs all the time ends at once, and the thread goes on. */
static void evict_running(struct subject *shared, pid_t pid)
{
	uint64_t start = now_ns();

	CHECK_EQ(genl_evict(VCTX_A_EVICT_ID, ctx_find(pid).id), 1);
	CHECK_LE(now_ns() - start, 2 * SECOND);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_PID, pid), 0);
	subject_progress(shared);
	CHECK_EQ(subject_stop(shared, pid), 77);
}

/* The context ends at once, also with the tick held; the thread goes on where it was. */
static void evict_computing(const void *arg)
{
	uint64_t flags = arg ? *(const uint64_t *)arg : CTX_ALL;
	struct subject *shared = subject_share();
	pid_t pid;

	if (nr_cpus() > 1)
		pin(1);
	pid = subject_computing(shared, flags);
	pin(0);
	usleep(100000);
	evict_running(shared, pid);
}

/* An adaptive context whose thread makes system calls has no hook: it ends as soon. */
static void evict_calling(const void *arg)
{
	struct subject *shared = subject_share();
	pid_t pid = fork();

	(void)arg;
	if (!pid) {
		ctx_enter(CTX_ALL | VCTX_ENTER_ADAPTIVE);
		for (; !shared->done; shared->progress++)
			raw_syscall(SYS_getppid, 0, 0, 0);
		_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 0);
	}
	subject_progress(shared);
	evict_running(shared, pid);
}

/* A sleeping thread is not woken up: its system call goes on. */
static void evict_sleeping(const void *arg)
{
	int pipes[2];
	char byte;
	pid_t pid;

	(void)arg;
	REQUIRE(!pipe(pipes));
	pid = fork();
	if (!pid) {
		ctx_enter(CTX_ALL);
		if (read(pipes[0], &byte, 1) != 1 || byte != 'x')
			_exit(1);
		_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 2);
	}
	while (ctx_count(VCTX_A_CONTEXT_PID, pid) != 1)
		usleep(1000);
	wait_state(pid, 'S');
	CHECK_EQ(genl_evict(VCTX_A_EVICT_PID, pid), 1);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_PID, pid), 0);
	REQUIRE(write(pipes[1], "x", 1) == 1);
	CHECK_EQ(wait_exit(pid), 77);
}

/* A process forks all the time; no child that it forks later has a context. */
static void evict_tree(const void *arg)
{
	struct subject *shared = subject_share();
	pid_t other = subject_sleeping(), pid = fork();

	(void)arg;
	if (!pid) {
		ctx_enter(CTX_ALL);
		while (!shared->done) {
			if (!fork()) {
				burn(2 * NSEC_PER_MSEC);
				_exit(0);
			}
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			usleep(500);
			shared->progress += 100;
		}
		while (waitpid(-1, NULL, 0) > 0)
			;
		_exit(__ctx_leave(test_fd) == -ENXIO ? 77 : 0);
	}
	subject_progress(shared);
	CHECK_GE(genl_evict(VCTX_A_EVICT_TREE, pid), 1);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, pid), 0);
	subject_progress(shared);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, pid), 0);
	CHECK_EQ(subject_stop(shared, pid), 77);
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_PID, other), 1);
	subject_end(other);
}

#define CHAINS	4

/* Each process forks the next one, and ends: a context that escapes goes on in them. */
static void chain(struct subject *shared)
{
	pid_t pid;

	while (!shared->done) {
		pid = fork();
		if (pid > 0)
			_exit(0);
		if (pid < 0)
			usleep(1000);
		shared->progress += 100;
	}
	_exit(0);
}

/* A tree of chains; whose process has ended gets the root as its parent. */
static pid_t fork_chains(struct subject *shared)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	REQUIRE(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	ctx_enter(CTX_ALL);
	for (int i = 0; i < CHAINS; i++)
		if (!fork())
			chain(shared);
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(0);
}

/*
 * A thread in a call of the module ends its context right after it, and such a call may
 * be preempted for long.  A context that has escaped stays.
 */
static void wait_for_none(pid_t tree)
{
	uint64_t until = now_ns() + 10 * SECOND;
	int n;

	while ((n = ctx_count(VCTX_A_CONTEXT_TREE, tree)) && now_ns() < until)
		usleep(1000);
	CHECK_EQ(n, 0);
}

/* An eviction finds the contexts of those, too, that are being forked meanwhile. */
static void evict_chains(const void *arg)
{
	struct subject *shared;
	pid_t pid;

	(void)arg;
	for (int i = rounds(20); i; i--) {
		shared = subject_share();
		pid = fork_chains(shared);
		subject_progress(shared);
		CHECK_GE(genl_evict_busy(VCTX_A_EVICT_TREE, pid), 1);
		subject_progress(shared);
		wait_for_none(pid);
		CHECK_EQ(subject_stop(shared, pid), 0);
		munmap(shared, sizeof(*shared));
	}
}

static void evict_all(const void *arg)
{
	struct subject *shared = subject_share();
	pid_t sleeper = subject_sleeping(), computer;

	(void)arg;
	computer = subject_computing(shared, CTX_ALL);
	ctx_enter(CTX_ALL);
	/* The caller is evicted, too. */
	CHECK_GE(genl_evict(VCTX_A_EVICT_ALL, 0), 3);
	CHECK(!ctx_here());
	CHECK_EQ(ctx_count(VCTX_A_CONTEXT_TREE, getpid()), 0);
	CHECK_EQ(subject_stop(shared, computer), 77);
	subject_end(sleeper);
	/* The caller may enter again. */
	ctx_enter(0);
}

static long is_evicted(void *unused)
{
	(void)unused;
	CHECK_EQ(vctx_in_context(), 1);
	genl_evict(VCTX_A_EVICT_PID, getpid());
	CHECK_EQ(vctx_in_context(), 0);
	return 42;
}

static long is_in_context(void *unused)
{
	(void)unused;
	return vctx_in_context();
}

static void evict_library(const void *arg)
{
	(void)arg;
	CHECK_EQ(vctx_run(is_evicted, NULL), 42L);
	CHECK_EQ(vctx_run(is_in_context, NULL), 1L);
}

static void evict_errors(const void *arg)
{
	(void)arg;
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, 0, 0), -EINVAL);
	CHECK(strstr(genl_text, "one of"));
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, VCTX_A_EVICT_ID, 2000000000), -ENOENT);
	CHECK(!strcmp(genl_text, "there is no such context"));
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, VCTX_A_EVICT_PID, 2000000000), -ESRCH);
	CHECK(!strcmp(genl_text, "there is no such process"));
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, VCTX_A_EVICT_ID, 0), -ERANGE);
	CHECK_EQ(__genl_ask(VCTX_CMD_EVICT, 30, 1), -EINVAL);
	CHECK(genl_text[0]);
	CHECK_EQ(__genl_ask(VCTX_CMD_CONTEXT_GET, 0, 0), -EINVAL);
	CHECK(genl_text[0]);
	CHECK_EQ(__genl_ask(VCTX_CMD_MODULE_GET, 1, 1), -EINVAL);
	CHECK_EQ(__genl_ask(99, 0, 0), -EOPNOTSUPP);
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define UNUSED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }

static const uint64_t tickless = VCTX_ENTER_TICKLESS;
static const uint64_t adaptive = CTX_ALL | VCTX_ENTER_ADAPTIVE;

static const struct test tests[] = {
	CASE(evict_computing),
	{ "evict_adaptive", evict_computing, &adaptive, T_DEVICE | T_SELF },
	UNUSED(evict_calling),
	{ "evict_holder", evict_computing, &tickless, T_DEVICE | T_SELF | T_SMP },
	CASE(evict_sleeping),
	CASE(evict_tree),
	{ "evict_chains", evict_chains, NULL, T_DEVICE | T_SELF | T_SMP },
	CASE(evict_all),
	UNUSED(evict_library),
	UNUSED(evict_errors),
};

TEST_MAIN(tests)
