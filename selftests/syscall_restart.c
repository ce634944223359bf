// SPDX-License-Identifier: GPL-2.0-only
/* System calls that a signal interrupts: which restart, which say EINTR. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vctx_selftest.h"

/* After this time the thread is asleep in its call. */
#define SIGNAL_AFTER_US	20000

static int fds[2];
static uint32_t futex_word;
static volatile int handled;
static volatile bool calling;

static void alarm_soon(void)
{
	struct itimerval soon = { .it_value.tv_usec = SIGNAL_AFTER_US };

	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

/*
 * The handler also provides what the call waits for: a restart returns.  On a busy machine
 * the first signal may come before the call that it is to interrupt.
 */
static void on_alarm(int signo)
{
	(void)signo;
	if (!calling) {
		alarm_soon();
		return;
	}
	handled++;
	CHECK_EQ(write(fds[1], "x", 1), 1);
	__atomic_store_n(&futex_word, 1, __ATOMIC_RELEASE);
}

static void signal_soon(int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	alarm_soon();
}

static long do_read(void)
{
	char byte;

	return syscall(SYS_read, fds[0], &byte, 1);
}

static long do_wait(void)
{
	return syscall(SYS_wait4, -1, NULL, 0, NULL);
}

/* After the handler the call is made again, and finds that the word has changed. */
static long do_futex(void)
{
	return syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL);
}

static long do_poll(void)
{
	struct pollfd pollfd = { .fd = fds[0], .events = POLLPRI };

	return syscall(SYS_poll, &pollfd, 1, 1000);
}

static long do_nanosleep(void)
{
	struct timespec second = { 1, 0 }, rest = { 0 };
	long result = syscall(SYS_nanosleep, &second, &rest);

	if (result < 0)
		CHECK(rest.tv_sec == 0 && rest.tv_nsec > 500000000);
	return result;
}

static long do_pause(void)
{
	return syscall(SYS_pause);
}

static long do_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return syscall(SYS_rt_sigsuspend, &none, 8);
}

struct restart {
	long (*call)(void);
	int flags;
	int error;		/* 0: the call succeeds in the end */
};

static void interrupt(const void *arg)
{
	const struct restart *restart = arg;
	pid_t child = 0;
	long result;

	REQUIRE(!pipe(fds));
	if (restart->call == do_wait) {
		child = fork();
		if (!child) {
			/* The loop ends when the handler has run. */
			do_read();
			_exit(0);
		}
	}
	signal_soon(restart->flags);
	calling = true;
	result = restart->call();
	note("error", result < 0 ? errno : 0);
	CHECK_EQ(result < 0 ? errno : 0, restart->error);
	CHECK_EQ(handled, 1);
	if (child && restart->error)
		CHECK_EQ(wait_exit(child), 0);
}

/* Longer than it takes to stop and continue twice, also on a busy machine. */
#define SLEEP_NS	(300 * NSEC_PER_MSEC)

/*
 * Stopping and continuing runs no handler: nanosleep() goes on by means of
 * restart_syscall() and sleeps no longer than it was asked to.
 */
static void sleeper(void)
{
	struct timespec sleep = { 0, SLEEP_NS };
	uint64_t start = now_ns();

	CHECK_EQ(syscall(SYS_nanosleep, &sleep, NULL), 0);
	CHECK_GE(now_ns() - start, SLEEP_NS);
}

static void restart_block(const void *arg)
{
	pid_t pid = fork();
	int status;

	(void)arg;
	if (!pid) {
		sleeper();
		_exit(0);
	}
	usleep(4000);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(kill(pid, SIGSTOP), 0);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(kill(pid, SIGCONT), 0);
	}
	CHECK_EQ(wait_exit(pid), 0);
}

/* A call that is interrupted over and over again is not lost. */
static volatile int ticks;

static void on_tick(int signo)
{
	(void)signo;
	ticks++;
}

static void many_restarts(const void *arg)
{
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval never = { 0 };
	pid_t pid;

	(void)arg;
	pid = fork();
	if (!pid) {
		burn(40 * NSEC_PER_MSEC);
		_exit(3);
	}
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	CHECK_EQ(wait_exit(pid), 3);
	CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	CHECK_GE(ticks, 2);
}

#define RESTART(name, call, flags, error)				\
	{ name, interrupt,						\
	  &(const struct restart){ call, flags, error }, T_TWIN }

static const struct test tests[] = {
	RESTART("read_restarts", do_read, SA_RESTART, 0),
	RESTART("read_eintr", do_read, 0, EINTR),
	RESTART("wait_restarts", do_wait, SA_RESTART, 0),
	RESTART("wait_eintr", do_wait, 0, EINTR),
	RESTART("futex_restarts", do_futex, SA_RESTART, EAGAIN),
	RESTART("futex_eintr", do_futex, 0, EINTR),
	RESTART("poll_eintr", do_poll, SA_RESTART, EINTR),
	RESTART("nanosleep_eintr", do_nanosleep, SA_RESTART, EINTR),
	RESTART("pause_eintr", do_pause, SA_RESTART, EINTR),
	RESTART("sigsuspend_eintr", do_sigsuspend, SA_RESTART, EINTR),
	{ "restart_block", restart_block, NULL, T_TWIN },
	{ "many_restarts", many_restarts, NULL, T_TWIN },
};

TEST_MAIN(tests)
