/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_FILTER_H
#define VCTX_FILTER_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/vcontext_netlink.h>

struct pid_namespace;
struct vctx_context;

/**
 * struct vctx_filter - which contexts are meant
 * @ns:		the threads must have a number in this namespace
 * @id:		the context with this ID
 * @tid:	that of the thread with this number
 * @pid:	those of the process with this number
 * @tree:	those of the process with this number, and of its descendants
 * @has_uid:	@uid is compared
 * @has_cpu:	@cpu is compared
 * @has_state:	@state is compared
 * @uid:	those of this user
 * @cpu:	those whose threads are on this CPU
 * @state:	those whose threads are in this state, an enum vctx_context_state
 * @comm:	those whose threads have this name
 *
 * A context must fit all members; one that is 0, false or empty fits any context.
 */
struct vctx_filter {
	struct pid_namespace *ns;
	u32 id;
	u32 tid;
	u32 pid;
	u32 tree;
	bool has_uid;
	bool has_cpu;
	bool has_state;
	kuid_t uid;
	u32 cpu;
	u32 state;
	char comm[TASK_COMM_LEN];
};

bool vctx_filter_matches(const struct vctx_filter *filter,
			 const struct vctx_context *ctx);
enum vctx_context_state vctx_filter_state(const struct vctx_context *ctx);

#endif /* VCTX_FILTER_H */
