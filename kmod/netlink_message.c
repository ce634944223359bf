// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the family: their beginnings and their ends. */
#include <linux/capability.h>
#include <linux/module.h>

#include "netlink_message.h"

static const struct genl_multicast_group groups[] = {
	{ .name = VCTX_GENL_GROUP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* In parallel: whoever waits for an eviction keeps nobody else waiting. */
struct genl_family vctx_netlink_family __ro_after_init = {
	.name = VCTX_GENL_NAME,
	.version = VCTX_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int vctx_netlink_may_change(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_NET_ADMIN) ||
	    netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	GENL_SET_ERR_MSG(info, "CAP_NET_ADMIN or CAP_SYS_ADMIN is needed");
	return -EPERM;
}

/* A message for a reply, with its beginning; NULL without memory. */
struct sk_buff *vctx_netlink_reply_begin(struct genl_info *info, size_t size,
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

int vctx_netlink_reply_end(struct genl_info *info, struct sk_buff *skb,
			   void *header, int error)
{
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

void *vctx_netlink_part_begin(struct sk_buff *skb, struct netlink_callback *cb, int cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &vctx_netlink_family, NLM_F_MULTI, cmd);
}

/* A part that did not fit is taken out again. */
bool vctx_netlink_part_end(struct sk_buff *skb, void *header, int error)
{
	if (error)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return !error;
}
