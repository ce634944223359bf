// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets to the module.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/vcontext_netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "common/alloc.h"
#include "nl_error.h"
#include "nl_socket.h"

int nl_socket_open(struct nl_sock **opened, int *family)
{
	struct nl_sock *new = must(nl_socket_alloc());
	int on = 1, err = genl_connect(new);

	if (err) {
		nl_socket_free(new);
		return nl_fail_libnl(err);
	}
	setsockopt(nl_socket_get_fd(new), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	/* The kernel shall complain about what it does not know in a dump. */
	setsockopt(nl_socket_get_fd(new), SOL_NETLINK, NETLINK_GET_STRICT_CHK,
		   &on, sizeof(on));
	*family = genl_ctrl_resolve(new, VCTX_GENL_NAME);
	if (*family >= 0) {
		*opened = new;
		return 0;
	}
	err = *family;
	nl_socket_free(new);
	if (err != -NLE_OBJ_NOTFOUND)
		return nl_fail_libnl(err);
	if (!access("/sys/module/vcontext", F_OK))
		return nl_fail(ENOENT, "the module that is loaded cannot be asked over netlink; unload it and load the module of this version");
	return nl_fail(ENOENT, "the module is not loaded; load it with: modprobe vcontext");
}
