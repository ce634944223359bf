/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as a file: lines of "key = value", comments after '#'.
 */
#ifndef POLICY_FILE_H
#define POLICY_FILE_H

#include <stdio.h>

#include "nl.h"

/* Returns an exit status; errors have been reported, with the line. */
int policy_file_read(const char *path, struct nl_policy *policy);

/* Print all keys that @policy has. */
void policy_file_print(FILE *file, const struct nl_policy *policy);

/*
 * Write @policy to a file, completely or not at all, and make its folder.  Returns 0
 * or -errno.
 */
int policy_file_write(const char *path, const struct nl_policy *policy);

#endif /* POLICY_FILE_H */
