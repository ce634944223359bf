// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>

#include "context.h"
#include "filter.h"
#include "cpu.h"

/**
 * vctx_filter_state - what the thread of a context does
 * @ctx: found in an RCU read section
 */
enum vctx_context_state vctx_filter_state(const struct vctx_context *ctx)
{
	struct task_struct *task = ctx->task;
	unsigned int state = READ_ONCE(task->__state);

	if (READ_ONCE(ctx->evicted))
		return VCTX_CONTEXT_LEAVING;
	if (vctx_cpu_stay_ns(per_cpu(vctx_cpu, task_cpu(task)), ctx))
		return VCTX_CONTEXT_GUEST;
	if (READ_ONCE(task->on_cpu))
		return VCTX_CONTEXT_NATIVE;
	if (state & (__TASK_STOPPED | __TASK_TRACED))
		return VCTX_CONTEXT_STOPPED;
	return state == TASK_RUNNING ? VCTX_CONTEXT_READY : VCTX_CONTEXT_SLEEPING;
}

static bool descends(const struct task_struct *task, u32 tree,
		     struct pid_namespace *ns)
{
	/* execve() of another thread may change the leader, and its number. */
	for (task = READ_ONCE(task->group_leader); READ_ONCE(task->pid);
	     task = READ_ONCE(rcu_dereference(task->real_parent)->group_leader))
		if (task_tgid_nr_ns((struct task_struct *)task, ns) == tree)
			return true;
	return false;
}

/**
 * vctx_filter_matches - whether a filter lets a context through
 * @filter: the filter
 * @ctx: found in an RCU read section
 */
bool vctx_filter_matches(const struct vctx_filter *filter,
			 const struct vctx_context *ctx)
{
	struct task_struct *task = ctx->task;
	pid_t tid = task_pid_nr_ns(task, filter->ns);

	return tid &&
	       (!filter->id || filter->id == vctx_context_id(ctx)) &&
	       (!filter->tid || filter->tid == tid) &&
	       (!filter->pid ||
		filter->pid == task_tgid_nr_ns(task, filter->ns)) &&
	       (!filter->has_uid || uid_eq(filter->uid, task_uid(task))) &&
	       (!filter->has_cpu || filter->cpu == task_cpu(task)) &&
	       (!filter->comm[0] ||
		!strncmp(filter->comm, task->comm, TASK_COMM_LEN)) &&
	       (!filter->has_state || filter->state == vctx_filter_state(ctx)) &&
	       (!filter->tree || descends(task, filter->tree, filter->ns));
}
