// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long it takes from a ring to the first instruction of the handler, and until the
 * thread is back where it was, beside what programs use otherwise: a signal, and an eventfd or
 * a futex on which the thread is blocked.  In ticks of the TSC; on one CPU of Bochs, these
 * are instructions.  Prints lines of fields, separated by tabs: where, what, to the handler,
 * and back.
 *
 * With one CPU the thread itself rings; with two, a thread on CPU 1 rings one that computes
 * on CPU 0, or is blocked there.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vctx.h>

#include "ticks.h"

#define SAMPLES	501
#define HANDLER	__attribute__((target("general-regs-only")))

/* What both sides see. */
static struct {
	volatile uint64_t sent;
	volatile uint64_t seen;		/* by the handler, in ticks */
	volatile uint64_t back;
	volatile uint32_t rung;		/* the futex */
	volatile int fd;		/* of the receiver, by which its bell is rung */
	volatile int ready;
	volatile int stop;
} *shared;

static int fd;
static pid_t receiver;

HANDLER static void on_ring(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	(void)rung;
	(void)where;
	(void)arg;
	shared->seen = tsc_read();
}

static void on_signal(int signo)
{
	(void)signo;
	shared->seen = tsc_read();
}

static void send_ring(void)
{
	vctx_ring(fd);
}

static void send_signal(void)
{
	syscall(SYS_tgkill, receiver, receiver, SIGUSR1);
}

static void send_eventfd(void)
{
	static const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		err(1, "eventfd");
}

static void send_futex(void)
{
	shared->rung = 1;
	syscall(SYS_futex, &shared->rung, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void compute(void)
{
	uint64_t seen = shared->seen;

	while (!shared->stop) {
		if (shared->seen == seen)
			continue;
		shared->back = tsc_read();
		seen = shared->seen;
	}
}

static void block_in_read(void)
{
	uint64_t count;

	while (!shared->stop) {
		if (read(fd, &count, sizeof(count)) < 0)
			err(1, "eventfd");
		shared->seen = tsc_read();
		shared->back = shared->seen;
	}
}

static void block_in_futex(void)
{
	while (!shared->stop) {
		while (!shared->rung)
			syscall(SYS_futex, &shared->rung, FUTEX_WAIT, 0, NULL, NULL, 0);
		shared->rung = 0;
		shared->seen = tsc_read();
		shared->back = shared->seen;
	}
}

/* Where the thread is: natively, in guest mode, or there with the tick held. */
enum where { NATIVELY, IN_CONTEXT, HOLDING };

static const char *const where_names[] = { "natively", "in a context", "holding the tick" };

static const struct way {
	const char *name;
	void (*send)(void);
	void (*receive)(void);
	bool bell;
	bool blocks;
} ways[] = {
	{ "bell", send_ring, compute, true, false },
	{ "signal", send_signal, compute, false, false },
	{ "eventfd, blocked in read()", send_eventfd, block_in_read, false, true },
	{ "futex, blocked", send_futex, block_in_futex, false, true },
};

/* The calling thread is there from now on. */
static void go(enum where where, bool bell)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;

	if (where != NATIVELY)
		attr.flags = VCTX_EAGER;
	if (where == HOLDING) {
		attr.flags |= VCTX_TICKLESS;
		attr.tick_bound_ns = VCTX_UNLIMITED;
	}
	/* A thread that has just entered an adaptive context runs natively. */
	if ((where != NATIVELY || bell) && vctx_enter(&attr))
		errx(1, "no context");
	if (bell && vctx_bell_open(on_ring, NULL, 0))
		errx(1, "no bell");
	if (bell)
		fd = vctx_bell_fd(0);
}

static void print(const char *where, const char *what, uint64_t *there, uint64_t *back, int n)
{
	printf("ring\t%s\t%s\t%llu\t%llu\n", where, what,
	       (unsigned long long)ticks_median(there, n),
	       (unsigned long long)ticks_median(back, n));
	fflush(stdout);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void measure_self(const struct way *way, enum where where)
{
	uint64_t there[SAMPLES], back[SAMPLES];
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	receiver = getpid();
	go(where, way->bell);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t sent = tsc_read();

		way->send();
		back[i] = tsc_read() - sent;
		there[i] = shared->seen - sent;
	}
	print(where_names[where], way->name, there, back, SAMPLES);
	_exit(0);
}

/* Wait for so long that the other side is where it is to be again. */
static void pause_for(uint64_t n)
{
	for (uint64_t end = tsc_read() + n; tsc_read() < end;)
		;
}

static void measure_other(const struct way *way, enum where where)
{
	uint64_t there[SAMPLES], back[SAMPLES];
	int n = 0;

	memset((void *)shared, 0, sizeof(*shared));
	fd = -1;
	if (way->send == send_eventfd)
		fd = eventfd(0, 0);
	receiver = fork();
	if (!receiver) {
		pin(0);
		go(where, way->bell);
		shared->fd = fd;
		shared->ready = 1;
		way->receive();
		_exit(0);
	}
	while (!shared->ready)
		usleep(1000);
	if (way->bell)
		fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, receiver, 0),
			     shared->fd, 0);
	usleep(100000);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t sent, seen = shared->seen;

		pause_for(way->blocks ? 100000 : 20000);
		shared->back = 0;
		sent = tsc_read();
		way->send();
		while (!shared->back)
			;
		if (shared->seen == seen)
			continue;
		there[n] = shared->seen - sent;
		back[n++] = shared->back - sent;
	}
	print(where_names[where], way->name, there, back, n);
	kill(receiver, SIGKILL);
	waitpid(receiver, NULL, 0);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	bool two = sysconf(_SC_NPROCESSORS_ONLN) > 1;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	signal(SIGUSR1, on_signal);
	pin(two);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!two && ways[i].blocks)
			continue;
		for (enum where where = NATIVELY; where <= (two ? HOLDING : IN_CONTEXT); where++)
			(two ? measure_other : measure_self)(&ways[i], where);
	}
	return 0;
}
