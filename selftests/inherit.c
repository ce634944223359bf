// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of them has a context: children, threads, programs that were executed,
 * orphans.  All of them must behave and end as they do natively.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"

/* What this program says when it is executed with --report. */
#define SAYS_IN		10
#define SAYS_OUT	20

static char * const report_argv[] = { "inherit", "--report", NULL };

static int expected_report(bool in)
{
	return test_in_context && in ? SAYS_IN : SAYS_OUT;
}

static void exec_report(void)
{
	execv("/proc/self/exe", report_argv);
	_exit(99);
}

static void enter(uint64_t flags)
{
	if (test_in_context)
		ctx_enter(flags);
}

/* How many contexts this case has had, and how many of them live. */
static void expect_contexts(uint64_t all, uint64_t live)
{
	if (!test_in_context)
		return;
	CHECK_EQ(ctx_tally().contexts, all);
	CHECK_EQ(ctx_tally().live, live);
}

static void expect_in(bool in)
{
	CHECK_EQ(ctx_here(), test_in_context && in);
}

static void in(void)
{
	expect_in(true);
	for (int i = 0; i < 20; i++)
		getppid();
	if (test_in_context)
		CHECK_GE(ctx_stats().entries, 20ULL);
}

static void out(void)
{
	expect_in(false);
}

/* fork */

static void fork_inherits(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	in_child(in);
	expect_contexts(2, 1);
	in_child(in);
	expect_contexts(3, 1);
	expect_in(true);
}

static void fork_without(const void *arg)
{
	(void)arg;
	enter(0);
	in_child(out);
	expect_contexts(1, 1);
	expect_in(true);
}

static void fork_twice(void)
{
	expect_in(true);
	in_child(in);
}

static void grandchildren(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	in_child(fork_twice);
	expect_contexts(3, 1);
}

/* The tally counts what children did; the statistics of the thread do not. */
static void make_calls(void)
{
	for (int i = 0; i < 500; i++)
		getppid();
}

static void tally_sums(const void *arg)
{
	struct vctx_stats before, tally, own;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	if (!test_in_context)
		return;
	before = ctx_tally();
	for (int i = 0; i < 3; i++)
		in_child(make_calls);
	tally = ctx_tally();
	own = ctx_stats();
	CHECK_GE(tally.exits[VCTX_EXIT_SYSCALL],
		 before.exits[VCTX_EXIT_SYSCALL] + 1500);
	CHECK_GE(tally.entries, before.entries + 1500);
	CHECK_LE(own.exits[VCTX_EXIT_SYSCALL], 500ULL);
	CHECK_GE(tally.guest_ns, own.guest_ns);
	CHECK_EQ(tally.contexts, 4ULL);
	CHECK_EQ(own.contexts, 1ULL);
}

static void leave_in_child(void)
{
	if (test_in_context)
		ctx_leave();
	expect_in(false);
	in_child(out);
}

static void child_leaves(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	in_child(leave_in_child);
	expect_in(true);
	expect_contexts(2, 1);
}

/* The child waits until its parent has left. */
static void parent_leaves(const void *arg)
{
	int fds[2];
	pid_t pid;
	char byte;

	(void)arg;
	REQUIRE(!pipe(fds));
	enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid) {
		CHECK_EQ(read(fds[0], &byte, 1), 1);
		in();
		_exit(0);
	}
	if (test_in_context)
		ctx_leave();
	expect_in(false);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(wait_exit(pid), 0);
	expect_contexts(2, 0);
}

/* The other ways to make a process. */

static volatile int shared_word;

/* The child runs first, in the same memory, while the parent waits. */
static __attribute__((noinline)) void vfork_once(int number)
{
	pid_t pid = vfork();

	if (!pid) {
		shared_word = number;
		_exit(number);
	}
	pid = wait_exit(pid);
	CHECK_EQ(pid, shared_word);
}

static void vfork_shares(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	for (int i = 1; i <= 20; i++)
		vfork_once(i);
	expect_contexts(21, 1);
}

static __attribute__((noinline)) int vfork_report(void)
{
	pid_t pid = vfork();

	if (!pid)
		exec_report();
	return wait_exit(pid);
}

static void vfork_execs(const void *arg)
{
	(void)arg;
	enter(CTX_ALL);
	CHECK_EQ(vfork_report(), expected_report(true));
	expect_in(true);
}

static void clone_settid(const void *arg)
{
	static pid_t parent_tid, child_tid;
	struct clone_args args = {
		.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
		.parent_tid = (uintptr_t)&parent_tid,
		.child_tid = (uintptr_t)&child_tid,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		CHECK_EQ(syscall(SYS_gettid), (long)child_tid);
		expect_in(true);
		syscall(SYS_exit, 33);
	}
	CHECK_EQ(wait_exit(pid), 33);
	CHECK_EQ(parent_tid, pid);
	expect_contexts(2, 1);
}

extern char **environ;

static void spawn(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(CTX_ALL);
	CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, report_argv,
			     environ), 0);
	CHECK_EQ(wait_exit(pid), expected_report(true));
	expect_contexts(2, 1);
	CHECK_EQ(posix_spawn(&pid, "/no such file", NULL, NULL, report_argv,
			     environ), ENOENT);
	expect_in(true);
}

/* Threads */

static void *thread_in(void *arg)
{
	in();
	return arg;
}

static void *thread_out(void *arg)
{
	out();
	return arg;
}

static void run_thread(void *(*fn)(void *))
{
	pthread_t thread;
	int token;
	void *result;

	REQUIRE(!pthread_create(&thread, NULL, fn, &token));
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ(result, (void *)&token);
}

static void threads_inherit(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	run_thread(thread_in);
	run_thread(thread_in);
	if (test_in_context)
		CHECK_EQ(ctx_tally().contexts, 3ULL);
}

static void threads_without(const void *arg)
{
	(void)arg;
	enter(0);
	run_thread(thread_out);
	expect_contexts(1, 1);
}

/* All run at one time: each has a context, and each works. */
#define MANY	150

static void *wait_main(void *arg)
{
	in();
	pthread_barrier_wait(arg);
	pthread_barrier_wait(arg);
	return NULL;
}

static void many_threads(const void *arg)
{
	static pthread_t threads[MANY];
	pthread_barrier_t barrier;
	pthread_attr_t attr;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pthread_barrier_init(&barrier, NULL, MANY + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (int i = 0; i < MANY; i++)
		REQUIRE(!pthread_create(&threads[i], &attr, wait_main,
					&barrier));
	pthread_barrier_wait(&barrier);
	expect_contexts(MANY + 1, MANY + 1);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < MANY; i++)
		pthread_join(threads[i], NULL);
}

static void many_children(const void *arg)
{
	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	for (int i = 0; i < MANY; i++)
		if (!fork()) {
			in();
			_exit(0);
		}
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(wait_exit(-1), 0);
}

/* exec */

static void exec_keeps(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(CTX_ALL);
	pid = fork();
	if (!pid)
		exec_report();
	CHECK_EQ(wait_exit(pid), expected_report(true));
}

static void exec_leaves(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid)
		exec_report();
	CHECK_EQ(wait_exit(pid), expected_report(false));
	expect_contexts(2, 1);
}

/* A thread without children keeps its own context. */
static void exec_keeps_without_inherit(const void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid) {
		enter(VCTX_ENTER_KEEP_EXEC);
		exec_report();
	}
	CHECK_EQ(wait_exit(pid), expected_report(true));
}

static void exec_fails(const void *arg)
{
	static char * const argv[] = { "none", NULL };

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(execv("/no such file", argv), -1);
		CHECK_EQ(errno, ENOENT);
		CHECK_EQ(execv("/proc/self/status", argv), -1);
		CHECK_EQ(errno, EACCES);
	}
	in();
}

/* A thread that is not the leader becomes the process. */
static void *exec_main(void *arg)
{
	exec_report();
	return arg;
}

static void *spin_main(void *arg)
{
	for (;;)
		burn(NSEC_PER_MSEC);
	return arg;
}

static void exec_from_thread(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(CTX_ALL);
	pid = fork();
	if (!pid) {
		pthread_t thread;

		REQUIRE(!pthread_create(&thread, NULL, spin_main, NULL));
		REQUIRE(!pthread_create(&thread, NULL, exec_main, NULL));
		for (;;)
			pause();
	}
	CHECK_EQ(wait_exit(pid), expected_report(true));
	expect_in(true);
	expect_contexts(4, 1);
}

/* A 32-bit program. */
static void exec_32_bit(const void *arg)
{
	char path[256] = "";
	pid_t pid;

	(void)arg;
	CHECK_GE(readlink("/proc/self/exe", path, sizeof(path) - 16), 1);
	strcpy(strrchr(path, '/'), "/exit32");
	enter(CTX_ALL);
	pid = fork();
	if (!pid) {
		execl(path, "exit32", NULL);
		_exit(99);
	}
	CHECK_EQ(wait_exit(pid), 32);
	if (test_in_context)
		CHECK_EQ(ctx_tally().native[VCTX_NATIVE_COMPAT], 0ULL);
}

/* Exits */

static void group_exit(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid) {
		pthread_t thread;

		for (int i = 0; i < 3; i++)
			REQUIRE(!pthread_create(&thread, NULL, spin_main,
						NULL));
		burn(2 * NSEC_PER_MSEC);
		exit(17);
	}
	CHECK_EQ(wait_exit(pid), 17);
	expect_contexts(5, 1);
}

/* The leader ends first; the process lives until the last thread ends. */
static void *last_main(void *arg)
{
	wait_state(getpid(), 'Z');
	in();
	exit(18);
	return arg;
}

static void leader_exits(const void *arg)
{
	pid_t pid;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid) {
		pthread_t thread;

		REQUIRE(!pthread_create(&thread, NULL, last_main, NULL));
		pthread_exit(NULL);
	}
	CHECK_EQ(wait_exit(pid), 18);
	expect_contexts(3, 1);
}

static void zombie(const void *arg)
{
	siginfo_t info;
	pid_t pid;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = fork();
	if (!pid)
		_exit(19);
	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	/* A zombie has no context any more. */
	expect_contexts(2, 1);
	CHECK_EQ(wait_exit(pid), 19);
}

static void killed(const void *arg)
{
	pid_t pid;
	int status;

	(void)arg;
	enter(VCTX_ENTER_INHERIT);
	pid = hog_start(-1);
	burn(NSEC_PER_MSEC);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	expect_contexts(2, 1);
}

/* The parent of a process ends; the process goes on in its context. */
static int orphan_fds[2];

static void make_orphan(void)
{
	pid_t parent = getpid();

	if (fork())
		return;
	while (getppid() == parent)
		sched_yield();
	in();
	CHECK_EQ(write(orphan_fds[1], "o", 1), 1);
	_exit(0);
}

static void orphan(const void *arg)
{
	char byte = 0;

	(void)arg;
	REQUIRE(!pipe(orphan_fds));
	enter(VCTX_ENTER_INHERIT);
	in_child(make_orphan);
	CHECK_EQ(read(orphan_fds[0], &byte, 1), 1);
	CHECK_EQ(byte, 'o');
}

/* A subreaper gets the orphans of its descendants. */
static void subreaper(const void *arg)
{
	(void)arg;
	REQUIRE(!pipe(orphan_fds));
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	enter(VCTX_ENTER_INHERIT);
	in_child(make_orphan);
	CHECK_EQ(wait_exit(-1), 0);
}

/* Shells */

static void shell(const char *script, const char *expected)
{
	char output[256] = "";
	FILE *pipe = popen(script, "re");

	REQUIRE(pipe);
	CHECK_GE(fread(output, 1, sizeof(output) - 1, pipe), 1UL);
	CHECK_EQ(pclose(pipe), 0);
	if (strcmp(output, expected)) {
		printf("# '%s' instead of '%s'\n", output, expected);
		CHECK(!"output");
	}
}

static void pipeline(const void *arg)
{
	(void)arg;
	enter(CTX_ALL);
	shell("echo one two three | tr ' ' '\\n' | sort -r | head -n 2 | tr t T",
	      "Two\nThree\n");
	/* The contexts of this process, of the shell, and of the pipeline. */
	if (test_in_context)
		CHECK_GE(ctx_tally().contexts, 6ULL);
}

static void background_jobs(const void *arg)
{
	(void)arg;
	enter(CTX_ALL);
	shell("for i in 1 2 3 4; do (exit $i) & done; wait; echo $?", "0\n");
	shell("trap 'echo trapped' USR1; kill -USR1 $$", "trapped\n");
	shell("exec 2>/dev/null; sh -c 'kill -TERM $$'; echo $?", "143\n");
}

#define CASE(fn)	{ #fn, fn, NULL, T_SELF }

static const struct test tests[] = {
	CASE(fork_inherits),
	CASE(fork_without),
	CASE(grandchildren),
	CASE(tally_sums),
	CASE(child_leaves),
	CASE(parent_leaves),
	CASE(vfork_shares),
	CASE(vfork_execs),
	CASE(clone_settid),
	CASE(spawn),
	CASE(threads_inherit),
	CASE(threads_without),
	CASE(many_threads),
	CASE(many_children),
	CASE(exec_keeps),
	CASE(exec_leaves),
	CASE(exec_keeps_without_inherit),
	CASE(exec_fails),
	CASE(exec_from_thread),
	CASE(exec_32_bit),
	CASE(group_exit),
	CASE(leader_exits),
	CASE(zombie),
	CASE(killed),
	CASE(orphan),
	CASE(subreaper),
	CASE(pipeline),
	CASE(background_jobs),
};

/* A case executes this: it says whether it has a context, and works. */
static int say(void)
{
	for (int i = 0; i < 20; i++)
		getppid();
	return ctx_here() ? SAYS_IN : SAYS_OUT;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--report"))
		return say();
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
