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
 * @ns:		those whose threads have a number in it, and
 * @id:		this one
 * @tid:	of this thread
 * @pid:	of this process
 * @tree:	of this process and what descends from it
 * @has_uid, @uid: of this user
 * @has_cpu, @cpu: on this CPU
 * @has_state, @state: in this state
 * @comm:	of this name
 *
 * What is 0, false or empty fits all.
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
