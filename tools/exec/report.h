/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>
#include <stdio.h>
#include <vctx.h>

/*
 * Write one JSON object on a line of its own.  @reason is why no context could be
 * had, or NULL, and @tick_reason why the tick could not be held, or NULL.  Returns 0
 * or -errno.
 */
int report_json(FILE *out, const struct vctx_stats *stats, uint64_t wall_ns,
		const char *reason, const char *tick_reason);

/* Sum up on standard error; @status is that of waitpid(). */
void report_summary(const struct vctx_stats *stats, uint64_t wall_ns,
		    int status);

#endif /* REPORT_H */
