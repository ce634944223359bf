// SPDX-License-Identifier: MIT
/*
 * A pool of workers, each thread in a context of its own, fed through a bounded
 * queue: pi by Monte Carlo.  A worker that finds work in the queue takes it
 * without a system call; it leaves guest mode only to sleep and to wake others.
 *
 * cc -O2 -pthread pool.c $(pkg-config --cflags --libs libvcontext) -o pool
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vctx.h>

#define SLOTS		64	/* a power of two */
#define SPINS		2000	/* before a thread sleeps */
#define MAX_WORKERS	256

/* ---- the queue: a thread that draws a ticket waits for the turn of its slot ---- */

/* The ticket @turn may put a task in; the ticket @turn - 1 may take one out. */
struct slot {
	atomic_uint turn;
	atomic_uint sleepers;
	uint64_t task;
};

static struct queue {
	atomic_uint put;
	atomic_uint get;
	struct slot slot[SLOTS];
} queue;

static void await(struct slot *slot, unsigned int turn)
{
	unsigned int now;

	for (int i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(&slot->turn, memory_order_acquire) == turn)
			return;
		__builtin_ia32_pause();
	}
	atomic_fetch_add(&slot->sleepers, 1);
	while ((now = atomic_load(&slot->turn)) != turn)
		syscall(SYS_futex, &slot->turn, FUTEX_WAIT_PRIVATE, now, NULL);
	atomic_fetch_sub(&slot->sleepers, 1);
}

static void pass_on(struct slot *slot, unsigned int turn)
{
	atomic_store(&slot->turn, turn);
	if (atomic_load(&slot->sleepers))
		syscall(SYS_futex, &slot->turn, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static void queue_init(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		atomic_init(&queue.slot[i].turn, i);
}

static void queue_put(uint64_t task)
{
	unsigned int ticket = atomic_fetch_add(&queue.put, 1);
	struct slot *slot = &queue.slot[ticket % SLOTS];

	await(slot, ticket);
	slot->task = task;
	pass_on(slot, ticket + 1);
}

static uint64_t queue_get(void)
{
	unsigned int ticket = atomic_fetch_add(&queue.get, 1);
	struct slot *slot = &queue.slot[ticket % SLOTS];
	uint64_t task;

	await(slot, ticket + 1);
	task = slot->task;
	pass_on(slot, ticket + SLOTS);
	return task;
}

/* ---- the work ---- */

#define END	UINT64_MAX	/* the task that ends a worker */

static unsigned int samples = 100000;

/* SplitMix64: the numbers of a task are its own, whoever works on it. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t hits(uint64_t task)
{
	uint64_t state = task << 32;
	uint64_t inside = 0;

	for (unsigned int i = 0; i < samples; i++) {
		uint64_t x = next(&state) >> 33, y = next(&state) >> 33;

		inside += x * x + y * y < UINT64_C(1) << 62;
	}
	return inside;
}

/* ---- the workers ---- */

struct worker {
	pthread_t thread;
	int cpu;		/* to stay on, or -1 */
	int native;
	int error;
	const char *reason;	/* why there is no context */
	uint64_t tasks;
	uint64_t hits;
	struct vctx_stats stats;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	uint64_t task;
	cpu_set_t cpus;

	if (worker->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET(worker->cpu, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	worker->error = worker->native ? 0 : vctx_enter(NULL);
	if (worker->error)
		vctx_why(NULL, &worker->reason);
	while ((task = queue_get()) != END) {
		worker->hits += hits(task);
		worker->tasks++;
	}
	if (!worker->native && !worker->error) {
		vctx_stats(&worker->stats, sizeof(worker->stats));
		vctx_leave();
	}
	return NULL;
}

static void print_worker(const char *name, const struct worker *worker)
{
	const struct vctx_stats *stats = &worker->stats;

	fprintf(stderr, "%8s %8" PRIu64 " %10" PRIu64 " %10" PRIu64 " %12" PRIu64 " %12.3f\n",
		name, worker->tasks, (uint64_t)stats->entries,
		(uint64_t)stats->exits[VCTX_EXIT_SYSCALL],
		(uint64_t)stats->exits[VCTX_EXIT_INTERRUPT], stats->guest_ns / 1e6);
}

static void add(struct worker *total, const struct worker *worker)
{
	total->tasks += worker->tasks;
	total->hits += worker->hits;
	total->stats.entries += worker->stats.entries;
	total->stats.guest_ns += worker->stats.guest_ns;
	for (int i = 0; i < VCTX_MAX_EXITS; i++)
		total->stats.exits[i] += worker->stats.exits[i];
}

/* The CPU of worker @index: workers take the allowed CPUs in turn. */
static int nth_cpu(int index)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return -1;
	index %= CPU_COUNT(&cpus);
	for (int cpu = 0; ; cpu++)
		if (CPU_ISSET(cpu, &cpus) && !index--)
			return cpu;
}

static const char help[] =
"Usage: pool [OPTION]...\n"
"Compute pi by Monte Carlo in a pool of threads, each in a context of its own.\n"
"\n"
"  -n, --native      run natively instead\n"
"  -w, --workers N   number of threads (default: one for each CPU)\n"
"  -t, --tasks N     number of tasks (default: 200)\n"
"  -s, --samples N   samples of each task (default: 100000)\n"
"  -p, --pin         keep each worker on one CPU\n"
"  -h, --help        print this and exit\n"
"\n"
"Pi goes to standard output; what each worker and its context did goes to\n"
"standard error.\n";

static const struct option options[] = {
	{ "native",	no_argument,		NULL, 'n' },
	{ "workers",	required_argument,	NULL, 'w' },
	{ "tasks",	required_argument,	NULL, 't' },
	{ "samples",	required_argument,	NULL, 's' },
	{ "pin",	no_argument,		NULL, 'p' },
	{ "help",	no_argument,		NULL, 'h' },
	{ }
};

static int number(const char *word, int most)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (end == word || *end || value < 1 || value > most) {
		fprintf(stderr, "pool: %s is not a number from 1 to %d\n", word, most);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_WORKERS], total;
	int count = sysconf(_SC_NPROCESSORS_ONLN);
	int tasks = 200, native = 0, pin = 0, option;
	const char *reason = NULL;

	while ((option = getopt_long(argc, argv, "nw:t:s:ph", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			native = 1;
			break;
		case 'w':
			count = number(optarg, MAX_WORKERS);
			break;
		case 't':
			tasks = number(optarg, 1000000);
			break;
		case 's':
			samples = number(optarg, 1000000000);
			break;
		case 'p':
			pin = 1;
			break;
		case 'h':
			return fputs(help, stdout) < 0;
		default:
			fputs("See pool --help.\n", stderr);
			return 2;
		}
	}
	if (count > MAX_WORKERS)
		count = MAX_WORKERS;

	queue_init();
	for (int i = 0; i < count; i++) {
		workers[i].native = native;
		workers[i].cpu = pin ? nth_cpu(i) : -1;
		errno = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		if (errno) {
			perror("pool: cannot create a thread");
			return 1;
		}
	}
	for (int i = 0; i < tasks; i++)
		queue_put(i);
	for (int i = 0; i < count; i++)
		queue_put(END);

	fprintf(stderr, "%8s %8s %10s %10s %12s %12s\n", "worker", "tasks",
		"entries", "syscalls", "interrupts", "ms in guest");
	for (int i = 0; i < count; i++) {
		char name[12];

		pthread_join(workers[i].thread, NULL);
		snprintf(name, sizeof(name), "%d", i);
		print_worker(name, &workers[i]);
		add(&total, &workers[i]);
		if (workers[i].error)
			reason = workers[i].reason;
	}
	print_worker("total", &total);
	if (reason)
		fprintf(stderr, "natively: %s\n", reason);
	printf("%" PRIu64 " tasks, %" PRIu64 " hits, pi is about %.6f\n", total.tasks,
	       total.hits, 4.0 * total.hits / ((double)total.tasks * samples));
	return 0;
}
