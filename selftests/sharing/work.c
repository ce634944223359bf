// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work in contexts on each CPU, for the plugin to watch.  A phase is a number of workers
 * that are pinned, have memory of their own, and do the same.  The plugin counts when
 * all of them have done so for a while, until the first of them has done enough.
 *
 * usage: work PHASE...: by number
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vcontext.h>

#include "message.h"

#define PAGE		4096
#define HOOK		"fire_user_return_notifiers"
#define MODULE		"[vcontext]"

#define tell(message, value)						\
do {									\
	uint64_t _word;							\
									\
	asm volatile("movq %%rax, %c2(%%rdx)"				\
		     : "=m"(_word)					\
		     : "a"((uint64_t)(value)),				\
		       "i"(SHARING_DISPLACEMENT + (message)),		\
		       "d"((uintptr_t)&_word -				\
			   (SHARING_DISPLACEMENT + (message))));	\
} while (0)

/**
 * struct phase - one kind of work
 * @flags:	VCTX_ENTER_*
 * @workers:	on each CPU
 * @round:	the work
 * @rounds:	how often
 */
struct phase {
	uint64_t flags;
	int workers;
	void (*round)(const struct phase *phase, char *page);
	int rounds;
};

static int device;

static void enter(uint64_t flags)
{
	struct vctx_enter enter = { .size = sizeof(enter), .flags = flags };

	if (ioctl(device, VCTX_IOC_ENTER, &enter))
		err(125, "no context");
}

static void leave(void)
{
	if (ioctl(device, VCTX_IOC_LEAVE))
		err(125, "the context cannot be left");
}

/* Computes until some ticks have come. */
static void compute(void)
{
	struct timespec start, now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		ms = (now.tv_sec - start.tv_sec) * 1000 +
		     (now.tv_nsec - start.tv_nsec) / 1000000;
	} while (ms < 30);
}

static void stay(const struct phase *phase, char *page)
{
	for (int i = 0; i < 20; i++) {
		getppid();
		madvise(page, PAGE, MADV_DONTNEED);
		*(volatile char *)page = 1;
	}
	compute();
}

static void switch_threads(const struct phase *phase, char *page)
{
	for (int i = 0; i < 20; i++)
		sched_yield();
	stay(phase, page);
}

static void come_and_go(const struct phase *phase, char *page)
{
	leave();
	enter(phase->flags);
}

/* ./run has the names. */
static const struct phase phases[] = {
	{ 0, 1, stay, 20 },
	{ VCTX_ENTER_ADAPTIVE, 1, stay, 40 },
	{ VCTX_ENTER_TICKLESS, 1, stay, 20 },
	{ 0, 2, switch_threads, 20 },
	{ 0, 1, come_and_go, 100 },
};

#define NR_PHASES	(sizeof(phases) / sizeof(phases[0]))

/* Of all workers of a phase: how many have come to each of these. */
struct progress {
	atomic_int warm;
	atomic_int counted;
	atomic_int done;
	atomic_int reported;
};

static void wait_for(atomic_int *progress, int nr)
{
	while (*progress < nr)
		sched_yield();
}

static void work(const struct phase *phase, struct progress *progress, int nr,
		 int number, int nr_cpus)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number % nr_cpus, &set);
	if (page == MAP_FAILED || sched_setaffinity(0, sizeof(set), &set))
		err(125, "no page or no CPU of its own");
	enter(phase->flags);
	for (int i = 0; i < 3; i++)
		phase->round(phase, page);

	progress->warm++;
	wait_for(&progress->warm, nr);
	if (!number) {
		tell(SHARING_BEGIN, phase - phases);
		progress->counted = 1;
	}
	wait_for(&progress->counted, 1);
	for (int i = 0; i < phase->rounds; i++)
		phase->round(phase, page);
	progress->done++;
	wait_for(&progress->done, nr);
	if (!number) {
		tell(SHARING_END, 0);
		progress->reported = 1;
	}
	/* Nobody leaves before. */
	wait_for(&progress->reported, 1);
	_exit(0);
}

static void run(const struct phase *phase)
{
	struct progress *progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int nr_cpus = sysconf(_SC_NPROCESSORS_ONLN), status;
	int nr = nr_cpus * phase->workers;

	if (progress == MAP_FAILED)
		err(125, "no memory");
	for (int i = 0; i < nr; i++)
		if (!fork())
			work(phase, progress, nr, i, nr_cpus);
	for (int i = 0; i < nr; i++)
		if (wait(&status) < 0 || status)
			errx(125, "a worker ended with %#x", status);
	munmap(progress, PAGE);
}

/* The plugin gets to know where the code is. */
static void tell_places(void)
{
	uint64_t hook = 0, after = -1UL, first = -1UL, last = 0;
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], name[256];
	unsigned long address;
	char type;

	if (!file)
		err(125, "/proc/kallsyms");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %c %255s", &address, &type, name) != 3 ||
		    (type != 't' && type != 'T'))
			continue;
		if (!strcmp(name, HOOK))
			hook = address;
		else if (hook && address > hook && address < after)
			after = address;
		if (strstr(line, MODULE)) {
			first = address < first ? address : first;
			last = address > last ? address : last;
		}
	}
	fclose(file);
	if (!hook || !last)
		errx(125, "/proc/kallsyms lacks %s", hook ? MODULE : HOOK);
	tell(SHARING_HOOK, hook);
	tell(SHARING_HOOK_END, after);
	tell(SHARING_MODULE, first);
	tell(SHARING_MODULE_END, (last | (PAGE - 1)) + 1);
}

int main(int argc, char **argv)
{
	device = open("/dev/vcontext", O_RDWR);
	if (device < 0)
		err(125, "/dev/vcontext");
	tell_places();
	for (int i = 1; i < argc; i++) {
		unsigned int number = atoi(argv[i]);

		if (number >= NR_PHASES)
			errx(125, "there is no phase %s", argv[i]);
		run(&phases[number]);
	}
	return 0;
}
