// SPDX-License-Identifier: GPL-2.0-only
/* VCTX_CMD_POLICY_GET and VCTX_CMD_POLICY_SET. */
#include <linux/cpumask.h>
#include <linux/slab.h>

#include "event.h"
#include "netlink_command.h"
#include "netlink_message.h"
#include "policy.h"
#include "tick_kick.h"

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
	    nla_put_string(skb, VCTX_A_POLICY_TICK_CPUS, cpus) ||
	    nla_put_u8(skb, VCTX_A_POLICY_SHARE, !!policy->share) ||
	    nla_put_u32(skb, VCTX_A_POLICY_PAGING, policy->paging) ||
	    nla_put_u32(skb, VCTX_A_POLICY_MIN_STAY_US, policy->min_stay_us) ||
	    nla_put_u8(skb, VCTX_A_POLICY_BELLS, policy->bells) ||
	    nla_put_u32(skb, VCTX_A_POLICY_BELL_TIMER_US, policy->bell_timer_us))
		return -EMSGSIZE;
	return 0;
}

int vctx_netlink_policy_get(struct sk_buff *request, struct genl_info *info)
{
	/* A copy, for kasprintf() looks twice, and warns of a change in between. */
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
	skb = vctx_netlink_reply_begin(info, GENLMSG_DEFAULT_SIZE + strlen(cpus), &header);
	if (skb)
		ret = vctx_netlink_reply_end(info, skb, header,
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

static void change_share(struct nlattr *attr, int *value)
{
	if (attr)
		*value = nla_get_u8(attr);
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
	change_uint(attrs[VCTX_A_POLICY_MIN_STAY_US], &policy->min_stay_us);
	change_bool(attrs[VCTX_A_POLICY_BELLS], &policy->bells);
	change_uint(attrs[VCTX_A_POLICY_BELL_TIMER_US], &policy->bell_timer_us);
	change_uint(attrs[VCTX_A_POLICY_PAGING], &policy->paging);
	change_share(attrs[VCTX_A_POLICY_SHARE], &policy->share);
	return 0;
}

int vctx_netlink_policy_set(struct sk_buff *request, struct genl_info *info)
{
	struct vctx_policy *policy;
	int ret = vctx_netlink_may_change(request, info);

	if (ret)
		return ret;
	policy = vctx_policy_change_begin();
	if (!policy)
		return -ENOMEM;
	ret = change_policy(policy, info);
	vctx_policy_change_end(policy, !ret);
	if (!ret) {
		/* A hold begins anew by what is allowed now. */
		vctx_tick_kick_all();
		vctx_event_policy();
	}
	return ret;
}
