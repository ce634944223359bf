/* SPDX-License-Identifier: GPL-2.0-only */
/* The sink of events that listeners on generic netlink are told by. */
#ifndef VCTX_NETLINK_EVENT_H
#define VCTX_NETLINK_EVENT_H

int vctx_netlink_event_init(void);
void vctx_netlink_event_flush(void);
void vctx_netlink_event_exit(void);

#endif /* VCTX_NETLINK_EVENT_H */
