/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands and events of the generic netlink family share. */
#ifndef VCTX_NETLINK_MESSAGE_H
#define VCTX_NETLINK_MESSAGE_H

#include <linux/sched.h>
#include <linux/vcontext_netlink.h>
#include <net/genetlink.h>

/* Its commands are in netlink.c, which registers it. */
extern struct genl_family vctx_netlink_family;

int vctx_netlink_may_change(struct sk_buff *skb, struct genl_info *info);
struct sk_buff *vctx_netlink_reply_begin(struct genl_info *info, size_t size,
					 void **header);
int vctx_netlink_reply_end(struct genl_info *info, struct sk_buff *skb,
			   void *header, int error);
void *vctx_netlink_part_begin(struct sk_buff *skb, struct netlink_callback *cb,
			      int cmd);
bool vctx_netlink_part_end(struct sk_buff *skb, void *header, int error);

/**
 * struct vctx_netlink_dump - kept from one part of a dump to the next
 * @filter:	which contexts
 * @next:	the serial number or the CPU that the next part begins with
 */
struct vctx_netlink_dump {
	struct vctx_filter *filter;
	u64 next;
};

static inline struct vctx_netlink_dump *
vctx_netlink_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct vctx_netlink_dump) > sizeof(cb->ctx));
	return (struct vctx_netlink_dump *)cb->ctx;
}

static inline u32 vctx_netlink_get_u32(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u32(attrs[type]) : 0;
}

static inline int vctx_netlink_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

/* The name may change meanwhile, but it ends. */
static inline int vctx_netlink_put_comm(struct sk_buff *skb, int type,
					const struct task_struct *task)
{
	char comm[TASK_COMM_LEN];

	strscpy(comm, task->comm, sizeof(comm));
	return nla_put_string(skb, type, comm);
}

#endif /* VCTX_NETLINK_MESSAGE_H */
