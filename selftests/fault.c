// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

volatile struct fault fault;
const void *fault_resume;

static sigjmp_buf jump;
static volatile bool jump_set;

static const int fault_signals[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS,
};

static const char * const greg_names[NGREG] = {
#ifdef __i386__
	[REG_GS] = "gs", [REG_FS] = "fs", [REG_ES] = "es", [REG_DS] = "ds",
	[REG_EDI] = "edi", [REG_ESI] = "esi", [REG_EBP] = "ebp",
	[REG_ESP] = "esp", [REG_EBX] = "ebx", [REG_EDX] = "edx",
	[REG_ECX] = "ecx", [REG_EAX] = "eax", [REG_TRAPNO] = "trapno",
	[REG_ERR] = "err", [REG_EIP] = "eip", [REG_CS] = "cs",
	[REG_EFL] = "efl", [REG_UESP] = "uesp", [REG_SS] = "ss",
#else
	[REG_R8] = "r8", [REG_R9] = "r9", [REG_R10] = "r10", [REG_R11] = "r11",
	[REG_R12] = "r12", [REG_R13] = "r13", [REG_R14] = "r14",
	[REG_R15] = "r15", [REG_RDI] = "rdi", [REG_RSI] = "rsi",
	[REG_RBP] = "rbp", [REG_RBX] = "rbx", [REG_RDX] = "rdx",
	[REG_RAX] = "rax", [REG_RCX] = "rcx", [REG_RSP] = "rsp",
	[REG_RIP] = "rip", [REG_EFL] = "efl", [REG_CSGSFS] = "csgsfs",
	[REG_ERR] = "err", [REG_TRAPNO] = "trapno", [REG_OLDMASK] = "oldmask",
	[REG_CR2] = "cr2",
#endif
};

static void on_fault(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	/* Linux leaves AC set in a handler, and this code accesses memory unaligned. */
	asm volatile("pushf\n\t"
		     "and %0, (%%" R "sp)\n\t"
		     "popf" : : "r"(~(long)RFLAGS_AC) : "memory", "cc");
	fault.count++;
	fault.signo = signo;
	fault.code = info->si_code;
	fault.addr = (uintptr_t)info->si_addr;
	memcpy((void *)fault.gregs, uc->uc_mcontext.gregs, sizeof(fault.gregs));
	if (jump_set)
		siglongjmp(jump, 1);
	if (fault_resume)
		uc->uc_mcontext.gregs[REG_RIP] = (uintptr_t)fault_resume;
}

void fault_catch(void)
{
	static char stack[64 * 1024];
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	CHECK_EQ(sigaltstack(&alternate, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fault_signals); i++)
		CHECK_EQ(sigaction(fault_signals[i], &action, NULL), 0);
}

void fault_note(void)
{
	fault.gregs[REG_EFL] = test_flags(fault.gregs[REG_EFL]);
	note("faults", fault.count);
	note("signo", fault.signo);
	note("code", fault.code);
	note("addr", fault.addr);
	for (size_t i = 0; i < NGREG; i++)
		note(greg_names[i], fault.gregs[i]);
}

int fault_of(void (*fn)(void *arg), void *arg)
{
	int signo = 0;

	jump_set = true;
	if (sigsetjmp(jump, 1))
		signo = fault.signo;
	else
		fn(arg);
	jump_set = false;
	return signo;
}

static void read_byte(void *at)
{
	*(const volatile char *)at;
}

static void write_byte(void *at)
{
	*(volatile char *)at = 1;
}

int fault_of_read(const volatile void *at)
{
	return fault_of(read_byte, (void *)at);
}

int fault_of_write(volatile void *at)
{
	return fault_of(write_byte, (void *)at);
}
