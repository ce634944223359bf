// SPDX-License-Identifier: GPL-2.0-only
/*
 * What leaves the guest and comes back, or does not leave it, and what a context and
 * the module take.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vctx.h>

#include "common/textfile.h"
#include "channel.h"
#include "group.h"

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define INT80_GETPPID	64

/* ---- a step that is repeated ---- */

typedef void step(void *arg);

static void run_step(struct sample *sample)
{
	sample_enter(sample, sample->self);
	sample->value = sample_median(sample, (step *)sample->figure->arg, NULL);
}

static void call(void *arg)
{
	(void)arg;
	syscall(SYS_getppid);
}

static void call_32(void *arg)
{
	long number = INT80_GETPPID;

	(void)arg;
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9",
			 "r10", "r11");
}

static void cpuid(void *arg)
{
	unsigned int leaf = 0, subleaf = 0;

	(void)arg;
	__asm__ volatile("cpuid" : "+a"(leaf), "+c"(subleaf) : : "rbx", "rdx");
}

static void on_signal(int signo)
{
	(void)signo;
}

static void raise_signal(void *arg)
{
	(void)arg;
	syscall(SYS_kill, getpid(), SIGUSR1);
}

static void run_signal(struct sample *sample)
{
	signal(SIGUSR1, on_signal);
	run_step(sample);
}

static void fork_and_wait(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		_exit(1);
}

static void fork_and_exec(void *arg)
{
	pid_t pid = vfork();

	(void)arg;
	if (!pid) {
		execlp("true", "true", NULL);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		_exit(1);
}

static void *no_work(void *arg)
{
	return arg;
}

static void thread(void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, no_work, arg))
		_exit(1);
	pthread_join(thread, NULL);
}

static void run_switch(struct sample *sample)
{
	sample->value = channel_round_trip(sample, &channel_eventfd,
					   sample->conditions->cpu) / 2;
}

static void enter_and_leave(void *arg)
{
	struct sample *sample = arg;

	sample_enter(sample, sample->self);
	vctx_leave();
}

static void run_enter(struct sample *sample)
{
	sample->value = sample_median(sample, enter_and_leave, sample);
}

/* ---- memory that is touched for the first time ---- */

/* How memory is faulted in: what a step touches, and what is done before. */
struct fault {
	size_t size;
	int advice;
	bool read_first;
};

static const struct fault small = { PAGE, MADV_NOHUGEPAGE, false };
static const struct fault huge = { HUGE, MADV_HUGEPAGE, false };
static const struct fault copied = { PAGE, MADV_NOHUGEPAGE, true };

struct touched {
	volatile char *next;
	size_t size;
};

static void touch(void *arg)
{
	struct touched *touched = arg;

	*touched->next = 1;
	touched->next += touched->size;
}

static char *map(struct sample *sample, size_t size, int flags, int fd)
{
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		sample_give_up(sample, "no memory: %s", strerror(errno));
	return area;
}

/* Private pages of a file are read from the file, and copied when they are written. */
static char *map_copied(struct sample *sample, size_t size)
{
	int fd = memfd_create("vctx-bench", MFD_CLOEXEC);
	volatile char *area;
	size_t at;

	if (fd < 0 || ftruncate(fd, size))
		sample_give_up(sample, "no memory: %s", strerror(errno));
	memset(map(sample, size, MAP_SHARED, fd), 1, size);
	area = map(sample, size, MAP_PRIVATE, fd);
	for (at = 0; at < size; at += PAGE)
		(void)area[at];
	return (char *)area;
}

static char *aligned(char *area, size_t size)
{
	return (char *)(((uintptr_t)area + size - 1) & ~(size - 1));
}

static void run_fault(struct sample *sample)
{
	const struct fault *fault = sample->figure->arg;
	size_t size = (sample->conditions->runs + 1) * fault->size;
	struct touched touched = { .size = fault->size };
	char *area;

	if (fault->read_first)
		area = map_copied(sample, size);
	else
		area = map(sample, size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!fault->read_first && madvise(area, size, fault->advice))
		sample_give_up(sample, "no pages of this size: %s",
			       strerror(errno));
	touched.next = aligned(area, fault->size);
	sample_enter(sample, sample->self);
	sample->value = sample_median(sample, touch, &touched);
}

/* A huge page is cleared in each step: a few are enough, and fit into memory. */
static void run_huge(struct sample *sample)
{
	struct conditions few = *sample->conditions;

	few.runs = 9;
	sample->conditions = &few;
	run_fault(sample);
}

/* ---- a walk that misses the TLB with each step ---- */

#define WALK_STEPS	4096

static void walk(void *arg)
{
	void **at = arg, *next = *at;
	unsigned int i;

	for (i = 0; i < WALK_STEPS; i++)
		next = *(void **)next;
	*at = next;
}

/* One circle through all pages, in random order, as Sattolo shuffles. */
static void *make_circle(char *area, size_t pages)
{
	size_t *order = malloc(pages * sizeof(*order));
	uint64_t random = 1;
	size_t i;

	if (!order)
		_exit(1);
	for (i = 0; i < pages; i++)
		order[i] = i;
	for (i = pages - 1; i > 0; i--) {
		size_t j, old = order[i];

		random = random * 6364136223846793005 + 1442695040888963407;
		j = (random >> 33) % i;
		order[i] = order[j];
		order[j] = old;
	}
	/* Lines of different sets of the cache: all at one offset would fall into one. */
	for (i = 0; i < pages; i++) {
		size_t from = order[i], to = order[(i + 1) % pages];

		*(void **)(area + from * PAGE + from % 64 * 64) =
			area + to * PAGE + to % 64 * 64;
	}
	i = order[0];
	free(order);
	return area + i * PAGE + i % 64 * 64;
}

static void run_walk(struct sample *sample)
{
	size_t size = sample->conditions->bytes & -PAGE;
	char *area = map(sample, size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	void *at;

	madvise(area, size, MADV_NOHUGEPAGE);
	at = make_circle(area, size / PAGE);
	sample_enter(sample, sample->self);
	sample->value = sample_median(sample, walk, &at) / WALK_STEPS;
}

/* ---- memory of the kernel ---- */

static void run_module(struct sample *sample)
{
	long bytes;

	if (!textfile_number("/sys/module/vcontext/coresize", &bytes))
		sample_give_up(sample, "the module is not loaded");
	sample->value = bytes;
}

const struct figure overhead_figures[] = {
	{ "system call", .run = run_step, .arg = call },
	{ "system call, 32 bits", .run = run_step, .arg = call_32 },
	{ "signal", .run = run_signal, .arg = raise_signal },
	{ "fault, 4 KiB", .run = run_fault, .arg = &small },
	{ "fault, 2 MiB", .run = run_huge, .arg = &huge },
	{ "fault, copy on write", .run = run_fault, .arg = &copied },
	{ "cpuid", .run = run_step, .arg = cpuid },
	{ "fork, exit, wait", .run = run_step, .arg = fork_and_wait },
	{ "vfork, exec, wait", .run = run_step, .arg = fork_and_exec },
	{ "thread", .run = run_step, .arg = thread },
	{ "context switch", .flags = FIGURE_PEER, .run = run_switch },
	{ "enter, leave", .flags = FIGURE_CONTEXT, .run = run_enter },
	{ "load that misses the TLB", .run = run_walk },
	{ "memory of the module", .unit = UNIT_BYTES, .flags = FIGURE_CONTEXT, .run = run_module },
	{ }
};
