/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NL_SOCKET_H
#define NL_SOCKET_H

struct nl_sock;

/* Connect to the module, whose family's number *family then is; 0 or -errno. */
int nl_socket_open(struct nl_sock **opened, int *family);

#endif /* NL_SOCKET_H */
