// SPDX-License-Identifier: GPL-2.0-only
/* RDTSC, RDTSCP, RDPID, CPUID, the vDSO: where and when code runs. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

/* The segment whose limit holds the CPU, for processors without RDPID. */
#define CPU_SELECTOR	0x7b

static uint64_t rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}

static uint64_t rdtscp(unsigned int *aux)
{
	return __builtin_ia32_rdtscp(aux);
}

static bool cpu_has(unsigned int leaf, int reg, unsigned int bit)
{
	unsigned int regs[4];

	if (!__get_cpuid_count(leaf, 0, &regs[0], &regs[1], &regs[2], &regs[3]))
		return false;
	return regs[reg] & 1U << bit;
}

static bool have_rdpid(void)
{
	return cpu_has(7, 2, 22);
}

static unsigned int rdpid(void)
{
	unsigned long aux;

	asm volatile(".byte 0xf3, 0x0f, 0xc7, 0xf8" : "=a"(aux));
	return aux;
}

static unsigned int cpu_by_limit(void)
{
	unsigned long limit = 0, selector = CPU_SELECTOR;

	asm volatile("lsl %1, %0" : "+r"(limit) : "r"(selector));
	return limit;
}

/* All ways to ask for the CPU give the same answer, the true one. */
static void check_cpu(int cpu)
{
	unsigned int aux, vdso_cpu, vdso_node;

	CHECK_EQ(current_cpu(), cpu);
	CHECK_EQ(sched_getcpu(), cpu);
	CHECK_EQ(getcpu(&vdso_cpu, &vdso_node), 0);
	CHECK_EQ(vdso_cpu, (unsigned int)cpu);
	CHECK_EQ(cpu_by_limit() & 0xfff, (unsigned int)cpu);
	rdtscp(&aux);
	CHECK_EQ(aux, cpu_by_limit());
	/*
	 * In 32-bit programs getcpu() is a system call.  On AMD's processors with
	 * numa=fake it may tell another node than the segment has, natively, too.
	 */
	if (sizeof(long) == 8)
		CHECK_EQ(aux >> 12, vdso_node);
	if (have_rdpid())
		CHECK_EQ(rdpid(), aux);
}

static void which_cpu(const void *arg)
{
	(void)arg;
	pin(0);
	check_cpu(0);
}

static void which_cpu_after_migration(const void *arg)
{
	(void)arg;
	for (int i = 0; i < 30; i++) {
		pin(i % 2);
		check_cpu(i % 2);
	}
}

/* Time never goes back, on whatever clock. */

static void monotone(const void *arg)
{
	unsigned int aux;
	uint64_t last = rdtsc(), last_ns = now_ns(), now;
	int cpus = nr_cpus();

	(void)arg;
	for (int i = 0; i < 2000; i++) {
		if (cpus > 1 && i % 100 == 0)
			pin(i / 100 % 2);
		now = i % 2 ? rdtsc() : rdtscp(&aux);
		CHECK_GE(now, last);
		last = now;
		now = now_ns();
		CHECK_GE(now, last_ns);
		last_ns = now;
	}
}

/* The vDSO and the system call read the same clock. */
static void same_clock(const void *arg)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE,
		CLOCK_BOOTTIME,
	};

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timespec before, between, after;

		syscall(SYS_clock_gettime, clocks[i], &before);
		clock_gettime(clocks[i], &between);
		syscall(SYS_clock_gettime, clocks[i], &after);
		CHECK_GE(between.tv_sec * NSEC_PER_SEC + between.tv_nsec,
			 before.tv_sec * NSEC_PER_SEC + before.tv_nsec);
		CHECK_LE(between.tv_sec * NSEC_PER_SEC + between.tv_nsec,
			 after.tv_sec * NSEC_PER_SEC + after.tv_nsec);
	}
}

/* The TSC counts at the same speed as it does natively. */
static void tsc_rate(const void *arg)
{
	uint64_t ratio[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		uint64_t start = now_ns(), tsc = rdtsc();

		if (i && test_in_context)
			ctx_leave();
		burn(10 * NSEC_PER_MSEC);
		ratio[i] = (rdtsc() - tsc) * 1000 / (now_ns() - start);
	}
	CHECK_GE(ratio[0] * 100, ratio[1] * 97);
	CHECK_LE(ratio[0] * 97, ratio[1] * 100);
}

/* prctl(PR_SET_TSC) takes the TSC away from this thread, not from others. */

static void run_rdtsc(void *arg)
{
	(void)arg;
	rdtsc();
}

static void run_rdtscp(void *arg)
{
	unsigned int aux;

	(void)arg;
	rdtscp(&aux);
}

static void *tsc_of_other(void *arg)
{
	(void)arg;
	CHECK_EQ(prctl(PR_SET_TSC, PR_TSC_ENABLE), 0);
	CHECK_EQ(fault_of(run_rdtsc, NULL), 0);
	return NULL;
}

static void tsc_disabled(const void *arg)
{
	pthread_t thread;
	int mode = 0;

	(void)arg;
	fault_catch();
	pin(current_cpu());
	CHECK_EQ(prctl(PR_SET_TSC, PR_TSC_SIGSEGV), 0);
	CHECK_EQ(prctl(PR_GET_TSC, &mode), 0);
	CHECK_EQ(mode, PR_TSC_SIGSEGV);
	CHECK_EQ(fault_of(run_rdtsc, NULL), SIGSEGV);
	fault_note();
	CHECK_EQ(fault_of(run_rdtscp, NULL), SIGSEGV);
	sched_yield();
	CHECK_EQ(fault_of(run_rdtsc, NULL), SIGSEGV);
	REQUIRE(!pthread_create(&thread, NULL, tsc_of_other, NULL));
	pthread_join(thread, NULL);
	CHECK_EQ(fault_of(run_rdtsc, NULL), SIGSEGV);
	CHECK_EQ(prctl(PR_SET_TSC, PR_TSC_ENABLE), 0);
	CHECK_EQ(fault_of(run_rdtsc, NULL), 0);
	CHECK_EQ(fault_of(run_rdtscp, NULL), 0);
}

/* CPUID: all leaves, and all registers. */

static void cpuid_note(unsigned int leaf, unsigned int subleaf)
{
	struct snippet snippet = snippet_load("\x0f\xa2", 2);
	struct regs regs = regs_pattern(1);

	regs.rax = 0xffffffff00000000 | leaf;
	regs.rcx = 0xffffffff00000000 | subleaf;
	regs_call(&regs, snippet.start);
	note("leaf", (uint64_t)leaf << 32 | subleaf);
	regs_note("regs", &regs);
}

static void cpuid_leaves(const void *arg)
{
	static const unsigned int ranges[] = {
		0, 0x40000000, 0x80000000,
	};

	(void)arg;
	pin(0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		unsigned int eax, ebx, ecx, edx;

		__cpuid(ranges[i], eax, ebx, ecx, edx);
		if (eax - ranges[i] > 0x40)
			eax = ranges[i];
		for (unsigned int leaf = ranges[i]; leaf <= eax + 1; leaf++)
			for (unsigned int subleaf = 0; subleaf < 4; subleaf++)
				cpuid_note(leaf, subleaf);
	}
	/* With SVM the guest executes it. */
	if (test_in_context && !cpu_has_svm())
		CHECK_GE(ctx_stats().exits[VCTX_EXIT_CPUID], 50ULL);
}

static void run_cpuid(void *arg)
{
	unsigned int eax, ebx, ecx, edx;

	(void)arg;
	__cpuid(0, eax, ebx, ecx, edx);
}

static void cpuid_faulting(const void *arg)
{
	(void)arg;
	fault_catch();
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0))
		test_skip("ARCH_SET_CPUID: %s", strerror(errno));
	CHECK_EQ(fault_of(run_cpuid, NULL), SIGSEGV);
	fault_note();
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1), 0);
	CHECK_EQ(fault_of(run_cpuid, NULL), 0);
}

static const struct test tests[] = {
	{ "which_cpu", which_cpu, NULL, 0 },
	{ "which_cpu_after_migration", which_cpu_after_migration, NULL, T_SMP },
	{ "monotone", monotone, NULL, 0 },
	{ "same_clock", same_clock, NULL, 0 },
	{ "tsc_rate", tsc_rate, NULL, 0 },
	{ "tsc_disabled", tsc_disabled, NULL, T_TWIN },
	{ "cpuid_leaves", cpuid_leaves, NULL, T_TWIN },
	{ "cpuid_faulting", cpuid_faulting, NULL, T_TWIN },
};

TEST_MAIN(tests)
