/* SPDX-License-Identifier: MIT */
/* Made by uapi/generate from uapi/vcontext.yaml: change that, not this. */
#ifndef NAMES_H
#define NAMES_H

#include <errno.h>
#include <linux/vcontext.h>

static const char *const exit_names[] = {
	[VCTX_EXIT_INTERRUPT]		= "interrupt",
	[VCTX_EXIT_SYSCALL]		= "syscall",
	[VCTX_EXIT_PAGE_FAULT]		= "page_fault",
	[VCTX_EXIT_EXCEPTION]		= "exception",
	[VCTX_EXIT_CPUID]		= "cpuid",
	[VCTX_EXIT_NESTED_FAULT]	= "nested_fault",
	[VCTX_EXIT_NMI]			= "nmi",
	[VCTX_EXIT_OTHER]		= "other",
};

static const char *const native_names[] = {
	[VCTX_NATIVE_SYSCALL]		= "syscall",
	[VCTX_NATIVE_PAGE_FAULT]	= "page_fault",
	[VCTX_NATIVE_EXCEPTION]		= "exception",
	[VCTX_NATIVE_INSTRUCTION]	= "instruction",
	[VCTX_NATIVE_WORK]		= "work",
	[VCTX_NATIVE_STEP]		= "step",
	[VCTX_NATIVE_BREAKPOINT]	= "breakpoint",
	[VCTX_NATIVE_COMPAT]		= "compat",
	[VCTX_NATIVE_SEGMENT]		= "segment",
	[VCTX_NATIVE_ADDRESS]		= "address",
	[VCTX_NATIVE_SHSTK]		= "shstk",
	[VCTX_NATIVE_CPU]		= "cpu",
	[VCTX_NATIVE_MEMORY]		= "memory",
	[VCTX_NATIVE_IOPORT]		= "ioport",
	[VCTX_NATIVE_FAILURE]		= "failure",
	[VCTX_NATIVE_INTERRUPT]		= "interrupt",
	[VCTX_NATIVE_POLICY]		= "policy",
	[VCTX_NATIVE_NMI]		= "nmi",
	[VCTX_NATIVE_BUS_LOCK]		= "bus_lock",
	[VCTX_NATIVE_ADAPTIVE]		= "adaptive",
};

static const char *const held_names[] = {
	[VCTX_HELD_TIMER]		= "timer",
	[VCTX_HELD_RESCHEDULE]		= "reschedule",
	[VCTX_HELD_CALL_FUNCTION]	= "call_function",
	[VCTX_HELD_DEVICE]		= "device",
	[VCTX_HELD_NMI]			= "nmi",
};

static const char *const unavailable_names[] = {
	[VCTX_AVAILABLE]			= "available",
	[VCTX_UNAVAILABLE_NO_HW]		= "no_hw",
	[VCTX_UNAVAILABLE_FIRMWARE]		= "firmware",
	[VCTX_UNAVAILABLE_FEATURE]		= "feature",
	[VCTX_UNAVAILABLE_BUSY]			= "busy",
	[VCTX_UNAVAILABLE_FAILED]		= "failed",
	[VCTX_UNAVAILABLE_ENCRYPTED]		= "encrypted",
	[VCTX_UNAVAILABLE_SNP]			= "snp",
	[VCTX_UNAVAILABLE_ASYNC_FAULT]		= "async_fault",
	[VCTX_UNAVAILABLE_POLICY]		= "policy",
	[VCTX_UNAVAILABLE_MACHINE_LIMIT]	= "machine_limit",
	[VCTX_UNAVAILABLE_USER_LIMIT]		= "user_limit",
	[VCTX_UNAVAILABLE_MEMORY]		= "memory",
	[VCTX_UNAVAILABLE_PRIVILEGE]		= "privilege",
	[VCTX_UNAVAILABLE_TICK]			= "tick",
	[VCTX_UNAVAILABLE_TICK_BOUND]		= "tick_bound",
	[VCTX_UNAVAILABLE_STRICT]		= "strict",
	[VCTX_UNAVAILABLE_ENTERED]		= "entered",
	[VCTX_UNAVAILABLE_ARGUMENT]		= "argument",
	[VCTX_UNAVAILABLE_NESTED]		= "nested",
};

#endif /* NAMES_H */
