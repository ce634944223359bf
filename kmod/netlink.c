// SPDX-License-Identifier: GPL-2.0-only
/* The commands of the generic netlink family, and its registration. */
#include <net/genetlink.h>

#include "netlink.h"
#include "netlink_message.h"
#include "netlink_operations.h"

int __init vctx_netlink_init(void)
{
	vctx_netlink_family.ops = operations;
	vctx_netlink_family.n_ops = ARRAY_SIZE(operations);
	return genl_register_family(&vctx_netlink_family);
}

void vctx_netlink_exit(void)
{
	genl_unregister_family(&vctx_netlink_family);
}
