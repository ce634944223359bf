/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family; <linux/vcontext_netlink.h> is its documentation. */
#ifndef VCTX_NETLINK_H
#define VCTX_NETLINK_H

#include <linux/sched.h>
#include <linux/vcontext_netlink.h>
#include <net/genetlink.h>

extern struct genl_family vctx_netlink_family;

int vctx_netlink_init(void);
void vctx_netlink_exit(void);

static inline int vctx_netlink_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

/* The name may change meanwhile, but ends. */
static inline int vctx_netlink_put_comm(struct sk_buff *skb, int type,
					const struct task_struct *task)
{
	char comm[TASK_COMM_LEN];

	strscpy(comm, task->comm, sizeof(comm));
	return nla_put_string(skb, type, comm);
}

#endif /* VCTX_NETLINK_H */
