// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/tick.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "context.h"
#include "event.h"
#include "evict.h"
#include "filter.h"
#include "backend.h"
#include "info.h"
#include "netlink.h"
#include "policy.h"
#include "cpu.h"
#include "stats.h"
#include "tick.h"

/* A message for a reply, begun; NULL without memory. */
static struct sk_buff *begin_reply(struct genl_info *info, size_t size,
				   void **header)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put_reply(skb, info, &vctx_netlink_family, 0,
				    info->genlhdr->cmd);
	if (*header)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int end_reply(struct genl_info *info, struct sk_buff *skb, void *header,
		     int error)
{
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

static int may_change(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_NET_ADMIN) ||
	    netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	GENL_SET_ERR_MSG(info, "CAP_NET_ADMIN or CAP_SYS_ADMIN is needed");
	return -EPERM;
}

/* VCTX_CMD_MODULE_GET */

static int put_module(struct sk_buff *skb)
{
	struct vctx_info info;

	vctx_info_read(&info);
	if (nla_put_string(skb, VCTX_A_MODULE_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(skb, VCTX_A_MODULE_ABI_VERSION, info.abi_version) ||
	    nla_put_u32(skb, VCTX_A_MODULE_BACKEND, info.backend) ||
	    nla_put_u32(skb, VCTX_A_MODULE_UNAVAILABLE, info.unavailable) ||
	    vctx_netlink_put_u64(skb, VCTX_A_MODULE_FEATURES, info.features) ||
	    vctx_netlink_put_u64(skb, VCTX_A_MODULE_LIMITS, info.limits) ||
	    nla_put_u32(skb, VCTX_A_MODULE_CONTEXTS, info.contexts) ||
	    nla_put_u32(skb, VCTX_A_MODULE_CONTEXT_BYTES,
			vctx_context_bytes()) ||
	    vctx_netlink_put_u64(skb, VCTX_A_MODULE_EVENTS_LOST,
				 vctx_event_lost()))
		return -EMSGSIZE;
	return 0;
}

static int module_get(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	void *header;

	skb = begin_reply(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	return end_reply(info, skb, header, put_module(skb));
}

/* VCTX_CMD_CONTEXT_GET */

static const struct nla_policy context_policy[VCTX_A_CONTEXT_MAX + 1] = {
	[VCTX_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_TID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_UID] = { .type = NLA_U32 },
	[VCTX_A_CONTEXT_COMM] = { .type = NLA_NUL_STRING,
				  .len = TASK_COMM_LEN - 1 },
	[VCTX_A_CONTEXT_CPU] = { .type = NLA_U32 },
	[VCTX_A_CONTEXT_STATE] = NLA_POLICY_MAX(NLA_U32, VCTX_CONTEXT_LEAVING),
	[VCTX_A_CONTEXT_TREE] = NLA_POLICY_MIN(NLA_U32, 1),
};

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

/* Returns 0, -EMSGSIZE, or -ENOENT if it has ended meanwhile. */
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
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_FLAGS, ctx->flags))
		return -EMSGSIZE;
	ret = put_stats(skb, ctx, stay_ns);
	if (ret)
		return ret;
	if (ctx->flags & VCTX_ENTER_TICKLESS &&
	    vctx_netlink_put_u64(skb, VCTX_A_CONTEXT_TICK_BOUND_NS,
				 ctx->tick_bound))
		return -EMSGSIZE;
	if (stay_ns && vctx_tick_is_held(cpu) &&
	    nla_put_flag(skb, VCTX_A_CONTEXT_TICK_HELD))
		return -EMSGSIZE;
	if (READ_ONCE(ctx->fell_back_at) &&
	    nla_put_u32(skb, VCTX_A_CONTEXT_FELL_BACK, ctx->fell_back))
		return -EMSGSIZE;
	return 0;
}

static struct vctx_context *find(const struct vctx_filter *filter)
{
	struct vctx_context *ctx;

	vctx_context_for_each(ctx)
		if (vctx_filter_matches(filter, ctx))
			return ctx;
	return NULL;
}

static u32 get_u32(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u32(attrs[type]) : 0;
}

static int context_get(struct sk_buff *request, struct genl_info *info)
{
	struct vctx_filter filter = {
		.ns = task_active_pid_ns(current),
		.id = get_u32(info->attrs, VCTX_A_CONTEXT_ID),
		.tid = get_u32(info->attrs, VCTX_A_CONTEXT_TID),
	};
	struct vctx_context *ctx;
	struct sk_buff *skb;
	void *header;
	int ret = -ENOENT;

	if (!filter.id && !filter.tid) {
		GENL_SET_ERR_MSG(info, "a context's ID or a thread's number is missing");
		return -EINVAL;
	}
	skb = begin_reply(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	rcu_read_lock();
	ctx = find(&filter);
	if (ctx)
		ret = put_context(skb, ctx, filter.ns);
	rcu_read_unlock();
	if (ret == -ENOENT)
		GENL_SET_ERR_MSG(info, "there is no such context");
	return end_reply(info, skb, header, ret);
}

/* Kept from one part of a dump to the next. */
struct dump {
	struct vctx_filter *filter;
	u64 next;	/* serial number or CPU */
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->ctx));
	return (struct dump *)cb->ctx;
}

static int context_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = vctx_compat_dump_attrs(cb);
	struct vctx_filter *filter = kzalloc(sizeof(*filter), GFP_KERNEL);

	if (!filter)
		return -ENOMEM;
	*filter = (struct vctx_filter) {
		.ns = get_pid_ns(task_active_pid_ns(current)),
		.tid = get_u32(attrs, VCTX_A_CONTEXT_TID),
		.pid = get_u32(attrs, VCTX_A_CONTEXT_PID),
		.tree = get_u32(attrs, VCTX_A_CONTEXT_TREE),
		.has_uid = attrs[VCTX_A_CONTEXT_UID],
		.uid = make_kuid(current_user_ns(),
				 get_u32(attrs, VCTX_A_CONTEXT_UID)),
		.has_cpu = attrs[VCTX_A_CONTEXT_CPU],
		.cpu = get_u32(attrs, VCTX_A_CONTEXT_CPU),
		.has_state = attrs[VCTX_A_CONTEXT_STATE],
		.state = get_u32(attrs, VCTX_A_CONTEXT_STATE),
	};
	if (attrs[VCTX_A_CONTEXT_COMM])
		nla_strscpy(filter->comm, attrs[VCTX_A_CONTEXT_COMM],
			    sizeof(filter->comm));
	*dump_of(cb) = (struct dump) { .filter = filter };
	return 0;
}

static int context_dump_done(struct netlink_callback *cb)
{
	struct vctx_filter *filter = dump_of(cb)->filter;

	if (filter)
		put_pid_ns(filter->ns);
	kfree(filter);
	return 0;
}

static void *begin_part(struct sk_buff *skb, struct netlink_callback *cb, int cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &vctx_netlink_family, NLM_F_MULTI, cmd);
}

/* Without what did not fit. */
static bool end_part(struct sk_buff *skb, void *header, int error)
{
	if (error)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return !error;
}

/* Whether it fits, and is in the message then, or has ended meanwhile. */
static bool dump_context(struct sk_buff *skb, struct netlink_callback *cb,
			 struct vctx_context *ctx)
{
	void *header = begin_part(skb, cb, VCTX_CMD_CONTEXT_GET);
	int error;

	if (!header)
		return false;
	error = put_context(skb, ctx, dump_of(cb)->filter->ns);
	return end_part(skb, header, error) || error == -ENOENT;
}

static int context_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
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

/* VCTX_CMD_CPU_GET */

static const struct nla_policy cpu_policy[VCTX_A_CPU_MAX + 1] = {
	[VCTX_A_CPU_CPU] = { .type = NLA_U32 },
};

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
	if (vctx_tick_is_held(cpu) && nla_put_flag(skb, VCTX_A_CPU_TICK_HELD))
		return -EMSGSIZE;
	return 0;
}

static int put_one_cpu(struct sk_buff *skb, int cpu)
{
	int ret;

	if (nla_put_u32(skb, VCTX_A_CPU_CPU, cpu) ||
	    nla_put_u32(skb, VCTX_A_CPU_STATE, vctx_power_cpu_state(cpu)))
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

static int cpu_get(struct sk_buff *request, struct genl_info *info)
{
	u32 cpu = get_u32(info->attrs, VCTX_A_CPU_CPU);
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
	skb = begin_reply(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	return end_reply(info, skb, header, put_one_cpu(skb, cpu));
}

static bool dump_cpu(struct sk_buff *skb, struct netlink_callback *cb, int cpu)
{
	void *header = begin_part(skb, cb, VCTX_CMD_CPU_GET);

	if (!header)
		return false;
	return end_part(skb, header, put_one_cpu(skb, cpu));
}

static int cpu_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);

	for (; dump->next < nr_cpu_ids; dump->next++)
		if (cpu_online(dump->next) && !dump_cpu(skb, cb, dump->next))
			break;
	return skb->len;
}

/* VCTX_CMD_POLICY_GET and VCTX_CMD_POLICY_SET */

static const struct nla_policy policy_policy[VCTX_A_POLICY_MAX + 1] = {
	[VCTX_A_POLICY_ENABLED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_MAX_CONTEXTS] = { .type = NLA_U32 },
	[VCTX_A_POLICY_MAX_PER_USER] = { .type = NLA_U32 },
	[VCTX_A_POLICY_TICK_HOLD] = NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_TICK_UNPRIVILEGED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_TICK_MAX_MS] = { .type = NLA_U32 },
	[VCTX_A_POLICY_TICK_CPUS] = { .type = NLA_NUL_STRING,
				      .len = PAGE_SIZE - 1 },
};

static int put_policy(struct sk_buff *skb, const struct vctx_policy *policy,
		      const char *cpus)
{
	if (nla_put_u8(skb, VCTX_A_POLICY_ENABLED, policy->enabled) ||
	    nla_put_u32(skb, VCTX_A_POLICY_MAX_CONTEXTS,
			policy->max_contexts) ||
	    nla_put_u32(skb, VCTX_A_POLICY_MAX_PER_USER,
			policy->max_per_user) ||
	    nla_put_u8(skb, VCTX_A_POLICY_TICK_HOLD, policy->tick_hold) ||
	    nla_put_u8(skb, VCTX_A_POLICY_TICK_UNPRIVILEGED,
		       policy->tick_unprivileged) ||
	    nla_put_u32(skb, VCTX_A_POLICY_TICK_MAX_MS, policy->tick_max_ms) ||
	    nla_put_string(skb, VCTX_A_POLICY_TICK_CPUS, cpus))
		return -EMSGSIZE;
	return 0;
}

static int policy_get(struct sk_buff *request, struct genl_info *info)
{
	/* kasprintf() looks twice, and warns of what has changed meanwhile. */
	struct vctx_policy *policy = vctx_policy_copy();
	char *cpus = NULL;
	struct sk_buff *skb;
	void *header;
	int ret = -ENOMEM;

	if (policy)
		cpus = kasprintf(GFP_KERNEL, "%*pbl",
				 cpumask_pr_args(&policy->tick_cpus));
	if (!cpus)
		goto out;
	skb = begin_reply(info, GENLMSG_DEFAULT_SIZE + strlen(cpus), &header);
	if (skb)
		ret = end_reply(info, skb, header,
				put_policy(skb, policy, cpus));
out:
	kfree(cpus);
	kfree(policy);
	return ret;
}

static void change_bool(struct nlattr *attr, bool *value)
{
	if (attr)
		*value = nla_get_u8(attr);
}

static void change_uint(struct nlattr *attr, unsigned int *value)
{
	if (attr)
		*value = nla_get_u32(attr);
}

static int change_policy(struct vctx_policy *policy, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct nlattr *cpus = attrs[VCTX_A_POLICY_TICK_CPUS];
	int ret;

	ret = cpus ? cpulist_parse(nla_data(cpus), &policy->tick_cpus) : 0;
	if (ret) {
		NL_SET_ERR_MSG_ATTR(info->extack, cpus,
				    "not a list of possible CPUs, as in 1,3-5");
		return ret == -ERANGE ? ret : -EINVAL;
	}
	change_bool(attrs[VCTX_A_POLICY_ENABLED], &policy->enabled);
	change_uint(attrs[VCTX_A_POLICY_MAX_CONTEXTS], &policy->max_contexts);
	change_uint(attrs[VCTX_A_POLICY_MAX_PER_USER], &policy->max_per_user);
	change_bool(attrs[VCTX_A_POLICY_TICK_HOLD], &policy->tick_hold);
	change_bool(attrs[VCTX_A_POLICY_TICK_UNPRIVILEGED],
		    &policy->tick_unprivileged);
	change_uint(attrs[VCTX_A_POLICY_TICK_MAX_MS], &policy->tick_max_ms);
	return 0;
}

static int policy_set(struct sk_buff *request, struct genl_info *info)
{
	struct vctx_policy *policy;
	int ret = may_change(request, info);

	if (ret)
		return ret;
	policy = vctx_policy_change_begin();
	if (!policy)
		return -ENOMEM;
	ret = change_policy(policy, info);
	vctx_policy_change_end(policy, !ret);
	if (!ret)
		vctx_event_policy();
	return ret;
}

/* VCTX_CMD_EVICT */

static const struct nla_policy evict_policy[VCTX_A_EVICT_MAX + 1] = {
	[VCTX_A_EVICT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_TREE] = NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_ALL] = { .type = NLA_FLAG },
};

static bool process_exists(u32 pid)
{
	struct pid *found = find_get_pid(pid);
	bool exists;

	rcu_read_lock();
	exists = pid_task(found, PIDTYPE_TGID);
	rcu_read_unlock();
	put_pid(found);
	return exists;
}

static int whom_to_evict(struct vctx_filter *filter, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	u32 pid;

	if (!!attrs[VCTX_A_EVICT_ID] + !!attrs[VCTX_A_EVICT_PID] +
	    !!attrs[VCTX_A_EVICT_TREE] + !!attrs[VCTX_A_EVICT_ALL] != 1) {
		GENL_SET_ERR_MSG(info, "one of a context, a process, a tree of processes, or all is to be named");
		return -EINVAL;
	}
	*filter = (struct vctx_filter) {
		.ns = task_active_pid_ns(current),
		.id = get_u32(attrs, VCTX_A_EVICT_ID),
		.pid = get_u32(attrs, VCTX_A_EVICT_PID),
		.tree = get_u32(attrs, VCTX_A_EVICT_TREE),
	};
	pid = filter->pid ?: filter->tree;
	if (pid && !process_exists(pid)) {
		GENL_SET_ERR_MSG(info, "there is no such process");
		return -ESRCH;
	}
	return 0;
}

static int put_evicted(struct sk_buff *skb, unsigned int evicted,
		       unsigned int leaving)
{
	return nla_put_u32(skb, VCTX_A_EVICT_EVICTED, evicted) ||
	       nla_put_u32(skb, VCTX_A_EVICT_LEAVING, leaving) ? -EMSGSIZE : 0;
}

static int evict(struct sk_buff *request, struct genl_info *info)
{
	unsigned int evicted, leaving;
	struct vctx_filter filter;
	struct sk_buff *skb;
	void *header;
	int ret;

	ret = may_change(request, info) ?: whom_to_evict(&filter, info);
	if (ret)
		return ret;
	skb = begin_reply(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	evicted = vctx_evict(&filter, &leaving);
	if (filter.id && !evicted && !leaving) {
		GENL_SET_ERR_MSG(info, "there is no such context");
		ret = -ENOENT;
	}
	return end_reply(info, skb, header,
			 ret ?: put_evicted(skb, evicted, leaving));
}

/* What has no policy takes no attributes. */
static const struct genl_ops ops[] = {
	{
		.cmd = VCTX_CMD_MODULE_GET,
		.doit = module_get,
	}, {
		.cmd = VCTX_CMD_CONTEXT_GET,
		.doit = context_get,
		.start = context_dump_start,
		.dumpit = context_dump,
		.done = context_dump_done,
		.policy = context_policy,
		.maxattr = VCTX_A_CONTEXT_MAX,
	}, {
		.cmd = VCTX_CMD_CPU_GET,
		.doit = cpu_get,
		.dumpit = cpu_dump,
		.policy = cpu_policy,
		.maxattr = VCTX_A_CPU_MAX,
	}, {
		.cmd = VCTX_CMD_POLICY_GET,
		.doit = policy_get,
	}, {
		.cmd = VCTX_CMD_POLICY_SET,
		.doit = policy_set,
		.policy = policy_policy,
		.maxattr = VCTX_A_POLICY_MAX,
	}, {
		.cmd = VCTX_CMD_EVICT,
		.doit = evict,
		.policy = evict_policy,
		.maxattr = VCTX_A_EVICT_MAX,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = VCTX_GENL_GROUP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* In parallel: who waits for an eviction keeps nobody waiting. */
struct genl_family vctx_netlink_family __ro_after_init = {
	.name = VCTX_GENL_NAME,
	.version = VCTX_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init vctx_netlink_init(void)
{
	int ret = vctx_event_init();

	if (ret)
		return ret;
	ret = genl_register_family(&vctx_netlink_family);
	if (ret)
		vctx_event_exit();
	return ret;
}

void vctx_netlink_exit(void)
{
	vctx_event_flush();
	genl_unregister_family(&vctx_netlink_family);
	vctx_event_exit();
}
