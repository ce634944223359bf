/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace events, under events/vcontext/. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vcontext

#if !defined(VCTX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VCTX_TRACE_H

#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <linux/vcontext.h>

#include "trace_names.h"

#include "trace_enums.h"

/* A thread got a context, of its own or by inheritance. */
TRACE_EVENT(vctx_enter,
	TP_PROTO(struct task_struct *task),
	TP_ARGS(task),
	TP_STRUCT__entry(
		__field(pid_t, pid)
	),
	TP_fast_assign(
		__entry->pid = task->pid;
	),
	TP_printk("pid=%d", __entry->pid)
);

/* A thread has no context any more. */
TRACE_EVENT(vctx_leave,
	TP_PROTO(struct task_struct *task, u64 entries),
	TP_ARGS(task, entries),
	TP_STRUCT__entry(
		__field(pid_t, pid)
		__field(u64, entries)
	),
	TP_fast_assign(
		__entry->pid = task->pid;
		__entry->entries = entries;
	),
	TP_printk("pid=%d entries=%llu", __entry->pid, __entry->entries)
);

/*
 * The guest was left.  The instruction pointer is not in pt_regs yet; it is in
 * vctx_native, which follows if the kernel is to see the event.
 */
TRACE_EVENT(vctx_exit,
	TP_PROTO(enum vctx_exit_kind kind, u32 code),
	TP_ARGS(kind, code),
	TP_STRUCT__entry(
		__field(u32, kind)
		__field(u32, code)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->code = code;
	),
	TP_printk("kind=%s code=%#x",
		  __print_symbolic(__entry->kind, VCTX_TRACE_EXITS),
		  __entry->code)
);

/* User mode goes on natively. */
TRACE_EVENT(vctx_native,
	TP_PROTO(struct pt_regs *regs, enum vctx_native_reason reason),
	TP_ARGS(regs, reason),
	TP_STRUCT__entry(
		__field(u32, reason)
		__field(unsigned long, ip)
	),
	TP_fast_assign(
		__entry->reason = reason;
		__entry->ip = regs->ip;
	),
	TP_printk("reason=%s ip=%#lx",
		  __print_symbolic(__entry->reason, VCTX_TRACE_NATIVE),
		  __entry->ip)
);

/* This CPU was made to leave the guest, because an address space has changed. */
TRACE_EVENT(vctx_kick,
	TP_PROTO(const struct mm_struct *mm),
	TP_ARGS(mm),
	TP_STRUCT__entry(
		__field(u64, ctx_id)
	),
	TP_fast_assign(
		__entry->ctx_id = mm->context.ctx_id;
	),
	TP_printk("ctx_id=%llu", __entry->ctx_id)
);

/*
 * A virtual machine of KVM is about to run where a context has run.  The tags are a set of
 * TLB tags: those that have been flushed, since KVM may use them, too.
 */
TRACE_EVENT(vctx_handover,
	TP_PROTO(unsigned int tags),
	TP_ARGS(tags),
	TP_STRUCT__entry(
		__field(unsigned int, tags)
	),
	TP_fast_assign(
		__entry->tags = tags;
	),
	TP_printk("tags=%#x", __entry->tags)
);

/* Somebody rings the bell of a thread. */
TRACE_EVENT(vctx_ring,
	TP_PROTO(struct task_struct *task, unsigned int number),
	TP_ARGS(task, number),
	TP_STRUCT__entry(
		__field(pid_t, pid)
		__field(unsigned int, number)
	),
	TP_fast_assign(
		__entry->pid = task->pid;
		__entry->number = number;
	),
	TP_printk("pid=%d number=%u", __entry->pid, __entry->number)
);

/* A thread is interrupted, and goes on in the handler of its bell. */
TRACE_EVENT(vctx_deliver,
	TP_PROTO(const struct pt_regs *regs, const struct vctx_bell_area *area),
	TP_ARGS(regs, area),
	TP_STRUCT__entry(
		__field(u64, pending)
		__field(unsigned long, ip)
	),
	TP_fast_assign(
		__entry->pending = READ_ONCE(area->pending);
		__entry->ip = regs->ip;
	),
	TP_printk("pending=%#llx ip=%#lx", __entry->pending, __entry->ip)
);

#endif /* VCTX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
