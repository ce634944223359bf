/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests to the generic netlink family, and what comes back. */
#ifndef VCTX_GENL_H
#define VCTX_GENL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <linux/vcontext_netlink.h>

/* The largest number of an attribute in any answer. */
#define GENL_MAX_ATTR	32

/* The extended ACK's text of the last request, "" if it had none. */
extern char genl_text[256];

struct nl_sock *genl_open(void);

/*
 * Calls @each for each message of the answer, whose attributes are in a table of
 * GENL_MAX_ATTR + 1.  @request is from genl_request(), and freed.  Returns 0, or
 * -errno of the kernel.
 */
struct nl_msg *genl_request(int cmd, int flags);
int genl_call(struct nl_sock *sock, struct nl_msg *request,
	      void (*each)(struct nlattr **attrs, void *arg), void *arg);

/* Evict, and return how many contexts ended; VCTX_A_EVICT_ALL ignores @value. */
int genl_evict(int attr, uint32_t value);
/* The same where threads may be in calls of the module: those end their contexts right after. */
int genl_evict_busy(int attr, uint32_t value);

/* Join the group of events.  Returns 0 or -errno. */
int genl_listen(struct nl_sock *sock);

#endif /* VCTX_GENL_H */
