/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a request over netlink failed, in words.
 */
#ifndef NL_ERROR_H
#define NL_ERROR_H

/* Why the last call failed, in the kernel's words if it had any, and what helps. */
const char *nl_error(void);

/* Keep the words for @error, which are @text unless that is NULL: -@error. */
int nl_fail(int error, const char *text);

/* The same for an error of libnl in which the kernel had no part: -errno. */
int nl_fail_libnl(int error);

#endif /* NL_ERROR_H */
