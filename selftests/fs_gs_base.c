// SPDX-License-Identifier: GPL-2.0-only
/* The bases of FS and GS: set by the kernel, by instructions, by selectors. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

#define HWCAP2_FSGSBASE	2

/* This is not canonical with four levels of page tables, nor with five. */
#define NON_CANONICAL	0x100000000000000UL

static const uint64_t bases[] = {
	0, 1, 0x1000, 0xffffffff, 1UL << 32, 0x7fffffffe000,
};

static uint64_t get_gs(void)
{
	uint64_t base = 0;

	CHECK_EQ(raw_syscall(SYS_arch_prctl, ARCH_GET_GS, (long)&base, 0), 0);
	return base;
}

static void set_gs(uint64_t base)
{
	CHECK_EQ(raw_syscall(SYS_arch_prctl, ARCH_SET_GS, base, 0), 0);
}

static void need_fsgsbase(void)
{
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		test_skip("no FSGSBASE instructions");
}

static inline uint64_t rdgsbase(void)
{
	uint64_t base;

	asm volatile("rdgsbase %0" : "=r"(base));
	return base;
}

static inline void wrgsbase(uint64_t base)
{
	asm volatile("wrgsbase %0" : : "r"(base) : "memory");
}

static inline uint64_t rdfsbase(void)
{
	uint64_t base;

	asm volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline void wrfsbase(uint64_t base)
{
	asm volatile("wrfsbase %0" : : "r"(base) : "memory");
}

static inline uint64_t load_gs(unsigned int offset)
{
	uint64_t value;

	asm volatile("mov %%gs:(%1), %0" : "=r"(value) : "r"((long)offset));
	return value;
}

static void gs_by_kernel(const void *arg)
{
	static uint64_t data[2] = { 111, 222 };

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		set_gs(bases[i]);
		CHECK_EQ(get_gs(), bases[i]);
	}
	set_gs((uintptr_t)data);
	CHECK_EQ(load_gs(0), 111UL);
	CHECK_EQ(load_gs(8), 222UL);
}

static void gs_by_instruction(const void *arg)
{
	static uint64_t data[2] = { 333, 444 };

	(void)arg;
	need_fsgsbase();
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		wrgsbase(bases[i]);
		CHECK_EQ(rdgsbase(), bases[i]);
		CHECK_EQ(get_gs(), bases[i]);
		set_gs(bases[i] ^ 0x2000);
		CHECK_EQ(rdgsbase(), bases[i] ^ 0x2000);
	}
	wrgsbase((uintptr_t)data);
	CHECK_EQ(load_gs(8), 444UL);
}

/* FS belongs to the C library, so one function changes and restores it. */
static void fs_by_kernel(const void *arg)
{
	static uint64_t data[2] = { 555, 666 };
	uint64_t old, seen, value;
	long error;

	(void)arg;
	raw_syscall(SYS_arch_prctl, ARCH_GET_FS, (long)&old, 0);
	error = raw_syscall(SYS_arch_prctl, ARCH_SET_FS, (long)data, 0);
	raw_syscall(SYS_arch_prctl, ARCH_GET_FS, (long)&seen, 0);
	asm volatile("mov %%fs:8, %0" : "=r"(value));
	raw_syscall(SYS_arch_prctl, ARCH_SET_FS, old, 0);
	CHECK_EQ(error, 0);
	CHECK_EQ(seen, (uintptr_t)data);
	CHECK_EQ(value, 666UL);
}

static void fs_by_instruction(const void *arg)
{
	static uint64_t data[2] = { 777, 888 };
	uint64_t old, seen, kernel, value;

	(void)arg;
	need_fsgsbase();
	old = rdfsbase();
	wrfsbase((uintptr_t)data);
	raw_syscall(SYS_sched_yield, 0, 0, 0);
	seen = rdfsbase();
	raw_syscall(SYS_arch_prctl, ARCH_GET_FS, (long)&kernel, 0);
	asm volatile("mov %%fs:8, %0" : "=r"(value));
	wrfsbase(old);
	CHECK_EQ(seen, (uintptr_t)data);
	CHECK_EQ(kernel, (uintptr_t)data);
	CHECK_EQ(value, 888UL);
}

static void kernel_refuses(const void *arg)
{
	static const long codes[] = { ARCH_SET_GS, ARCH_SET_FS };

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		note("error", raw_syscall(SYS_arch_prctl, codes[i],
					  -4096, 0));
	note("gs", get_gs());
}

static void instruction_refuses(const void *arg)
{
	struct snippet snippet = snippet_load("\xf3\x48\x0f\xae\xdf", 5);
	struct regs regs = regs_pattern(1);

	(void)arg;
	need_fsgsbase();
	regs.rdi = NON_CANONICAL;	/* wrgsbase rdi */
	fault_catch();
	fault_resume = snippet.ret;
	regs_call(&regs, snippet.start);
	CHECK_EQ(fault.signo, SIGSEGV);
	CHECK_EQ(rdgsbase(), 0UL);
	fault_note();
}

/* A base that an instruction has set outlives every entry into the kernel. */

#define KEPT	0x123456789000UL

static void on_signal(int signo)
{
	(void)signo;
	CHECK_EQ(rdgsbase(), KEPT);
}

static void survives_events(const void *arg)
{
	volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	need_fsgsbase();
	wrgsbase(KEPT);
	getppid();
	CHECK_EQ(rdgsbase(), KEPT);
	page[0] = 1;
	CHECK_EQ(rdgsbase(), KEPT);
	asm volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
	CHECK_EQ(rdgsbase(), KEPT);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	CHECK_EQ(rdgsbase(), KEPT);
	CHECK_EQ(get_gs(), KEPT);
}

static void check_inherited(void)
{
	CHECK_EQ(rdgsbase(), KEPT);
	wrgsbase(1);
}

static void survives_fork(const void *arg)
{
	(void)arg;
	need_fsgsbase();
	wrgsbase(KEPT);
	in_child(check_inherited);
	CHECK_EQ(rdgsbase(), KEPT);
}

/* Each of several threads on one CPU has a base of its own. */

#define THREADS	3
#define ROUNDS	100

static void *base_main(void *arg)
{
	uint64_t base = (uintptr_t)arg << 32;

	wrgsbase(base);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(rdgsbase(), base);
		if (i % 10)
			sched_yield();
		else
			burn(NSEC_PER_MSEC / 4);
	}
	CHECK_EQ(get_gs(), base);
	return NULL;
}

static void survives_others(const void *arg)
{
	pthread_t threads[THREADS];

	(void)arg;
	need_fsgsbase();
	pin(current_cpu());
	for (long i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, base_main,
					(void *)(i + 1)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void survives_migration(const void *arg)
{
	(void)arg;
	need_fsgsbase();
	wrgsbase(KEPT);
	for (int i = 0; i < 50; i++) {
		pin(i % 2);
		CHECK_EQ(rdgsbase(), KEPT);
	}
}

/* An interrupt comes between writing and reading. */
static void survives_interrupts(const void *arg)
{
	uint64_t end = now_ns() + 30 * NSEC_PER_MSEC, base = 0;

	(void)arg;
	need_fsgsbase();
	while (now_ns() < end)
		for (int i = 0; i < 1000; i++) {
			base = (base + 0x10) & 0xffffffffff;
			wrgsbase(base);
			if (rdgsbase() != base) {
				CHECK_EQ(rdgsbase(), base);
				return;
			}
		}
}

/* A handler's change stays: sigreturn does not restore the base. */
static void on_change(int signo)
{
	(void)signo;
	wrgsbase(0x77000);
}

static void handler_changes(const void *arg)
{
	(void)arg;
	need_fsgsbase();
	signal(SIGUSR1, on_change);
	raise(SIGUSR1);
	note("base", rdgsbase());
}

static const struct test tests[] = {
	{ "gs_by_kernel", gs_by_kernel, NULL, 0 },
	{ "gs_by_instruction", gs_by_instruction, NULL, 0 },
	{ "fs_by_kernel", fs_by_kernel, NULL, 0 },
	{ "fs_by_instruction", fs_by_instruction, NULL, 0 },
	{ "kernel_refuses", kernel_refuses, NULL, T_TWIN },
	{ "instruction_refuses", instruction_refuses, NULL, T_TWIN },
	{ "survives_events", survives_events, NULL, 0 },
	{ "survives_fork", survives_fork, NULL, 0 },
	{ "survives_others", survives_others, NULL, 0 },
	{ "survives_migration", survives_migration, NULL, T_SMP },
	{ "survives_interrupts", survives_interrupts, NULL, 0 },
	{ "handler_changes", handler_changes, NULL, T_TWIN },
};

TEST_MAIN(tests)
