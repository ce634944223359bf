/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of the generic netlink family, for the table in netlink_operations.h. */
#ifndef VCTX_NETLINK_COMMAND_H
#define VCTX_NETLINK_COMMAND_H

#include <net/genetlink.h>

int vctx_netlink_module_get(struct sk_buff *request, struct genl_info *info);

int vctx_netlink_context_get(struct sk_buff *request, struct genl_info *info);
int vctx_netlink_context_dump_start(struct netlink_callback *cb);
int vctx_netlink_context_dump(struct sk_buff *skb, struct netlink_callback *cb);
int vctx_netlink_context_dump_done(struct netlink_callback *cb);

int vctx_netlink_cpu_get(struct sk_buff *request, struct genl_info *info);
int vctx_netlink_cpu_dump(struct sk_buff *skb, struct netlink_callback *cb);

int vctx_netlink_policy_get(struct sk_buff *request, struct genl_info *info);
int vctx_netlink_policy_set(struct sk_buff *request, struct genl_info *info);

int vctx_netlink_evict(struct sk_buff *request, struct genl_info *info);

#endif /* VCTX_NETLINK_COMMAND_H */
