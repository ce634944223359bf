// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restartable sequences: the kernel aborts one that is preempted, migrated or
 * interrupted by a signal, and keeps the number of the CPU current.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define SIGNATURE	0x53053053U
#define AREA_SIZE	32

static __thread struct {
	struct rseq rseq;
} area __attribute__((aligned(32)));

/* The C library's registration is taken back, and ours takes its place. */
static void register_own(void)
{
	char *glibc = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size &&
	    syscall(SYS_rseq, glibc, AREA_SIZE, RSEQ_FLAG_UNREGISTER,
		    SIGNATURE))
		test_skip("rseq of the C library: %s", strerror(errno));
	if (syscall(SYS_rseq, &area.rseq, AREA_SIZE, 0, SIGNATURE))
		test_skip("rseq: %s", strerror(errno));
}

/*
 * Spin within a critical section until the kernel aborts it, and return how often it
 * went round.  The abort handler lies elsewhere, behind the signature.
 */
static uint64_t spin_until_abort(volatile int *started)
{
	uint64_t rounds = 0;

	asm volatile(".pushsection .data.rel\n\t"
		     ".balign 32\n"
		     "77:\t.long 0, 0\n\t"
		     ".quad 1f, 2f - 1f, 4f\n\t"
		     ".popsection\n\t"
		     ".pushsection .text.unlikely\n\t"
		     ".long %c[signature]\n"
		     "4:\tjmp 2f\n\t"
		     ".popsection\n\t"
		     "lea 77b(%%rip), %%rax\n\t"
		     /* No code may stand between the two, or the kernel could clear the pointer there. */
		     "mov %%rax, %[cs]\n"
		     "1:\tmovl $1, %[started]\n"
		     "3:\tinc %[rounds]\n\t"
		     "jmp 3b\n"
		     "2:"
		     : [rounds] "+r"(rounds), [cs] "=m"(area.rseq.rseq_cs),
		       [started] "=m"(*started)
		     : [signature] "i"(SIGNATURE)
		     : "rax", "memory", "cc");
	return rounds;
}

static volatile int started;

static void on_signal(int signo)
{
	(void)signo;
}

static void aborted_by_signal(const void *arg)
{
	/* The signal is sent again and again: the first may come before the section begins. */
	struct itimerval soon = {
		.it_value.tv_usec = 2000, .it_interval.tv_usec = 2000,
	};

	uint64_t rounds = 0;

	(void)arg;
	register_own();
	signal(SIGALRM, on_signal);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	for (int i = 0; i < 5; i++) {
		rounds += spin_until_abort(&started);
		CHECK_EQ(area.rseq.rseq_cs, 0ULL);
	}
	CHECK_GE(rounds, 1ULL);
}

static void aborted_by_preemption(const void *arg)
{
	uint64_t rounds = 0;
	pid_t hog;

	(void)arg;
	register_own();
	pin(current_cpu());
	hog = hog_start(current_cpu());
	for (int i = 0; i < 5; i++)
		rounds += spin_until_abort(&started);
	hog_stop(hog);
	CHECK_GE(rounds, 1ULL);
}

#define MOVES	10

static volatile int finished;

/*
 * The other thread moves this one to its own CPU, and back, until this one has had
 * enough: on a busy machine, preemption ends some of the sections before a move does.
 */
static void *move_main(void *arg)
{
	pid_t tid = *(pid_t *)arg;

	for (int i = 0; !finished; i++) {
		cpu_set_t set;

		while (!started && !finished)
			sched_yield();
		started = 0;
		CPU_ZERO(&set);
		CPU_SET(i % 2, &set);
		CHECK_EQ(sched_setaffinity(tid, sizeof(set), &set), 0);
	}
	return NULL;
}

static void aborted_by_migration(const void *arg)
{
	pid_t tid = gettid();
	pthread_t thread;

	(void)arg;
	register_own();
	pin(1);
	REQUIRE(!pthread_create(&thread, NULL, move_main, &tid));
	for (int i = 0; i < MOVES; i++) {
		spin_until_abort(&started);
		CHECK_EQ(area.rseq.cpu_id, (unsigned int)current_cpu());
	}
	finished = 1;
	pthread_join(thread, NULL);
}

static void cpu_is_current(const void *arg)
{
	int cpus = nr_cpus();

	(void)arg;
	register_own();
	for (int i = 0; i < 40; i++) {
		pin(i % cpus);
		CHECK_EQ(area.rseq.cpu_id, (unsigned int)(i % cpus));
		CHECK_EQ(area.rseq.cpu_id_start, (unsigned int)(i % cpus));
	}
}

/* Counters for each CPU, without atomic instructions: no step is lost. */
#define COUNTS	20000
#define MAX_CPUS	64

static struct {
	uint64_t value __attribute__((aligned(64)));
} counters[MAX_CPUS];

/* Returns false if the step was aborted, and nothing has been counted. */
static bool count_once(void)
{
	asm goto(".pushsection .data.rel\n\t"
		 ".balign 32\n"
		 "77:\t.long 0, 0\n\t"
		 ".quad 1f, 2f - 1f, 4f\n\t"
		 ".popsection\n\t"
		 ".pushsection .text.unlikely\n\t"
		 ".long %c[signature]\n"
		 "4:\tjmp %l[aborted]\n\t"
		 ".popsection\n\t"
		 "lea 77b(%%rip), %%rax\n\t"
		 "mov %%rax, %[cs]\n"
		 "1:\tmov %[cpu], %%ecx\n\t"
		 "shl $6, %%rcx\n\t"
		 "mov (%[counters], %%rcx), %%rax\n\t"
		 "inc %%rax\n\t"
		 /* There is ample time here to be preempted. */
		 "nop; nop; nop; nop; nop; nop; nop; nop\n\t"
		 "mov %%rax, (%[counters], %%rcx)\n"
		 "2:"
		 : : [signature] "i"(SIGNATURE),
		   [cs] "m"(area.rseq.rseq_cs),
		   [cpu] "m"(area.rseq.cpu_id_start),
		   [counters] "r"(counters)
		 : "rax", "rcx", "memory", "cc" : aborted);
	return true;
aborted:
	return false;
}

static void *count_main(void *arg)
{
	(void)arg;
	register_own();
	for (int i = 0; i < COUNTS; i++)
		while (!count_once())
			;
	return NULL;
}

static void counters_per_cpu(const void *arg)
{
	pthread_t threads[4];
	uint64_t sum = 0;

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count_main, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (int cpu = 0; cpu < MAX_CPUS; cpu++)
		sum += counters[cpu].value;
	CHECK_EQ(sum, (uint64_t)COUNTS * ARRAY_SIZE(threads));
}

/* An abort handler without the signature kills the process. */
static void bad_signature(const void *arg)
{
	struct itimerval soon = { .it_value.tv_usec = 2000 };

	(void)arg;
	register_own();
	signal(SIGALRM, on_signal);
	CHECK_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	asm volatile(".pushsection .data.rel\n\t"
		     ".balign 32\n"
		     "77:\t.long 0, 0\n\t"
		     ".quad 1f, 2f - 1f, 2f\n\t"
		     ".popsection\n\t"
		     "lea 77b(%%rip), %%rax\n\t"
		     "mov %%rax, %[cs]\n"
		     "1:\tjmp 1b\n"
		     "2:"
		     : [cs] "=m"(area.rseq.rseq_cs) : : "rax", "memory");
}

static const struct test tests[] = {
	{ "aborted_by_signal", aborted_by_signal, NULL, 0 },
	{ "aborted_by_preemption", aborted_by_preemption, NULL, 0 },
	{ "aborted_by_migration", aborted_by_migration, NULL, T_SMP },
	{ "cpu_is_current", cpu_is_current, NULL, 0 },
	{ "counters_per_cpu", counters_per_cpu, NULL, 0 },
	{ "bad_signature", bad_signature, NULL, T_TWIN | T_DIES },
};

TEST_MAIN(tests)
