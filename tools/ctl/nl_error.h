/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a request over netlink failed: what nl_error() will say.
 */
#ifndef NL_ERROR_H
#define NL_ERROR_H

/* Keep the words for @error, which are @text unless that is NULL: -@error. */
int nl_fail(int error, const char *text);

/* The same for an error of libnl in which the kernel had no part: -errno. */
int nl_fail_libnl(int error);

#endif /* NL_ERROR_H */
