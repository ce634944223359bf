/* SPDX-License-Identifier: MIT */
/* Made by uapi/generate from uapi/vcontext.yaml: change that, not this. */
#ifndef UNAVAILABLE_H
#define UNAVAILABLE_H

#include <errno.h>
#include <linux/vcontext.h>

static const int unavailable_errnos[] = {
	[VCTX_AVAILABLE]			= 0,
	[VCTX_UNAVAILABLE_NO_HW]		= ENODEV,
	[VCTX_UNAVAILABLE_FIRMWARE]		= ENODEV,
	[VCTX_UNAVAILABLE_FEATURE]		= ENODEV,
	[VCTX_UNAVAILABLE_BUSY]			= EBUSY,
	[VCTX_UNAVAILABLE_FAILED]		= EIO,
	[VCTX_UNAVAILABLE_ENCRYPTED]		= ENODEV,
	[VCTX_UNAVAILABLE_SNP]			= ENODEV,
	[VCTX_UNAVAILABLE_ASYNC_FAULT]		= ENODEV,
	[VCTX_UNAVAILABLE_POLICY]		= ENOSPC,
	[VCTX_UNAVAILABLE_MACHINE_LIMIT]	= ENOSPC,
	[VCTX_UNAVAILABLE_USER_LIMIT]		= EDQUOT,
	[VCTX_UNAVAILABLE_MEMORY]		= ENOMEM,
	[VCTX_UNAVAILABLE_PRIVILEGE]		= EPERM,
	[VCTX_UNAVAILABLE_TICK]			= ERANGE,
	[VCTX_UNAVAILABLE_TICK_BOUND]		= ERANGE,
	[VCTX_UNAVAILABLE_STRICT]		= ENOEXEC,
	[VCTX_UNAVAILABLE_ENTERED]		= EALREADY,
	[VCTX_UNAVAILABLE_ARGUMENT]		= EOPNOTSUPP,
	[VCTX_UNAVAILABLE_NESTED]		= ENODEV,
};

/* What is said of VCTX_UNAVAILABLE_STRICT, by enum vctx_native_reason. */
#define STRICT(reason) \
	"strict, and the thread would run natively: " reason
static const char *const strict_reasons[] = {
	[VCTX_NATIVE_SYSCALL]		= STRICT("a system call is to be made"),
	[VCTX_NATIVE_PAGE_FAULT]	= STRICT("a page fault is to be handled"),
	[VCTX_NATIVE_EXCEPTION]		= STRICT("another exception is to be raised"),
	[VCTX_NATIVE_INSTRUCTION]	= STRICT("an instruction that exits is to be executed"),
	[VCTX_NATIVE_WORK]		= STRICT("the kernel has work: scheduling, signals"),
	[VCTX_NATIVE_STEP]		= STRICT("single step (RFLAGS.TF)"),
	[VCTX_NATIVE_BREAKPOINT]	= STRICT("hardware breakpoints or watchpoints are active"),
	[VCTX_NATIVE_COMPAT]		= STRICT("a code segment of the program's own"),
	[VCTX_NATIVE_SEGMENT]		= STRICT("an LDT or an unusual stack segment"),
	[VCTX_NATIVE_ADDRESS]		= STRICT("an instruction pointer outside user space"),
	[VCTX_NATIVE_SHSTK]		= STRICT("a user shadow stack"),
	[VCTX_NATIVE_CPU]		= STRICT("this CPU is not enabled"),
	[VCTX_NATIVE_MEMORY]		= STRICT("no memory for a child's context or the identity map"),
	[VCTX_NATIVE_IOPORT]		= STRICT("ioperm() or iopl() is in force"),
	[VCTX_NATIVE_FAILURE]		= STRICT("the processor refused a VM entry"),
	[VCTX_NATIVE_INTERRUPT]		= STRICT("an interrupt is to be taken"),
	[VCTX_NATIVE_POLICY]		= STRICT("no context for a child, since a limit is reached"),
	[VCTX_NATIVE_NMI]		= STRICT("NMIs have come, with which perf may sample"),
	[VCTX_NATIVE_BUS_LOCK]		= STRICT("the thread has locked the bus"),
	[VCTX_NATIVE_ADAPTIVE]		= STRICT("adaptive, and not found computing yet"),
};

#endif /* UNAVAILABLE_H */
