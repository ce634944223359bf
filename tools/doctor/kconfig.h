/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KCONFIG_H
#define KCONFIG_H

/*
 * Those of @names, which ends with NULL, that are neither y nor m in the running
 * kernel's configuration, as a list in words, "" if there are none; NULL if it
 * cannot be read.  *path is the file.  Both to be freed.
 */
char *kconfig_missing(const char *const *names, char **path);

#endif /* KCONFIG_H */
