/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by uapi/generate from uapi/vcontext.yaml: change that, not this. */
#ifndef VCTX_TRACE_NAMES_H
#define VCTX_TRACE_NAMES_H

#define VCTX_TRACE_EXITS				\
	{ VCTX_EXIT_INTERRUPT, "interrupt" },		\
	{ VCTX_EXIT_SYSCALL, "syscall" },		\
	{ VCTX_EXIT_PAGE_FAULT, "page_fault" },		\
	{ VCTX_EXIT_EXCEPTION, "exception" },		\
	{ VCTX_EXIT_CPUID, "cpuid" },			\
	{ VCTX_EXIT_NESTED_FAULT, "nested_fault" },	\
	{ VCTX_EXIT_NMI, "nmi" },			\
	{ VCTX_EXIT_OTHER, "other" }

#define VCTX_TRACE_NATIVE				\
	{ VCTX_NATIVE_SYSCALL, "syscall" },		\
	{ VCTX_NATIVE_PAGE_FAULT, "page_fault" },	\
	{ VCTX_NATIVE_EXCEPTION, "exception" },		\
	{ VCTX_NATIVE_INSTRUCTION, "instruction" },	\
	{ VCTX_NATIVE_WORK, "work" },			\
	{ VCTX_NATIVE_STEP, "step" },			\
	{ VCTX_NATIVE_BREAKPOINT, "breakpoint" },	\
	{ VCTX_NATIVE_COMPAT, "compat" },		\
	{ VCTX_NATIVE_SEGMENT, "segment" },		\
	{ VCTX_NATIVE_ADDRESS, "address" },		\
	{ VCTX_NATIVE_SHSTK, "shstk" },			\
	{ VCTX_NATIVE_CPU, "cpu" },			\
	{ VCTX_NATIVE_MEMORY, "memory" },		\
	{ VCTX_NATIVE_IOPORT, "ioport" },		\
	{ VCTX_NATIVE_FAILURE, "failure" },		\
	{ VCTX_NATIVE_INTERRUPT, "interrupt" },		\
	{ VCTX_NATIVE_POLICY, "policy" },		\
	{ VCTX_NATIVE_NMI, "nmi" },			\
	{ VCTX_NATIVE_BUS_LOCK, "bus_lock" },		\
	{ VCTX_NATIVE_ADAPTIVE, "adaptive" }

#endif /* VCTX_TRACE_NAMES_H */
