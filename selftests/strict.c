// SPDX-License-Identifier: GPL-2.0-only
/*
 * What keeps a thread out of guest mode is a reason to fail with VCTX_ENTER_STRICT,
 * and a reason that is counted without it.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

#define LDT_SELECTOR	7

#define INT80_IOCTL	54

#define STRICT		VCTX_ENTER_STRICT

uint32_t compat_call(const void *code32, uint32_t value);
extern const char compat_int80[];

static void expect_native(enum vctx_native_reason reason)
{
	for (int i = 0; i < 10; i++)
		getppid();
	CHECK_GE(ctx_stats().native[reason], 1ULL);
}

/* A strict enter fails and leaves nothing behind; any other counts the reason. */
static void refused(enum vctx_native_reason reason)
{
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ctx_refused(STRICT, 0, -ENOEXEC,
				     VCTX_UNAVAILABLE_STRICT),
			 (uint32_t)reason);
	}
	CHECK_EQ(ctx_tally().contexts, 0ULL);
	ctx_enter(0);
	expect_native(reason);
}

static void nothing_unusual(const void *arg)
{
	struct vctx_stats stats;

	(void)arg;
	ctx_enter(STRICT | CTX_ALL);
	burn(5 * NSEC_PER_MSEC);
	stats = ctx_stats();
	CHECK_EQ(stats.native[VCTX_NATIVE_STEP], 0ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_BREAKPOINT], 0ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_COMPAT], 0ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_SEGMENT], 0ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_SHSTK], 0ULL);
	CHECK_EQ(stats.native[VCTX_NATIVE_CPU], 0ULL);
}

static void load_gs(uint16_t selector)
{
	asm volatile("mov %0, %%gs" : : "r"(selector));
}

static void ldt(const void *arg)
{
	struct user_desc desc = {
		.entry_number = 0, .base_addr = 4096, .limit = 0xfff,
		.seg_32bit = 1, .useable = 1,
	};

	(void)arg;
	if (syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
		test_skip("modify_ldt: %s", strerror(errno));
	load_gs(LDT_SELECTOR);
	refused(VCTX_NATIVE_SEGMENT);
	load_gs(0);
}

/* A tracer sets a watchpoint on the child. */
static volatile int watched;

static void with_watchpoint(const void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	pid = fork();
	if (!pid) {
		CHECK_EQ(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
		raise(SIGSTOP);
		refused(VCTX_NATIVE_BREAKPOINT);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user,
						       u_debugreg[0]),
			&watched), 0);
	CHECK_EQ(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user,
						       u_debugreg[7]),
			0xd0001), 0);
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, NULL, 0L), 0);
	CHECK_EQ(wait_exit(pid), 0);
}

/* Calls with arguments below 4 GiB, as 32-bit calls take them. */
static struct vctx_enter enter_low;

static void on_step(int signo)
{
	(void)signo;
}

/*
 * TF is set.  The call is by INT 0x80, since an emulator has trouble with a single
 * step across SYSCALL even natively.
 */
static int enter_stepping(uint64_t flags)
{
	struct snippet snippet = snippet_load("\xcd\x80", 2);
	struct regs regs = regs_pattern(1);

	enter_low = (struct vctx_enter){
		.size = sizeof(enter_low), .flags = flags,
	};
	regs.rax = INT80_IOCTL;
	regs.rbx = test_fd;
	regs.rcx = VCTX_IOC_ENTER;
	regs.rdx = (uintptr_t)&enter_low;
	regs.rflags |= RFLAGS_TF;
	regs_call(&regs, snippet.start);
	return (int)regs.rax;
}

static void step(const void *arg)
{
	(void)arg;
	signal(SIGTRAP, on_step);
	CHECK_EQ(enter_stepping(STRICT), -ENOEXEC);
	CHECK_EQ(enter_low.why, (uint32_t)VCTX_UNAVAILABLE_STRICT);
	CHECK_EQ(enter_low.native, (uint32_t)VCTX_NATIVE_STEP);
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	CHECK_EQ(enter_stepping(0), 0);
	expect_native(VCTX_NATIVE_STEP);
}

/* A call out of 32-bit code. */
static int enter_compat(uint64_t flags)
{
	static uint32_t call[4];

	enter_low = (struct vctx_enter){
		.size = sizeof(enter_low), .flags = flags,
	};
	call[0] = INT80_IOCTL;
	call[1] = test_fd;
	call[2] = VCTX_IOC_ENTER;
	call[3] = (uintptr_t)&enter_low;
	return compat_call(compat_int80, (uintptr_t)call);
}

static void compat(const void *arg)
{
	(void)arg;
	CHECK_EQ(enter_compat(STRICT), 0);
	burn(5 * NSEC_PER_MSEC);
	CHECK_EQ(ctx_stats().native[VCTX_NATIVE_COMPAT], 0ULL);
}

#define NATIVE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }

static const struct test tests[] = {
	{ "nothing_unusual", nothing_unusual, NULL, T_DEVICE | T_SELF },
	{ "compat", compat, NULL, T_DEVICE | T_SELF },
	NATIVE(ldt),
	NATIVE(with_watchpoint),
	NATIVE(step),
};

TEST_MAIN(tests)
