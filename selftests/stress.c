// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads, forks, execs, signals, migrations and mappings, all at one time and in a
 * random order.  Each leaves a number that is known in advance.
 *
 *   stress [SECONDS [SEED]]
 *
 * The seed is printed; the same seed, or VCTX_SEED, makes the same choices.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PAGE		4096UL
#define THREADS		4
#define DEFAULT_SECONDS	3

static uint64_t seed;
static uint64_t seconds = DEFAULT_SECONDS;
static uint64_t deadline;

/* xorshift64*: a generator per thread. */
static __thread uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static uint64_t random_below(uint64_t limit)
{
	return (random_next() >> 16) % limit;
}

/* Some work with a known result, in all kinds of registers. */
static uint64_t checksum(uint64_t value, int rounds)
{
	double sum = 0;

	for (int i = 0; i < rounds; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		sum += (double)(value >> 60);
	}
	return value ^ (uint64_t)sum;
}

static void op_compute(void)
{
	uint64_t start = random_next();
	int rounds = random_below(20000);

	CHECK_EQ(checksum(start, rounds), checksum(start, rounds));
}

/* The child computes what the parent knows. */
static void op_fork(void)
{
	uint64_t start = random_next();
	pid_t pid = fork();

	if (!pid)
		_exit(checksum(start, 100) & 0x7f);
	CHECK_EQ(wait_exit(pid), (int)(checksum(start, 100) & 0x7f));
}

static __attribute__((noinline)) pid_t vfork_exit(int status)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(status);
	return pid;
}

static void op_vfork(void)
{
	int status = random_below(128);

	CHECK_EQ(wait_exit(vfork_exit(status)), status);
}

static void op_exec(void)
{
	uint64_t start = random_next();
	char text[32];
	pid_t pid;

	snprintf(text, sizeof(text), "%llu", (unsigned long long)start);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "stress", "--checksum", text, NULL);
		_exit(127);
	}
	CHECK_EQ(wait_exit(pid), (int)(checksum(start, 100) & 0x7f));
}

static void *thread_checksum(void *arg)
{
	return (void *)checksum((uintptr_t)arg, 1000);
}

static void op_thread(void)
{
	uintptr_t start = random_next();
	pthread_t thread;
	void *result = NULL;

	if (pthread_create(&thread, NULL, thread_checksum, (void *)start))
		return;
	pthread_join(thread, &result);
	CHECK_EQ((uintptr_t)result, (uintptr_t)checksum(start, 1000));
}

static __thread volatile uint64_t signals;

static void on_signal(int signo)
{
	signals += checksum(signo, 10) != 0;
}

static void op_signal(void)
{
	uint64_t before = signals;
	int count = random_below(8);

	for (int i = 0; i < count; i++)
		raise(SIGUSR1);
	CHECK_GE(signals, before + count);
}

/* Send a signal to any other thread, at any moment. */
static volatile pid_t tids[THREADS];

static void op_signal_other(void)
{
	pid_t tid = tids[random_below(THREADS)];

	if (tid)
		syscall(SYS_tgkill, getpid(), tid, SIGUSR2);
}

static void op_migrate(void)
{
	cpu_set_t set;
	int cpu = random_below(nr_cpus());

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
	CHECK_EQ(current_cpu(), cpu);
}

static void fill(uint64_t *words, size_t nr, uint64_t value)
{
	for (size_t i = 0; i < nr; i += 64)
		words[i] = value + i;
}

static void check(const uint64_t *words, size_t nr, uint64_t value)
{
	for (size_t i = 0; i < nr; i += 64)
		if (words[i] != value + i) {
			CHECK_EQ(words[i], value + i);
			return;
		}
}

/* Map memory, fill, protect, move, check and unmap it. */
static void op_map(void)
{
	size_t len = (1 + random_below(16)) * PAGE, nr = len / 8;
	uint64_t value = random_next(), *at;

	at = mmap(NULL, len, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(at != MAP_FAILED);
	fill(at, nr, value);
	CHECK_EQ(mprotect(at, len, PROT_READ), 0);
	check(at, nr, value);
	at = mremap(at, len, len + PAGE, MREMAP_MAYMOVE);
	REQUIRE(at != MAP_FAILED);
	check(at, nr, value);
	CHECK_EQ(mprotect(at, len, PROT_READ | PROT_WRITE), 0);
	fill(at, nr, value + 1);
	if (random_below(2)) {
		CHECK_EQ(madvise(at, len, MADV_DONTNEED), 0);
		CHECK_EQ(at[0], 0ULL);
	} else {
		check(at, nr, value + 1);
	}
	CHECK_EQ(munmap(at, len + PAGE), 0);
}

static void op_yield(void)
{
	sched_yield();
}

static void op_cpuid(void)
{
	unsigned int first = 0, second = 0, rest = 0;

	asm volatile("cpuid" : "+a"(rest), "=b"(first) : "c"(0) : "rdx");
	rest = 0;
	asm volatile("cpuid" : "+a"(rest), "=b"(second) : "c"(0) : "rdx");
	CHECK_EQ(first, second);
}

/* Leave and enter again, in the middle of everything. */
static void op_leave(void)
{
	if (!test_in_context)
		return;
	ctx_leave();
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	op_compute();
	ctx_enter(CTX_ALL);
}

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int weight;
} ops[] = {
	{ "compute", op_compute, 8 },
	{ "fork", op_fork, 2 },
	{ "vfork", op_vfork, 2 },
	{ "exec", op_exec, 1 },
	{ "thread", op_thread, 3 },
	{ "signal", op_signal, 4 },
	{ "signal_other", op_signal_other, 4 },
	{ "migrate", op_migrate, 4 },
	{ "map", op_map, 6 },
	{ "yield", op_yield, 4 },
	{ "cpuid", op_cpuid, 1 },
	{ "leave", op_leave, 1 },
};

static uint64_t counts[ARRAY_SIZE(ops)];

static size_t choose(void)
{
	unsigned int sum = 0, at;
	size_t op;

	for (op = 0; op < ARRAY_SIZE(ops); op++)
		sum += ops[op].weight;
	at = random_below(sum);
	for (op = 0; at >= ops[op].weight; op++)
		at -= ops[op].weight;
	return op;
}

static bool has_done_all(void)
{
	for (size_t op = 0; op < ARRAY_SIZE(ops); op++)
		if (!__atomic_load_n(&counts[op], __ATOMIC_RELAXED))
			return false;
	return true;
}

static void *thread_main(void *arg)
{
	uintptr_t number = (uintptr_t)arg;

	random_state = checksum(seed + number, 7) | 1;
	tids[number] = gettid();
	/* A busy machine may need more time to do each of them once. */
	while (now_ns() < deadline || !has_done_all()) {
		size_t op = choose();

		ops[op].run();
		__atomic_fetch_add(&counts[op], 1, __ATOMIC_RELAXED);
	}
	tids[number] = 0;
	return NULL;
}

static void print_counts(void)
{
	for (size_t op = 0; op < ARRAY_SIZE(ops); op++) {
		printf("# %s: %llu\n", ops[op].name,
		       (unsigned long long)counts[op]);
		CHECK_GE(counts[op], 1ULL);
	}
}

static void stress(const void *arg)
{
	struct sigaction action = {
		.sa_handler = on_signal, .sa_flags = SA_RESTART,
	};
	pthread_t threads[THREADS];

	(void)arg;
	printf("# seed %llu, %llu s\n", (unsigned long long)seed,
	       (unsigned long long)seconds);
	fflush(stdout);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	deadline = now_ns() + seconds * NSEC_PER_SEC;
	for (uintptr_t i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, thread_main,
					(void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	print_counts();
}

static const struct test tests[] = {
	{ "stress", stress, NULL, 0 },
};

static uint64_t choose_seed(const char *given)
{
	return given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--checksum"))
		return checksum(strtoull(argv[2], NULL, 0), 100) & 0x7f;
	if (argc > 1)
		seconds = strtoull(argv[1], NULL, 0);
	test_seconds = 20 + seconds * 2;
	seed = choose_seed(argc > 2 ? argv[2] : getenv("VCTX_SEED"));
	return test_main(tests, ARRAY_SIZE(tests), 1, argv);
}
