/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KCONFIG_H
#define KCONFIG_H

/*
 * List the options of @names, which ends with NULL, that are neither y nor m in the
 * running kernel's configuration: "" if there are none, NULL if the configuration
 * cannot be read.  *path is its file.  Both have to be freed.
 */
char *kconfig_missing(const char *const *names, char **path);

#endif /* KCONFIG_H */
