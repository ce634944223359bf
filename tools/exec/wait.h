/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WAIT_H
#define WAIT_H

#include <stdio.h>

#include "options.h"

/*
 * Run the command in a child, wait for it, report what its contexts did, to @out
 * as JSON, and end as it did.  Returns an exit status.
 */
int wait_and_report(const struct options *opt, int fd, FILE *out);

#endif /* WAIT_H */
