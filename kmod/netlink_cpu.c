// SPDX-License-Identifier: GPL-2.0-only
/* VCTX_CMD_CPU_GET: one CPU, or all. */
#include <linux/cpu.h>
#include <linux/pid_namespace.h>
#include <linux/tick.h>

#include "context.h"
#include "cpu.h"
#include "netlink_command.h"
#include "netlink_message.h"
#include "policy.h"
#include "power.h"
#include "tick.h"
#include "tick_kick.h"

/* The thread on a CPU, if the caller sees it. */
static int put_cpu_context(struct sk_buff *skb, const struct vctx_cpu *run,
			   int cpu)
{
	const struct vctx_context *ctx = READ_ONCE(run->ctx);
	pid_t tid;
	u64 stay_ns;

	if (!ctx)
		return 0;
	tid = task_pid_nr_ns(ctx->task, task_active_pid_ns(current));
	if (!tid)
		return 0;
	if (nla_put_u32(skb, VCTX_A_CPU_CONTEXT, vctx_context_id(ctx)) ||
	    nla_put_u32(skb, VCTX_A_CPU_TID, tid) ||
	    vctx_netlink_put_comm(skb, VCTX_A_CPU_COMM, ctx->task))
		return -EMSGSIZE;
	stay_ns = vctx_cpu_stay_ns(run, ctx);
	if (stay_ns && vctx_netlink_put_u64(skb, VCTX_A_CPU_STAY_NS, stay_ns))
		return -EMSGSIZE;
	if (vctx_tick_kick_is_armed(cpu) && nla_put_flag(skb, VCTX_A_CPU_TICK_HELD))
		return -EMSGSIZE;
	return 0;
}

static int put_one_cpu(struct sk_buff *skb, int cpu)
{
	int ret;

	if (nla_put_u32(skb, VCTX_A_CPU_CPU, cpu) ||
	    nla_put_u32(skb, VCTX_A_CPU_STATE, vctx_power_cpu_state(cpu)) ||
	    nla_put_u32(skb, VCTX_A_CPU_OWNER, vctx_power_cpu_owner(cpu)))
		return -EMSGSIZE;
	rcu_read_lock();
	ret = put_cpu_context(skb, per_cpu(vctx_cpu, cpu), cpu);
	rcu_read_unlock();
	if (ret)
		return ret;
	if (vctx_tick_available() &&
	    cpumask_test_cpu(cpu, &vctx_policy.tick_cpus) &&
	    nla_put_flag(skb, VCTX_A_CPU_TICK_ALLOWED))
		return -EMSGSIZE;
	if (tick_nohz_full_cpu(cpu) && nla_put_flag(skb, VCTX_A_CPU_NOHZ_FULL))
		return -EMSGSIZE;
	return 0;
}

int vctx_netlink_cpu_get(struct sk_buff *request, struct genl_info *info)
{
	u32 cpu = vctx_netlink_get_u32(info->attrs, VCTX_A_CPU_CPU);
	struct sk_buff *skb;
	void *header;

	if (!info->attrs[VCTX_A_CPU_CPU]) {
		GENL_SET_ERR_MSG(info, "a CPU's number is missing");
		return -EINVAL;
	}
	if (cpu >= nr_cpu_ids || !cpu_online(cpu)) {
		GENL_SET_ERR_MSG(info, "no such CPU is online");
		return -ENOENT;
	}
	skb = vctx_netlink_reply_begin(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	return vctx_netlink_reply_end(info, skb, header, put_one_cpu(skb, cpu));
}

static bool dump_cpu(struct sk_buff *skb, struct netlink_callback *cb, int cpu)
{
	void *header = vctx_netlink_part_begin(skb, cb, VCTX_CMD_CPU_GET);

	if (!header)
		return false;
	return vctx_netlink_part_end(skb, header, put_one_cpu(skb, cpu));
}

int vctx_netlink_cpu_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vctx_netlink_dump *dump = vctx_netlink_dump_of(cb);

	for (; dump->next < nr_cpu_ids; dump->next++)
		if (cpu_online(dump->next) && !dump_cpu(skb, cb, dump->next))
			break;
	return skb->len;
}
