// SPDX-License-Identifier: GPL-2.0-only
/* Segment selectors and descriptors, and code segments of both widths. */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

#define LDT_SELECTOR(entry)	((entry) << 3 | 7)
#define INT80_SET_THREAD_AREA	243

#define GDT_SELECTOR(entry)	((entry) << 3 | 3)

uint32_t compat_call(const void *code32, uint32_t value);
uint64_t iret_self(uint64_t value);
extern const char compat_nop[], compat_syscall[], compat_ud2[], compat_fault[];
extern const char compat_loop[], compat_return[];

struct selectors {
	uint16_t ds, es, fs, gs, ss, cs;
};

static struct selectors selectors(void)
{
	struct selectors now;

	asm volatile("mov %%ds, %0" : "=r"(now.ds));
	asm volatile("mov %%es, %0" : "=r"(now.es));
	asm volatile("mov %%fs, %0" : "=r"(now.fs));
	asm volatile("mov %%gs, %0" : "=r"(now.gs));
	asm volatile("mov %%ss, %0" : "=r"(now.ss));
	asm volatile("mov %%cs, %0" : "=r"(now.cs));
	return now;
}

/*
 * An interrupt clears the RPL of a null selector on its way back to user mode
 * (SDM, IRET to an outer privilege level), natively as well, and no twin knows
 * whether there was an interrupt.
 */
static uint16_t without_rpl_of_null(uint16_t selector)
{
	return selector > 3 ? selector : 0;
}

static void selectors_note(void)
{
	struct selectors now = selectors();

	note("ds", without_rpl_of_null(now.ds));
	note("es", without_rpl_of_null(now.es));
	note("fs", without_rpl_of_null(now.fs));
	note("gs", without_rpl_of_null(now.gs));
	note("ss", now.ss);
	note("cs", now.cs);
}

/* FS is not among them, since the C library uses it. */
static void load_selectors(uint16_t selector)
{
	asm volatile("mov %0, %%ds\n\t"
		     "mov %0, %%es\n\t"
		     "mov %0, %%gs" : : "r"(selector));
}

/* The selectors outlive entries into the kernel, and preemption. */
static void kept(const void *arg)
{
	uint16_t selector = *(const uint16_t *)arg;
	volatile char *unmapped = (char *)64;
	pid_t hog;

	fault_catch();
	pin(current_cpu());
	hog = hog_start(current_cpu());
	load_selectors(selector);
	getppid();
	fault_of_read(unmapped);
	burn(8 * NSEC_PER_MSEC);
	sched_yield();
	selectors_note();
	load_selectors(0);
	hog_stop(hog);
	note("cs in handler", (uint16_t)fault.gregs[REG_CSGSFS]);
}

/* One function loads FS, looks at it, and restores it. */
static void fs_selector(const void *arg)
{
	uint16_t selector = *(const uint16_t *)arg, seen;
	uint64_t old, base = 0;

	raw_syscall(SYS_arch_prctl, ARCH_GET_FS, (long)&old, 0);
	asm volatile("mov %0, %%fs" : : "r"(selector));
	raw_syscall(SYS_sched_yield, 0, 0, 0);
	asm volatile("mov %%fs, %0" : "=r"(seen));
	raw_syscall(SYS_arch_prctl, ARCH_GET_FS, (long)&base, 0);
	raw_syscall(SYS_arch_prctl, ARCH_SET_FS, old, 0);
	note("fs", without_rpl_of_null(seen));
	note("base", base);
}

/* Which selectors can be loaded at all. */
static void loadable(const void *arg)
{
	const char *load = arg;		/* MOV sreg, EDI */
	struct snippet snippet = snippet_load(load, 2);
	struct regs regs = regs_pattern(1);
	uint64_t base = 0;

	fault_catch();
	fault_resume = snippet.ret;
	for (unsigned int selector = 0; selector < 0x100; selector++) {
		fault.signo = 0;
		fault.gregs[REG_ERR] = 0;
		regs.rdi = selector;
		regs_call(&regs, snippet.start);
		note("signo", fault.signo);
		note("err", fault.gregs[REG_ERR]);
		selectors_note();
		raw_syscall(SYS_arch_prctl, ARCH_GET_GS, (long)&base, 0);
		note("gs base", base);
	}
}

/* LAR, LSL, VERR and VERW say what the descriptors are. */
static void descriptors(const void *arg)
{
	(void)arg;
	pin(0);
	for (uint32_t selector = 0; selector < 0x200; selector++) {
		uint64_t limit = 0, rights = 0;
		bool lsl, lar, verr, verw;

		asm volatile("lsl %2, %1" : "=@ccz"(lsl), "+r"(limit)
			     : "r"((uint64_t)selector));
		asm volatile("lar %2, %1" : "=@ccz"(lar), "+r"(rights)
			     : "r"((uint64_t)selector));
		asm volatile("verr %w1" : "=@ccz"(verr) : "r"(selector));
		asm volatile("verw %w1" : "=@ccz"(verw) : "r"(selector));
		note("which", lsl | lar << 1 | verr << 2 | verw << 3);
		note("limit", limit);
		/* The accessed bit may be set at any time. */
		note("rights", rights & ~0x100UL);
	}
}

/* Install a data segment of the thread's own with the base @base. */
static struct user_desc data_segment(unsigned int entry, const void *base)
{
	return (struct user_desc){
		.entry_number = entry, .base_addr = (uintptr_t)base,
		.limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
		.useable = 1,
	};
}

static uint32_t load_by_gs(uint16_t selector)
{
	uint32_t value;

	asm volatile("mov %1, %%gs\n\tmov %%gs:0, %0"
		     : "=r"(value) : "r"(selector));
	return value;
}

/* There is no such call for 64-bit programs; they may make 32-bit ones. */
static long int80(long nr, uintptr_t first)
{
	int result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(nr), "b"(first) : "memory");
	return result;
}

static void thread_area(const void *arg)
{
	static const uint32_t data = 0xfeed;
	static struct user_desc desc;	/* below 4 GiB */
	uint16_t selector;
	uint64_t base;

	long error;

	(void)arg;
	desc = data_segment(-1, &data);
	error = int80(INT80_SET_THREAD_AREA, (uintptr_t)&desc);
	if (error)
		test_skip("set_thread_area: %s", strerror(-error));
	selector = GDT_SELECTOR(desc.entry_number);
	CHECK_EQ(load_by_gs(selector), data);
	sched_yield();
	burn(6 * NSEC_PER_MSEC);
	CHECK_EQ(selectors().gs, selector);
	raw_syscall(SYS_arch_prctl, ARCH_GET_GS, (long)&base, 0);
	CHECK_EQ(base, (uintptr_t)&data);
	note("entry", desc.entry_number);
	load_selectors(selector);
	getppid();
	selectors_note();
	load_selectors(0);
}

static void ldt(const void *arg)
{
	static const uint32_t data = 0xbeef;
	struct user_desc desc = data_segment(2, &data);

	(void)arg;
	if (syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
		test_skip("modify_ldt: %s", strerror(errno));
	CHECK_EQ(load_by_gs(LDT_SELECTOR(2)), data);
	getppid();
	CHECK_EQ(selectors().gs, LDT_SELECTOR(2));
	load_selectors(0);
	fault_catch();
	descriptors(NULL);
	if (test_in_context)
		CHECK_GE(ctx_stats().native[VCTX_NATIVE_SEGMENT], 1ULL);
}

/* 32-bit code in a 64-bit program. */

static struct vctx_stats compat_stats(void)
{
	struct vctx_stats none = { 0 };

	return test_in_context ? ctx_stats() : none;
}

static void compat(const void *arg)
{
	struct vctx_stats before = compat_stats(), after;

	CHECK_EQ(compat_call(arg, 40), arg == compat_nop ? 42U : 41U);
	/* The code is in the guest when it makes the call. */
	CHECK_EQ(compat_call(compat_syscall, 0), getuid() + 1U);
	after = compat_stats();
	CHECK_EQ(after.native[VCTX_NATIVE_COMPAT], before.native[VCTX_NATIVE_COMPAT]);
	if (test_in_context)
		CHECK_GE(after.exits[VCTX_EXIT_SYSCALL] - before.exits[VCTX_EXIT_SYSCALL], 3ULL);
}

static void on_compat(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	note("signo", signo);
	note("code", info->si_code);
	note("addr", (uintptr_t)info->si_addr);
	note("rip", gregs[REG_RIP]);
	note("rsp", gregs[REG_RSP]);
	note("csgsfs", gregs[REG_CSGSFS]);
	gregs[REG_RIP] += 2;		/* UD2, MOV: two bytes each */
}

static void compat_faults(const void *arg)
{
	struct sigaction action = {
		.sa_sigaction = on_compat, .sa_flags = SA_SIGINFO,
	};

	(void)arg;
	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(compat_call(compat_ud2, 40), 41U);
	CHECK_EQ(compat_call(compat_fault, 40), 41U);
}

static volatile int ticks;

static void on_tick(int signo)
{
	(void)signo;
	ticks++;
}

/* Interrupts and signals while the code is 32 bits wide. */
static void compat_hot_loop(const void *arg)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct itimerval never = { 0 };

	(void)arg;
	signal(SIGALRM, on_tick);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (int i = 0; i < 1000 && ticks < 5; i++)
		CHECK_EQ(compat_call(compat_loop, 100000), 100000U);
	CHECK_EQ(compat_stats().native[VCTX_NATIVE_COMPAT], 0ULL);
	CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	CHECK_GE(ticks, 5);
}

static void iret(const void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < 100; i++)
		CHECK_EQ(iret_self(i), i + 1);
}

/* Far jumps to where a process must not go. */
static void far_jump(const void *arg)
{
	struct { uint32_t offset; uint16_t selector; } __attribute__((packed))
		target = { 0x1000, *(const uint16_t *)arg };
	struct snippet snippet = snippet_load("\xff\x2f", 2);	/* ljmp (rdi) */
	struct regs regs = regs_pattern(1);

	fault_catch();
	fault_resume = snippet.ret;
	regs.rdi = (uintptr_t)&target;
	regs_call(&regs, snippet.start);
	CHECK_EQ(fault.signo, SIGSEGV);
	fault_note();
}

#define SELECTOR(value)	(&(const uint16_t){ value })

static const struct test tests[] = {
	{ "kept_0", kept, SELECTOR(0), T_TWIN },
	{ "kept_1", kept, SELECTOR(1), T_TWIN },
	{ "kept_3", kept, SELECTOR(3), T_TWIN },
	{ "kept_0x2b", kept, SELECTOR(0x2b), T_TWIN },
	{ "fs_0", fs_selector, SELECTOR(0), T_TWIN },
	{ "fs_3", fs_selector, SELECTOR(3), T_TWIN },
	{ "fs_0x2b", fs_selector, SELECTOR(0x2b), T_TWIN },
	{ "loadable_ds", loadable, "\x8e\xdf", T_TWIN },
	{ "loadable_es", loadable, "\x8e\xc7", T_TWIN },
	{ "loadable_gs", loadable, "\x8e\xef", T_TWIN },
	{ "loadable_ss", loadable, "\x8e\xd7", T_TWIN },
	{ "descriptors", descriptors, NULL, T_TWIN },
	{ "thread_area", thread_area, NULL, T_TWIN },
	{ "ldt", ldt, NULL, T_TWIN },
	{ "compat", compat, compat_nop, 0 },
	{ "compat_return", compat, compat_return, 0 },
	{ "compat_faults", compat_faults, NULL, T_TWIN },
	{ "compat_hot_loop", compat_hot_loop, NULL, 0 },
	{ "iret", iret, NULL, 0 },
	{ "far_jump_null", far_jump, SELECTOR(0), T_TWIN },
	{ "far_jump_kernel", far_jump, SELECTOR(0x10), T_TWIN },
	{ "far_jump_data", far_jump, SELECTOR(0x2b), T_TWIN },
	{ "far_jump_tss", far_jump, SELECTOR(0x43), T_TWIN },
	{ "far_jump_ldt", far_jump, SELECTOR(0x7), T_TWIN },
};

TEST_MAIN(tests)
