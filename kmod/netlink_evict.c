// SPDX-License-Identifier: GPL-2.0-only
/* VCTX_CMD_EVICT: end contexts of others. */
#include <linux/pid_namespace.h>

#include "evict.h"
#include "filter.h"
#include "netlink_command.h"
#include "netlink_message.h"

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
		GENL_SET_ERR_MSG(info, "name a context, a process, a tree of processes, or all: one of these");
		return -EINVAL;
	}
	*filter = (struct vctx_filter) {
		.ns = task_active_pid_ns(current),
		.id = vctx_netlink_get_u32(attrs, VCTX_A_EVICT_ID),
		.pid = vctx_netlink_get_u32(attrs, VCTX_A_EVICT_PID),
		.tree = vctx_netlink_get_u32(attrs, VCTX_A_EVICT_TREE),
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

int vctx_netlink_evict(struct sk_buff *request, struct genl_info *info)
{
	unsigned int evicted, leaving;
	struct vctx_filter filter;
	struct sk_buff *skb;
	void *header;
	int ret;

	ret = vctx_netlink_may_change(request, info) ?: whom_to_evict(&filter, info);
	if (ret)
		return ret;
	skb = vctx_netlink_reply_begin(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!skb)
		return -ENOMEM;
	evicted = vctx_evict(&filter, &leaving);
	if (filter.id && !evicted && !leaving) {
		GENL_SET_ERR_MSG(info, "there is no such context");
		ret = -ENOENT;
	}
	return vctx_netlink_reply_end(info, skb, header,
			 ret ?: put_evicted(skb, evicted, leaving));
}
