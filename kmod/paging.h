/* SPDX-License-Identifier: GPL-2.0-only */
/* Which contexts have nested paging. */
#ifndef VCTX_PAGING_H
#define VCTX_PAGING_H

#include <linux/types.h>
#include <linux/vcontext_netlink.h>

/**
 * struct vctx_paging_wish - what decides whether a context has nested paging
 * @flags:	VCTX_ENTER_* of the context
 * @policy:	the policy "paging"
 * @hypervisor:	this is a virtual machine.  Its hypervisor would have to shadow the page
 *		tables of a guest that has no nested ones.
 * @possible:	the processor has nested paging, and it works on this machine
 */
struct vctx_paging_wish {
	__u64 flags;
	enum vctx_paging policy;
	bool hypervisor;
	bool possible;
};

/* The decision alone, for selftests/host. */
static inline bool vctx_paging_decide(const struct vctx_paging_wish *wish)
{
	if (wish->flags & VCTX_ENTER_NESTED)
		return true;
	if (wish->policy == VCTX_PAGING_AUTO)
		return wish->hypervisor && wish->possible;
	return wish->policy == VCTX_PAGING_NESTED;
}

bool vctx_paging_is_nested(__u64 flags);

#endif /* VCTX_PAGING_H */
