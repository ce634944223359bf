// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the module.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "nl.h"
#include "nl_codec.h"
#include "nl_error.h"
#include "nl_socket.h"

#define EVENT_BUFFER	(1 << 20)	/* as large as the kernel allows */

static struct nl_sock *event_sock;

int nl_events_open(void)
{
	struct nl_sock *new;
	int family, group, err = nl_socket_open(&new, &family);

	if (err)
		return err;
	/* Events are not answers, so their sequence numbers mean nothing. */
	nl_socket_disable_seq_check(new);
	nl_socket_set_buffer_size(new, EVENT_BUFFER, 0);
	group = genl_ctrl_resolve_grp(new, VCTX_GENL_NAME, VCTX_GENL_GROUP_EVENTS);
	err = group < 0 ? group : nl_socket_add_membership(new, group);
	if (!err)
		err = nl_socket_set_nonblocking(new);
	if (!err) {
		event_sock = new;
		return nl_socket_get_fd(new);
	}
	nl_socket_free(new);
	if (err == -NLE_PERM)
		return nl_fail(EPERM, "no permission: this needs CAP_NET_ADMIN");
	return nl_fail_libnl(err);
}

struct event_reader {
	void (*each)(const struct nl_event *event, void *arg);
	void *arg;
};

static int on_event(struct nl_msg *message, void *arg)
{
	struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(message));
	struct event_reader *reader = arg;
	struct nl_event event;

	if (header->cmd != VCTX_CMD_EVENT)
		return NL_OK;
	nl_decode(&event, &nl_event_layout, message);
	reader->each(&event, reader->arg);
	return NL_OK;
}

int nl_events_read(void (*each)(const struct nl_event *event, void *arg),
		   void *arg)
{
	struct event_reader reader = { each, arg };
	int err;

	nl_socket_modify_cb(event_sock, NL_CB_VALID, NL_CB_CUSTOM, on_event,
			    &reader);
	errno = 0;
	err = nl_recvmsgs_default(event_sock);
	if (err >= 0 || err == -NLE_AGAIN)
		return 0;
	/* libnl calls a full receive buffer "out of memory". */
	if (err == -NLE_NOMEM && errno == ENOBUFS)
		return nl_fail(ENOBUFS, NULL);
	return nl_fail_libnl(err);
}
