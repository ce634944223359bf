// SPDX-License-Identifier: GPL-2.0-only
/* The commands of the generic netlink family, and its registration. */
#include <net/genetlink.h>

#include "netlink.h"
#include "netlink_command.h"
#include "netlink_message.h"

/* A command without a policy takes no attributes. */
static const struct genl_ops ops[] = {
	{
		.cmd = VCTX_CMD_MODULE_GET,
		.doit = vctx_netlink_module_get,
	}, {
		.cmd = VCTX_CMD_CONTEXT_GET,
		.doit = vctx_netlink_context_get,
		.start = vctx_netlink_context_dump_start,
		.dumpit = vctx_netlink_context_dump,
		.done = vctx_netlink_context_dump_done,
		.policy = vctx_netlink_context_policy,
		.maxattr = VCTX_A_CONTEXT_MAX,
	}, {
		.cmd = VCTX_CMD_CPU_GET,
		.doit = vctx_netlink_cpu_get,
		.dumpit = vctx_netlink_cpu_dump,
		.policy = vctx_netlink_cpu_policy,
		.maxattr = VCTX_A_CPU_MAX,
	}, {
		.cmd = VCTX_CMD_POLICY_GET,
		.doit = vctx_netlink_policy_get,
	}, {
		.cmd = VCTX_CMD_POLICY_SET,
		.doit = vctx_netlink_policy_set,
		.policy = vctx_netlink_policy_policy,
		.maxattr = VCTX_A_POLICY_MAX,
	}, {
		.cmd = VCTX_CMD_EVICT,
		.doit = vctx_netlink_evict,
		.policy = vctx_netlink_evict_policy,
		.maxattr = VCTX_A_EVICT_MAX,
	},
};

int __init vctx_netlink_init(void)
{
	vctx_netlink_family.ops = ops;
	vctx_netlink_family.n_ops = ARRAY_SIZE(ops);
	return genl_register_family(&vctx_netlink_family);
}

void vctx_netlink_exit(void)
{
	genl_unregister_family(&vctx_netlink_family);
}
