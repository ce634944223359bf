/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by uapi/generate from uapi/vcontext.yaml: change that, not this. */
#ifndef VCTX_NETLINK_OPERATIONS_H
#define VCTX_NETLINK_OPERATIONS_H

#include <linux/vcontext_netlink.h>
#include <net/genetlink.h>

#include "netlink_command.h"

static const struct nla_policy context_policy[] = {
	[VCTX_A_CONTEXT_ID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_TID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_CONTEXT_UID]	= { .type = NLA_U32 },
	[VCTX_A_CONTEXT_COMM]	= { .type = NLA_NUL_STRING, .len = 15 },
	[VCTX_A_CONTEXT_CPU]	= { .type = NLA_U32 },
	[VCTX_A_CONTEXT_STATE]	= NLA_POLICY_MAX(NLA_U32, VCTX_CONTEXT_LEAVING),
	[VCTX_A_CONTEXT_TREE]	= NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cpu_policy[] = {
	[VCTX_A_CPU_CPU]	= { .type = NLA_U32 },
};

static const struct nla_policy policy_policy[] = {
	[VCTX_A_POLICY_ENABLED]			= NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_MAX_CONTEXTS]		= { .type = NLA_U32 },
	[VCTX_A_POLICY_MAX_PER_USER]		= { .type = NLA_U32 },
	[VCTX_A_POLICY_TICK_HOLD]		= NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_TICK_UNPRIVILEGED]	= NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_TICK_MAX_MS]		= { .type = NLA_U32 },
	[VCTX_A_POLICY_TICK_CPUS]		= { .type = NLA_NUL_STRING, .len = 4095 },
	[VCTX_A_POLICY_SHARE]			= NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_PAGING]			= NLA_POLICY_MAX(NLA_U32, VCTX_PAGING_NESTED),
	[VCTX_A_POLICY_MIN_STAY_US]		= { .type = NLA_U32 },
	[VCTX_A_POLICY_BELLS]			= NLA_POLICY_MAX(NLA_U8, 1),
	[VCTX_A_POLICY_BELL_TIMER_US]		= { .type = NLA_U32 },
};

static const struct nla_policy evict_policy[] = {
	[VCTX_A_EVICT_ID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_TREE]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VCTX_A_EVICT_ALL]	= { .type = NLA_FLAG },
};

static const struct genl_ops operations[] = {
	{
		.cmd = VCTX_CMD_MODULE_GET,
		.doit = vctx_netlink_module_get,
	}, {
		.cmd = VCTX_CMD_CONTEXT_GET,
		.doit = vctx_netlink_context_get,
		.start = vctx_netlink_context_dump_start,
		.dumpit = vctx_netlink_context_dump,
		.done = vctx_netlink_context_dump_done,
		.policy = context_policy,
		.maxattr = ARRAY_SIZE(context_policy) - 1,
	}, {
		.cmd = VCTX_CMD_CPU_GET,
		.doit = vctx_netlink_cpu_get,
		.dumpit = vctx_netlink_cpu_dump,
		.policy = cpu_policy,
		.maxattr = ARRAY_SIZE(cpu_policy) - 1,
	}, {
		.cmd = VCTX_CMD_POLICY_GET,
		.doit = vctx_netlink_policy_get,
	}, {
		.cmd = VCTX_CMD_POLICY_SET,
		.doit = vctx_netlink_policy_set,
		.policy = policy_policy,
		.maxattr = ARRAY_SIZE(policy_policy) - 1,
	}, {
		.cmd = VCTX_CMD_EVICT,
		.doit = vctx_netlink_evict,
		.policy = evict_policy,
		.maxattr = ARRAY_SIZE(evict_policy) - 1,
	},
};

#endif /* VCTX_NETLINK_OPERATIONS_H */
