// SPDX-License-Identifier: GPL-2.0-only
/* VCTX_CMD_MODULE_GET: what the module is, and what it can do here. */
#include <linux/module.h>

#include "context.h"
#include "context_memory.h"
#include "event.h"
#include "idmap.h"
#include "info.h"
#include "netlink_command.h"
#include "netlink_message.h"

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
				 vctx_event_lost()) ||
	    vctx_netlink_put_u64(skb, VCTX_A_MODULE_IDMAP_BYTES,
				 vctx_idmap_bytes()))
		return -EMSGSIZE;
	return 0;
}

int vctx_netlink_module_get(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	void *header;

	skb = vctx_netlink_reply_begin(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	return vctx_netlink_reply_end(info, skb, header, put_module(skb));
}
