// SPDX-License-Identifier: GPL-2.0-only
/* Bells: a ring runs the thread's handler between two instructions, and harms nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "genl.h"
#include "vctx.h"
#include "vctx_selftest.h"

#define NUMBER	5
#define HANDLER	__attribute__((target("general-regs-only")))

long bells_loop(const volatile int *stop);
extern const char bells_loop_end[];

/* What the receiver and those who ring share. */
struct shared {
	volatile int stop;
	atomic_ulong runs;		/* of the handler, with a bit for NUMBER */
	atomic_ulong others;	/* bits of other numbers */
	atomic_ulong signals;
	atomic_ulong bad_flags;	/* runs of the handler with flags that it must not have */
	atomic_ulong rings;		/* that were made */
	volatile int fd;
};

static struct shared *shared;

static void share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(shared != MAP_FAILED);
}

/* TF, DF, NT, RF and AC; what interrupts the handler may set RF. */
#define BAD_FLAGS	0x44500

HANDLER static void count(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	uint64_t flags;

	asm volatile("pushfq\n\tpop %0" : "=r"(flags));
	if (flags & BAD_FLAGS)
		shared->bad_flags++;
	(void)where;
	(void)arg;
	if (rung & 1ULL << NUMBER)
		shared->runs++;
	/* One run may take several. */
	for (rung &= ~(1ULL << NUMBER); rung; rung &= rung - 1)
		shared->others++;
}

static void open_bell(uint64_t enter_flags, vctx_bell_fn fn, uint64_t flags)
{
	ctx_enter(enter_flags);
	REQUIRE(!vctx_bell_open(fn, NULL, flags));
}

static struct vctx_bell_stats bell_stats(void)
{
	struct vctx_bell_stats stats = { .size = sizeof(stats) };

	REQUIRE(!ioctl(test_fd, VCTX_IOC_BELL_STATS, &stats));
	return stats;
}

static bool soon(bool (*is)(uint64_t), uint64_t value)
{
	uint64_t end = now_ns() + slowness() * 10 * NSEC_PER_SEC;

	while (!is(value)) {
		if (now_ns() > end)
			return false;
		sched_yield();
	}
	return true;
}

static bool has_run(uint64_t times)
{
	return shared->runs >= times;
}

/* In a child: rings @n times, each time when the ring before has been handled. */
static pid_t start_ringer(int fd, int cpu, uint64_t n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (cpu >= 0)
		pin(cpu);
	for (uint64_t i = 1; i <= n; i++) {
		if (vctx_ring(fd) || !soon(has_run, i))
			_exit(1);
		shared->rings++;
	}
	shared->stop = 1;
	_exit(0);
}

/* Each ring runs the handler once, and the thread notices nothing. */
static void rings(const void *arg)
{
	const uint64_t *flags = arg;
	uint64_t n = rounds(1000);
	struct vctx_bell_stats stats;
	pid_t ringer;

	share();
	pin(0);
	open_bell(*flags, count, 0);
	ringer = start_ringer(vctx_bell_fd(NUMBER), nr_cpus() > 1 ? 1 : -1, n);
	CHECK_EQ(bells_loop(&shared->stop), 0L);
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
	CHECK_EQ((uint64_t)shared->others, 0ULL);
	CHECK_EQ((uint64_t)shared->bad_flags, 0ULL);
	stats = bell_stats();
	CHECK_EQ(stats.rung, n);
	CHECK_EQ(stats.merged, 0ULL);
	/* The handler's code may find a ring before it returns. */
	CHECK_LE(stats.delivered, n);
	CHECK_GE(stats.delivered, 1ULL);
}

static const uint64_t eager, adaptive = VCTX_ENTER_ADAPTIVE;

/* With the tick held, a ring takes one exit, and no signal is made. */
static void one_exit(const void *arg)
{
	uint64_t n = rounds(1000);
	struct vctx_stats before, after;
	pid_t ringer;

	(void)arg;
	share();
	pin(0);
	ctx_enter_tickless(UINT64_MAX);
	REQUIRE(!vctx_bell_open(count, NULL, 0));
	burn(100 * NSEC_PER_MSEC);
	before = ctx_stats();
	ringer = start_ringer(vctx_bell_fd(NUMBER), 1, n);
	while (!shared->stop)
		;
	after = ctx_stats();
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
	printf("# %llu rings, %llu entries\n", (unsigned long long)n,
	       (unsigned long long)(after.entries - before.entries));
	/* Ticks and what else interrupts come on top. */
	CHECK_LE(after.entries - before.entries, n + n / 2 + 100);
}

/* Rings that come while the handler runs are merged, and none is lost. */
HANDLER static void slow_count(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	for (volatile int i = 0; i < 2000; i++)
		;
	count(rung, where, arg);
}

static bool numbers_taken(uint64_t unused)
{
	(void)unused;
	return shared->others;
}

static void merges(const void *arg)
{
	uint64_t n = rounds(2000);
	struct vctx_bell_stats stats;
	pid_t ringer;
	int fd, last;

	(void)arg;
	share();
	pin(0);
	open_bell(0, slow_count, 0);
	fd = vctx_bell_fd(NUMBER);
	last = vctx_bell_fd(NUMBER + 1);
	ringer = fork();
	if (!ringer) {
		pin(nr_cpus() - 1);
		for (uint64_t i = 0; i < n; i++)
			REQUIRE(!vctx_ring(fd));
		/* The last one is not merged with any of them. */
		REQUIRE(!vctx_ring(last));
		REQUIRE(soon(numbers_taken, 0));
		shared->stop = 1;
		_exit(0);
	}
	CHECK_EQ(bells_loop(&shared->stop), 0L);
	CHECK_EQ(wait_exit(ringer), 0);
	stats = bell_stats();
	CHECK_EQ(stats.rung, n + 1);
	CHECK_EQ((uint64_t)shared->runs, n - stats.merged);
	CHECK_EQ((uint64_t)shared->others, 1ULL);
}

static void on_signal(int signo)
{
	(void)signo;
	shared->signals++;
}

static bool signals_came(uint64_t times)
{
	return shared->signals >= times;
}

static void with_signals(const void *arg)
{
	uint64_t n = rounds(1000);
	pid_t ringer, me = getpid();
	int fd;

	(void)arg;
	share();
	pin(0);
	signal(SIGUSR1, on_signal);
	open_bell(0, count, 0);
	fd = vctx_bell_fd(NUMBER);
	ringer = fork();
	if (!ringer) {
		pin(nr_cpus() - 1);
		for (uint64_t i = 1; i <= n; i++)
			if (vctx_ring(fd) || kill(me, SIGUSR1) ||
			    !soon(has_run, i) || !soon(signals_came, i))
				_exit(1);
		shared->stop = 1;
		_exit(0);
	}
	CHECK_EQ(bells_loop(&shared->stop), 0L);
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
}

/* 32-bit code is not interrupted: the handler runs when 64-bit code comes from the kernel. */
uint32_t compat_call(const void *code32, uint32_t value);
extern const char compat_loop[];

static void compat(const void *arg)
{
	uint64_t n = rounds(100);
	pid_t ringer;

	share();
	pin(0);
	open_bell(*(const uint64_t *)arg, count, 0);
	ringer = start_ringer(vctx_bell_fd(NUMBER), nr_cpus() - 1, n);
	while (!shared->stop) {
		CHECK_EQ(compat_call(compat_loop, 10000), 10000U);
		raw_syscall(SYS_getppid, 0, 0, 0);
	}
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
}

/* The handler may make system calls, and its own thread may ring in it. */
static int own_fd;

HANDLER static void ring_again(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	static const uint64_t one = 1;

	count(rung, where, arg);
	if (shared->runs < 10)
		raw_syscall(SYS_write, own_fd, (long)&one, sizeof(one));
}

static void rings_itself(const void *arg)
{
	const uint64_t *flags = arg;

	share();
	open_bell(*flags, ring_again, 0);
	own_fd = vctx_bell_fd(NUMBER);
	CHECK_EQ(vctx_ring(own_fd), 0);
	/* All of it has happened before the call returned. */
	CHECK_EQ((uint64_t)shared->runs, 10ULL);
}

/* A descriptor of another process, here. */
static int take_fd(pid_t pid, int fd)
{
	int copy = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), fd, 0);

	REQUIRE(copy >= 0);
	return copy;
}

static void ring_in_signal(int signo)
{
	(void)signo;
	vctx_ring(own_fd);
}

/* A thread that is traced, computes, and rings itself in its signal handler. */
static void be_stepped(uint64_t flags)
{
	open_bell(0, count, flags);
	own_fd = vctx_bell_fd(NUMBER + 1);
	shared->fd = vctx_bell_fd(NUMBER);
	signal(SIGUSR1, ring_in_signal);
	/* It may go on elsewhere when the test finds something, and for ever. */
	alarm(20 * slowness());
	REQUIRE(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
	_exit(bells_loop(&shared->stop));
}

static uint64_t wait_trap(pid_t pid, struct user_regs_struct *regs)
{
	int status;

	REQUIRE(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGTRAP);
	REQUIRE(!ptrace(PTRACE_GETREGS, pid, NULL, regs));
	return regs->rip;
}

static void run_to(pid_t pid, const char *where)
{
	long code = ptrace(PTRACE_PEEKTEXT, pid, where, NULL);
	struct user_regs_struct regs;

	REQUIRE(!ptrace(PTRACE_POKETEXT, pid, where, (code & ~0xffL) | 0xcc));
	REQUIRE(!ptrace(PTRACE_CONT, pid, NULL, 0));
	REQUIRE(wait_trap(pid, &regs) == (uintptr_t)where + 1);
	REQUIRE(!ptrace(PTRACE_POKETEXT, pid, where, code));
	regs.rip--;
	REQUIRE(!ptrace(PTRACE_SETREGS, pid, NULL, &regs));
}

/* Rings, and steps so many instructions.  Returns whether these end before the IRETQ does. */
static bool ring_and_step(pid_t pid, int steps)
{
	struct user_regs_struct regs;
	uint64_t rip = 0;

	REQUIRE(!vctx_ring(take_fd(pid, shared->fd)));
	for (int i = 0; i < steps; i++) {
		REQUIRE(!ptrace(PTRACE_SINGLESTEP, pid, NULL, 0));
		rip = wait_trap(pid, &regs);
	}
	return rip < (uintptr_t)bells_loop || rip >= (uintptr_t)bells_loop_end;
}

static bool both_ran(uint64_t unused)
{
	(void)unused;
	return shared->runs && shared->others;
}

/*
 * After each instruction from the entry to the IRETQ a signal comes, and a ring during the
 * signal.  The thread is stepped when the first ring comes, and no more when it goes back.
 */
static void signal_at_each_step(const void *arg)
{
	bool more = true;
	int steps = 0, status;
	pid_t pid;

	share();
	/* Some ten thousand times one waits for the other: that takes long between two CPUs. */
	pin(0);
	while (more) {
		memset(shared, 0, sizeof(*shared));
		pid = fork();
		if (!pid)
			be_stepped(*(const uint64_t *)arg);
		wait_state(pid, 't');
		waitpid(pid, NULL, 0);
		run_to(pid, (const char *)bells_loop);
		more = ring_and_step(pid, ++steps);
		REQUIRE(!ptrace(PTRACE_DETACH, pid, NULL, SIGUSR1));
		CHECK(soon(both_ran, 0));
		shared->stop = 1;
		REQUIRE(waitpid(pid, &status, 0) == pid && !status);
	}
	printf("# %d instructions\n", steps);
	CHECK_GE(steps, 60);
}

static const uint64_t general_registers, all_registers = VCTX_BELL_FPU;

/* The handler of a bell with VCTX_BELL_FPU may use the vector registers. */
static void spoil_vectors(uint64_t rung, struct vctx_bell_frame *where, void *arg)
{
	asm volatile("pcmpeqb %%xmm0, %%xmm0\n\tpcmpeqb %%xmm15, %%xmm15" : : : "xmm0", "xmm15");
	count(rung, where, arg);
}

static void fpu(const void *arg)
{
	uint64_t n = rounds(100);
	pid_t ringer;

	(void)arg;
	share();
	pin(0);
	open_bell(0, spoil_vectors, VCTX_BELL_FPU);
	ringer = start_ringer(vctx_bell_fd(NUMBER), nr_cpus() - 1, n);
	CHECK_EQ(bells_loop(&shared->stop), 0L);
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
}

/* A thread that is blocked takes the ring after its call, or restarts the call. */
static void blocked(const void *arg)
{
	uint64_t flags = *(const uint64_t *)arg;
	int pipefd[2], fd;
	char byte = 0;
	pid_t ringer, me = getpid();

	share();
	REQUIRE(!pipe(pipefd));
	open_bell(0, count, flags);
	fd = vctx_bell_fd(NUMBER);
	ringer = fork();
	if (!ringer) {
		wait_state(me, 'S');
		if (vctx_ring(fd))
			_exit(1);
		if (flags & VCTX_BELL_INTERRUPT) {
			if (!soon(has_run, 1))
				_exit(2);
			wait_state(me, 'S');
		} else {
			usleep(50000);
			if (shared->runs)
				_exit(3);
		}
		_exit(write(pipefd[1], "x", 1) != 1);
	}
	CHECK_EQ(read(pipefd[0], &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
	CHECK_EQ(wait_exit(ringer), 0);
}

static const uint64_t stays_blocked, interrupts = VCTX_BELL_INTERRUPT;

static void eventfds(const void *arg)
{
	uint64_t n = rounds(200), one = 1;
	int fd = eventfd(0, EFD_NONBLOCK), other = eventfd(1, EFD_NONBLOCK);
	pid_t ringer;

	(void)arg;
	share();
	pin(0);
	open_bell(0, count, 0);
	CHECK_EQ(vctx_bell_eventfd(NUMBER, STDOUT_FILENO), -EBADF);
	CHECK_EQ(vctx_bell_eventfd(NUMBER, -1), -EBADF);
	/* What was written before counts, and another eventfd takes its place. */
	CHECK_EQ(vctx_bell_eventfd(NUMBER, other), 0);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
	CHECK_EQ(vctx_bell_eventfd(NUMBER, fd), 0);
	REQUIRE(write(other, &one, sizeof(one)) == sizeof(one));
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
	shared->runs = 0;
	/* vctx_ring() writes, as to an eventfd. */
	ringer = start_ringer(fd, nr_cpus() - 1, n);
	CHECK_EQ(bells_loop(&shared->stop), 0L);
	CHECK_EQ(wait_exit(ringer), 0);
	CHECK_EQ((uint64_t)shared->runs, n);
	/* The eventfd was read. */
	CHECK_EQ(read(fd, &one, sizeof(one)), -1L);
	CHECK_EQ(errno, EAGAIN);
}

static void timers(const void *arg)
{
	int cpu = *(const int *)arg;
	uint64_t start, end;

	share();
	pin(0);
	open_bell(0, count, 0);
	CHECK_EQ(vctx_bell_timer(NUMBER, 1, 0, -1), -ERANGE);
	CHECK_EQ(vctx_bell_timer(NUMBER, 0, NSEC_PER_MSEC, -1), -EINVAL);
	CHECK_EQ(vctx_bell_timer(64, NSEC_PER_MSEC, 0, -1), -EINVAL);
	CHECK_EQ(vctx_bell_timer(NUMBER, NSEC_PER_MSEC, 0, 100000), -EINVAL);
	start = now_ns();
	CHECK_EQ(vctx_bell_timer(NUMBER, 2 * NSEC_PER_MSEC, 2 * NSEC_PER_MSEC, cpu), 0);
	while (shared->runs < 20 && now_ns() < start + 20 * slowness() * NSEC_PER_SEC)
		;
	end = now_ns();
	CHECK_GE((uint64_t)shared->runs, 20ULL);
	CHECK_GE(end - start, 40 * NSEC_PER_MSEC);
	CHECK_EQ(vctx_bell_timer(NUMBER, 0, 0, -1), 0);
	shared->runs = 0;
	burn(20 * NSEC_PER_MSEC);
	CHECK_EQ((uint64_t)shared->runs, 0ULL);
	/* Once is once. */
	CHECK_EQ(vctx_bell_timer(NUMBER, NSEC_PER_MSEC, 0, cpu), 0);
	burn(slowness() * 50 * NSEC_PER_MSEC);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
}

static const int own_cpu = -1, another_cpu = 1;

static void masks(const void *arg)
{
	const uint64_t *flags = arg;
	int fd;

	share();
	open_bell(*flags, count, 0);
	fd = vctx_bell_fd(NUMBER);
	vctx_mask();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(vctx_ring(fd), 0);
	CHECK_EQ((uint64_t)shared->runs, 0ULL);
	vctx_unmask();
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
	CHECK_EQ(bell_stats().merged, 2ULL);
	vctx_mask();
	vctx_unmask();
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
}

static void waits(const void *arg)
{
	const uint64_t *flags = arg;
	uint64_t start = now_ns();
	pid_t ringer, me = getpid();
	int fd;

	share();
	open_bell(*flags, count, 0);
	fd = vctx_bell_fd(NUMBER);
	CHECK_EQ(vctx_bell_wait(0), -ETIMEDOUT);
	CHECK_EQ(vctx_bell_wait(10 * NSEC_PER_MSEC), -ETIMEDOUT);
	CHECK_GE(now_ns() - start, 10 * NSEC_PER_MSEC);
	for (uint64_t i = 1; i <= 20; i++) {
		ringer = fork();
		if (!ringer) {
			wait_state(me, 'S');
			_exit(!!vctx_ring(fd));
		}
		CHECK_EQ(vctx_bell_wait(UINT64_MAX), 0);
		CHECK_EQ((uint64_t)shared->runs, i);
		CHECK_EQ(wait_exit(ringer), 0);
	}
	signal(SIGUSR1, on_signal);
	ringer = fork();
	if (!ringer) {
		wait_state(me, 'S');
		_exit(!!kill(me, SIGUSR1));
	}
	CHECK_EQ(vctx_bell_wait(UINT64_MAX), -EINTR);
	CHECK_EQ(wait_exit(ringer), 0);
}

/* Whoever rings after the end is told so. */
static void ends(const void *arg)
{
	int fd;

	(void)arg;
	share();
	open_bell(0, count, 0);
	fd = vctx_bell_fd(NUMBER);
	CHECK_EQ(vctx_bell_close(), 0);
	CHECK_EQ(vctx_ring(fd), -EPIPE);
	CHECK_EQ(vctx_bell_close(), -ENOTCONN);
	close(fd);

	REQUIRE(!vctx_bell_open(count, NULL, 0));
	fd = vctx_bell_fd(NUMBER);
	CHECK_EQ(vctx_ring(fd), 0);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
	ctx_leave();
	CHECK_EQ(vctx_ring(fd), -EPIPE);
	CHECK_EQ(vctx_bell_close(), -ENXIO);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
}

/* The bell of a process that executes another program, or exits, is no more. */
static void ends_with_program(const void *arg)
{
	bool execs = arg;
	int to_child[2], to_parent[2], fd, copy;
	pid_t child;
	char byte;

	share();
	REQUIRE(!pipe(to_child) && !pipe(to_parent));
	child = fork();
	if (!child) {
		open_bell(CTX_ALL, count, 0);
		fd = vctx_bell_fd(NUMBER);
		REQUIRE(write(to_parent[1], &fd, sizeof(fd)) == sizeof(fd));
		REQUIRE(read(to_child[0], &byte, 1) == 1);
		fcntl(fd, F_SETFD, 0);
		if (execs)
			execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(execs);
	}
	REQUIRE(read(to_parent[0], &fd, sizeof(fd)) == sizeof(fd));
	copy = take_fd(child, fd);
	CHECK_EQ(vctx_ring(copy), 0);
	REQUIRE(write(to_child[1], "x", 1) == 1);
	if (execs) {
		for (int i = 0; i < 1000 && !vctx_ring(copy); i++)
			usleep(10000);
		CHECK_EQ(vctx_ring(copy), -EPIPE);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	} else {
		CHECK_EQ(wait_exit(child), 0);
	}
	CHECK_EQ(vctx_ring(copy), -EPIPE);
}

/* An eviction ends the bell, also of a thread that waits for a ring. */
static void evicted(const void *arg)
{
	bool waits = arg;
	pid_t evictor, me = getpid();
	int fd, ret;

	share();
	open_bell(0, count, 0);
	fd = vctx_bell_fd(NUMBER);
	evictor = fork();
	if (!evictor) {
		if (waits)
			wait_state(me, 'S');
		_exit(genl_evict(VCTX_A_EVICT_PID, me) != 1);
	}
	if (waits) {
		ret = vctx_bell_wait(UINT64_MAX);
		CHECK_EQ(ret, -EPIPE);
	}
	CHECK_EQ(wait_exit(evictor), 0);
	CHECK_EQ(vctx_ring(fd), -EPIPE);
	CHECK_EQ(vctx_bell_wait(0), -ENXIO);
}

static void has_none(void)
{
	CHECK_EQ(vctx_bell_wait(0), -ENOTCONN);
	REQUIRE(!vctx_bell_open(count, NULL, 0));
	CHECK_EQ(vctx_ring(vctx_bell_fd(NUMBER)), 0);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
}

/* A child has a context, and no bell; what it does leaves its parent's alone. */
static void children(const void *arg)
{
	int fd;

	(void)arg;
	share();
	open_bell(CTX_ALL, count, 0);
	fd = vctx_bell_fd(NUMBER);
	in_child(has_none);
	shared->runs = 0;
	CHECK_EQ(vctx_ring(fd), 0);
	CHECK_EQ((uint64_t)shared->runs, 1ULL);
}

static int raw_bell(uint64_t area, uint64_t entry, uint32_t flags)
{
	struct vctx_bell bell = {
		.size = sizeof(bell), .flags = flags, .area = area, .entry = entry,
	};

	return ioctl(test_fd, VCTX_IOC_BELL, &bell) ? -errno : 0;
}

static void errors(const void *arg)
{
	static char page[8192] __attribute__((aligned(4096)));
	struct vctx_ringer ringer = { .size = sizeof(ringer), .number = 64, .eventfd = -1 };
	uint64_t area = (uintptr_t)page + 4032;

	(void)arg;
	CHECK_EQ(raw_bell(area, 4096, 0), -ENXIO);
	CHECK_EQ(vctx_bell_fd(0), -ENXIO);
	ctx_enter(0);
	CHECK_EQ(vctx_bell_fd(0), -ENOTCONN);
	CHECK_EQ(vctx_bell_timer(0, NSEC_PER_SEC, 0, -1), -ENOTCONN);
	CHECK_EQ(raw_bell(area + 8, 4096, 0), -EINVAL);
	CHECK_EQ(raw_bell((uintptr_t)page, 4096, 0), -EINVAL);
	CHECK_EQ(raw_bell(area, -4096ULL, 0), -EINVAL);
	CHECK_EQ(raw_bell(-64ULL, 4096, 0), -EINVAL);
	CHECK_EQ(raw_bell(64, 4096, 0), -EFAULT);
	CHECK_EQ(raw_bell(area, 4096, 1U << 31), -EOPNOTSUPP);
	CHECK_EQ(raw_bell(area, 4096, 0), 0);
	CHECK_EQ(raw_bell(area, 4096, 0), -EEXIST);
	CHECK_EQ(ioctl(test_fd, VCTX_IOC_RINGER, &ringer), -1);
	CHECK_EQ(errno, EINVAL);
	ringer = (struct vctx_ringer) { .size = sizeof(ringer), .flags = 1, .eventfd = -1 };
	CHECK_EQ(ioctl(test_fd, VCTX_IOC_RINGER, &ringer), -1);
	CHECK_EQ(errno, EOPNOTSUPP);
	CHECK_EQ(vctx_bell_open(NULL, NULL, 0), -EINVAL);
	CHECK_EQ(vctx_bell_open(count, NULL, 1), 0 - EEXIST);
}

static void getppid_once(void)
{
	CHECK(getppid() > 0);
}

/* All that may happen to a thread meanwhile. */
static void live(unsigned int *seed)
{
	static char *page;
	cpu_set_t one;

	if (!page)
		page = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	switch (rand_r(seed) % 6) {
	case 0:
		CPU_ZERO(&one);
		CPU_SET(rand_r(seed) % nr_cpus(), &one);
		sched_setaffinity(0, sizeof(one), &one);	/* it may be offline */
		break;
	case 1:
		madvise(page, 16 * 4096, MADV_DONTNEED);
		memset(page, 1, 16 * 4096);
		break;
	case 2:
		if (rand_r(seed) % 16)
			break;
		in_child(getppid_once);
		break;
	case 3:
		usleep(rand_r(seed) % 100);
		break;
	case 4:
		for (int i = 0; i < 100; i++)
			raw_syscall(SYS_getppid, 0, 0, 0);
		break;
	default:
		for (volatile int i = rand_r(seed) % 20000; i > 0; i--)
			;
	}
}

static pid_t start_storm(int fd, int last, uint64_t n, unsigned int seed)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (uint64_t i = 0; i < n; i++) {
		if (vctx_ring(fd))
			_exit(1);
		for (volatile int j = rand_r(&seed) % 2000; j > 0; j--)
			;
	}
	_exit(!!vctx_ring(last));
}

/* The last CPU goes off and comes back, until the end. */
static pid_t start_hotplug(void)
{
	char path[64];
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", nr_cpus() - 1);
	fd = open(path, O_WRONLY);
	for (int i = 0; fd >= 0 && !shared->stop; i++) {
		pwrite(fd, i % 2 ? "1" : "0", 1, 0);
		usleep(20000);
	}
	if (fd >= 0)
		pwrite(fd, "1", 1, 0);
	_exit(0);
}

/* Whatever the thread does, and wherever it runs, each ring is taken. */
static void storm(const void *arg)
{
	uint64_t n = rounds(2000) / slowness(), end;
	struct vctx_bell_stats stats;
	pid_t ringers[2], hotplug;
	unsigned int seed = 1;

	share();
	open_bell(CTX_ALL | *(const uint64_t *)arg, count, 0);
	for (int i = 0; i < 2; i++)
		ringers[i] = start_storm(vctx_bell_fd(NUMBER), vctx_bell_fd(NUMBER + 1 + i),
					 n, i);
	hotplug = start_hotplug();
	end = now_ns() + slowness() * (20 + n / 500) * NSEC_PER_SEC;
	while (shared->others < 2 && now_ns() < end)
		live(&seed);
	shared->stop = 1;
	stats = bell_stats();
	CHECK_EQ((uint64_t)shared->others, 2ULL);
	CHECK_EQ(stats.rung, 2 * n + 2);
	CHECK_EQ((uint64_t)shared->runs, 2 * n - stats.merged);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(wait_exit(ringers[i]), 0);
	CHECK_EQ(wait_exit(hotplug), 0);
}

/* Evictions against rings: the thread goes on, and whoever rings gets to know. */
static void evictions(const void *arg)
{
	pid_t me = getpid(), ringer, evictor;
	int fd;

	(void)arg;
	share();
	for (int i = 0; i < rounds(20); i++) {
		open_bell(0, count, 0);
		fd = vctx_bell_fd(NUMBER);
		ringer = fork();
		if (!ringer) {
			while (vctx_ring(fd) != -EPIPE)
				;
			_exit(0);
		}
		evictor = fork();
		if (!evictor) {
			usleep(i * 100);
			_exit(genl_evict(VCTX_A_EVICT_PID, me) != 1);
		}
		while (!waitpid(evictor, NULL, WNOHANG))
			burn(NSEC_PER_MSEC / 10);
		CHECK_EQ(wait_exit(ringer), 0);
		CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
		close(fd);
	}
}

/* The general rules of sizes hold for each command. */
static void sizes(const void *arg)
{
	static const unsigned long cmds[] = {
		VCTX_IOC_BELL, VCTX_IOC_RINGER, VCTX_IOC_TIMER, VCTX_IOC_BELL_WAIT,
		VCTX_IOC_BELL_STATS,
	};
	unsigned char data[4096] = { 0 };
	uint32_t size;

	(void)arg;
	ctx_enter(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
		for (size = 0; size < _IOC_SIZE(cmds[i]); size++) {
			*(uint32_t *)data = size;
			CHECK_EQ(ioctl(test_fd, cmds[i], data), -1);
			CHECK_EQ(errno, EINVAL);
		}
		size += 8;
		*(uint32_t *)data = size;
		data[size - 1] = 1;
		CHECK_EQ(ioctl(test_fd, cmds[i], data), -1);
		CHECK_EQ(errno, E2BIG);
		data[size - 1] = 0;
		CHECK_EQ(ioctl(test_fd, cmds[i], NULL), -1);
		CHECK_EQ(errno, EFAULT);
	}
}

/* An owner that sets up what cannot work kills itself, and nobody else. */
static void hostile(const void *arg)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	(void)arg;
	REQUIRE(page != MAP_FAILED);
	ctx_enter(0);
	/* The entry is at an address where nothing is, and then the area is not there either. */
	REQUIRE(!raw_bell((uintptr_t)page + 4032, 8, 0));
	fd = vctx_bell_fd(NUMBER);
	REQUIRE(!munmap(page, 4096));
	vctx_ring(fd);
}

/* Random words in the area, and rings from another CPU. */
static void random_area(const void *arg)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int fd;

	(void)arg;
	REQUIRE(page != MAP_FAILED);
	for (int round = 0; round < rounds(20); round++) {
		child = fork();
		if (!child) {
			srandom(round);
			ctx_enter(0);
			REQUIRE(!raw_bell((uintptr_t)page + 4032, (uintptr_t)page + random() % 4096, 0));
			fd = vctx_bell_fd(NUMBER);
			for (int i = 0; i < 1000; i++) {
				page[random() % 4096] = random();
				vctx_ring(fd);
			}
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

#define T_BELL	(T_SELF | T_DEVICE)

static const struct test tests[] = {
	{ "rings", rings, &eager, T_BELL },
	{ "rings_adaptive", rings, &adaptive, T_BELL },
	{ "one_exit", one_exit, NULL, T_BELL | T_SMP },
	{ "merges", merges, NULL, T_BELL },
	{ "with_signals", with_signals, NULL, T_BELL },
	{ "compat", compat, &eager, T_BELL },
	{ "compat_adaptive", compat, &adaptive, T_BELL | T_UNUSED },
	{ "rings_itself", rings_itself, &eager, T_BELL },
	{ "rings_itself_adaptive", rings_itself, &adaptive, T_BELL | T_UNUSED },
	{ "signal_at_each_step", signal_at_each_step, &general_registers, T_BELL | T_UNUSED },
	{ "signal_at_each_step_fpu", signal_at_each_step, &all_registers, T_BELL | T_UNUSED },
	{ "fpu", fpu, NULL, T_BELL },
	{ "blocked", blocked, &stays_blocked, T_BELL },
	{ "interrupts", blocked, &interrupts, T_BELL },
	{ "eventfds", eventfds, NULL, T_BELL },
	{ "timers", timers, &own_cpu, T_BELL },
	{ "timers_of_another_cpu", timers, &another_cpu, T_BELL | T_SMP },
	{ "masks", masks, &eager, T_BELL },
	{ "masks_adaptive", masks, &adaptive, T_BELL | T_UNUSED },
	{ "waits", waits, &eager, T_BELL },
	{ "waits_adaptive", waits, &adaptive, T_BELL | T_UNUSED },
	{ "ends", ends, NULL, T_BELL },
	{ "ends_with_exec", ends_with_program, &eager, T_BELL | T_UNUSED },
	{ "ends_with_exit", ends_with_program, NULL, T_BELL | T_UNUSED },
	{ "evicted", evicted, NULL, T_BELL },
	{ "evicted_waiting", evicted, &eager, T_BELL },
	{ "children", children, NULL, T_BELL },
	{ "errors", errors, NULL, T_BELL },
	{ "sizes", sizes, NULL, T_BELL },
	{ "storm", storm, &eager, T_BELL | T_SMP },
	{ "storm_adaptive", storm, &adaptive, T_BELL | T_SMP },
	{ "evictions", evictions, NULL, T_BELL },
	{ "hostile", hostile, NULL, T_BELL | T_DIES },
	{ "random_area", random_area, NULL, T_BELL | T_UNUSED },
};

TEST_MAIN(tests)
