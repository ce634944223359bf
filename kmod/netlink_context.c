// SPDX-License-Identifier: GPL-2.0-only
/* VCTX_CMD_CONTEXT_GET: one context, or all that a filter names. */
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "bell.h"
#include "context.h"
#include "cpu.h"
#include "filter.h"
#include "netlink_command.h"
#include "netlink_message.h"
#include "stats.h"
#include "tick_kick.h"

static int put_counters(struct sk_buff *skb, int type, const u64 *counters, int n)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (counters[i] &&
		    vctx_netlink_put_u64(skb, VCTX_A_COUNTER(i), counters[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_stats(struct sk_buff *skb, struct vctx_context *ctx, u64 stay_ns)
{
	struct vctx_stats stats = { };

	if (!vctx_stats_read(ctx, &stats))
		return -ENOENT;
	stats.guest_ns += stay_ns;
	stats.native_ns -= min(stay_ns, stats.native_ns);
	if (vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_ENTRIES, stats.entries) ||
	    put_counters(skb, VCTX_A_CONTEXT_EXITS, stats.exits,
			 VCTX_NR_EXITS) ||
	    put_counters(skb, VCTX_A_CONTEXT_NATIVE, stats.native,
			 VCTX_NR_NATIVE) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_GUEST_NS, stats.guest_ns) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_NATIVE_NS,
				 stats.native_ns) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_TLB_FLUSHES,
				 stats.tlb_flushes) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_TICKS_HELD,
				 stats.ticks_held) ||
	    put_counters(skb, VCTX_A_CONTEXT_HELD, stats.held, VCTX_NR_HELD) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_LONGEST_NS,
				 stats.longest_ns))
		return -EMSGSIZE;
	return 0;
}

/* The thread may close its bell at any time: RCU keeps it. */
static int put_bell(struct sk_buff *skb, struct vctx_receiver *receiver)
{
	struct vctx_bell_stats stats;
	u64 counters[VCTX_NR_BELL_COUNTS];

	if (!receiver)
		return 0;
	vctx_bell_read(receiver, &stats);
	counters[VCTX_BELL_COUNT_RUNG] = stats.rung;
	counters[VCTX_BELL_COUNT_MERGED] = stats.merged;
	counters[VCTX_BELL_COUNT_KICKED] = stats.kicked;
	counters[VCTX_BELL_COUNT_DELIVERED] = stats.delivered;
	return put_counters(skb, VCTX_A_CONTEXT_BELL, counters, VCTX_NR_BELL_COUNTS);
}

/* Return: 0, -EMSGSIZE, or -ENOENT if the context has ended meanwhile. */
static int put_context(struct sk_buff *skb, struct vctx_context *ctx,
		       struct pid_namespace *ns)
{
	struct task_struct *task = ctx->task;
	int cpu = task_cpu(task);
	u64 stay_ns = vctx_cpu_stay_ns(per_cpu(vctx_cpu, cpu), ctx);
	uid_t uid = from_kuid_munged(current_user_ns(), task_uid(task));
	int ret;

	if (nla_put_u32(skb, VCTX_A_CONTEXT_ID, vctx_context_id(ctx)) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_TID, task_pid_nr_ns(task, ns)) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_PID, task_tgid_nr_ns(task, ns)) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_UID, uid) ||
	    vctx_netlink_put_comm(skb, VCTX_A_CONTEXT_COMM, task) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_CPU, cpu) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_STATE, vctx_filter_state(ctx)) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_AGE_NS,
				 ktime_get_mono_fast_ns() - ctx->entered) ||
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_FLAGS, ctx->flags) ||
	    nla_put_u32(skb, VCTX_A_CONTEXT_PAGING,
			ctx->nested ? VCTX_PAGING_NESTED : VCTX_PAGING_DIRECT))
		return -EMSGSIZE;
	ret = put_stats(skb, ctx, stay_ns);
	if (ret)
		return ret;
	if (ctx->flags & VCTX_ENTER_TICKLESS &&
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_TICK_BOUND_NS,
				 ctx->tick_bound))
		return -EMSGSIZE;
	if (stay_ns && vctx_tick_kick_is_armed(cpu) &&
	    nla_put_flag(skb, VCTX_A_CONTEXT_TICK_HELD))
		return -EMSGSIZE;
	if (READ_ONCE(ctx->fell_back_at) &&
	    nla_put_u32(skb, VCTX_A_CONTEXT_FELL_BACK,
			READ_ONCE(ctx->fell_back)))
		return -EMSGSIZE;
	return put_bell(skb, READ_ONCE(ctx->receiver));
}

static struct vctx_context *find(const struct vctx_filter *filter)
{
	struct vctx_context *ctx;

	vctx_context_for_each(ctx)
		if (vctx_filter_matches(filter, ctx))
			return ctx;
	return NULL;
}

int vctx_netlink_context_get(struct sk_buff *request, struct genl_info *info)
{
	struct vctx_filter filter = {
		.ns = task_active_pid_ns(current),
		.id = vctx_netlink_get_u32(info->attrs, VCTX_A_CONTEXT_ID),
		.tid = vctx_netlink_get_u32(info->attrs, VCTX_A_CONTEXT_TID),
	};
	struct vctx_context *ctx;
	struct sk_buff *skb;
	void *header;
	int ret = -ENOENT;

	if (!filter.id && !filter.tid) {
		GENL_SET_ERR_MSG(info, "a context's ID or a thread's number is missing");
		return -EINVAL;
	}
	skb = vctx_netlink_reply_begin(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	rcu_read_lock();
	ctx = find(&filter);
	if (ctx)
		ret = put_context(skb, ctx, filter.ns);
	rcu_read_unlock();
	if (ret == -ENOENT)
		GENL_SET_ERR_MSG(info, "there is no such context");
	return vctx_netlink_reply_end(info, skb, header, ret);
}

int vctx_netlink_context_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = vctx_compat_dump_attrs(cb);
	struct vctx_filter *filter = kzalloc(sizeof(*filter), GFP_KERNEL);

	if (!filter)
		return -ENOMEM;
	*filter = (struct vctx_filter) {
		.ns = get_pid_ns(task_active_pid_ns(current)),
		.tid = vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_TID),
		.pid = vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_PID),
		.tree = vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_TREE),
		.has_uid = attrs[VCTX_A_CONTEXT_UID],
		.uid = make_kuid(current_user_ns(),
				 vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_UID)),
		.has_cpu = attrs[VCTX_A_CONTEXT_CPU],
		.cpu = vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_CPU),
		.has_state = attrs[VCTX_A_CONTEXT_STATE],
		.state = vctx_netlink_get_u32(attrs, VCTX_A_CONTEXT_STATE),
	};
	if (attrs[VCTX_A_CONTEXT_COMM])
		nla_strscpy(filter->comm, attrs[VCTX_A_CONTEXT_COMM],
			    sizeof(filter->comm));
	*vctx_netlink_dump_of(cb) = (struct vctx_netlink_dump) { .filter = filter };
	return 0;
}

int vctx_netlink_context_dump_done(struct netlink_callback *cb)
{
	struct vctx_filter *filter = vctx_netlink_dump_of(cb)->filter;

	if (filter)
		put_pid_ns(filter->ns);
	kfree(filter);
	return 0;
}

/* Return: false if the context does not fit into the message. */
static bool dump_context(struct sk_buff *skb, struct netlink_callback *cb,
			 struct vctx_context *ctx)
{
	void *header = vctx_netlink_part_begin(skb, cb, VCTX_CMD_CONTEXT_GET);
	int error;

	if (!header)
		return false;
	error = put_context(skb, ctx, vctx_netlink_dump_of(cb)->filter->ns);
	return vctx_netlink_part_end(skb, header, error) || error == -ENOENT;
}

int vctx_netlink_context_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vctx_netlink_dump *dump = vctx_netlink_dump_of(cb);
	struct vctx_context *ctx;

	rcu_read_lock();
	vctx_context_for_each(ctx) {
		if (ctx->serial < dump->next)
			continue;
		if (vctx_filter_matches(dump->filter, ctx) &&
		    !dump_context(skb, cb, ctx))
			break;
		dump->next = ctx->serial + 1;
	}
	rcu_read_unlock();
	return skb->len;
}
