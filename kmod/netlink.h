/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family; <linux/vcontext_netlink.h> is its documentation. */
#ifndef VCTX_NETLINK_H
#define VCTX_NETLINK_H

int vctx_netlink_init(void);
void vctx_netlink_exit(void);

#endif /* VCTX_NETLINK_H */
