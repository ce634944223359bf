// SPDX-License-Identifier: MIT
/*
 * Statistics of a context, and the names of what they count.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "device.h"
#include "vctx.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

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
static_assert(ARRAY_SIZE(exit_names) == VCTX_NR_EXITS, "name each exit kind");

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
};
static_assert(ARRAY_SIZE(native_names) == VCTX_NR_NATIVE, "name each reason");

static const char *const held_names[] = {
	[VCTX_HELD_TIMER]		= "timer",
	[VCTX_HELD_RESCHEDULE]		= "reschedule",
	[VCTX_HELD_CALL_FUNCTION]	= "call_function",
	[VCTX_HELD_DEVICE]		= "device",
	[VCTX_HELD_NMI]			= "nmi",
};
static_assert(ARRAY_SIZE(held_names) == VCTX_NR_HELD, "name each interrupt");

int vctx_stats(struct vctx_stats *stats)
{
	if (!stats)
		return -EINVAL;
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->scope = VCTX_SCOPE_THREAD;
	return vctx_device_ioctl(VCTX_IOC_STATS, stats);
}

const char *vctx_exit_name(unsigned int kind)
{
	return kind < ARRAY_SIZE(exit_names) ? exit_names[kind] : NULL;
}

const char *vctx_native_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(native_names) ? native_names[reason] : NULL;
}

const char *vctx_held_name(unsigned int interrupt)
{
	return interrupt < ARRAY_SIZE(held_names) ? held_names[interrupt] : NULL;
}
