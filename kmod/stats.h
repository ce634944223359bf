/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting.  Only its own thread writes the counters of a context, so that no lock is
 * needed; a tally sums them up over all contexts that came from one open file.
 */
#ifndef VCTX_STATS_H
#define VCTX_STATS_H

#include <linux/types.h>
#include <linux/vcontext.h>

struct vctx_context;
struct vctx_tally;
struct vm_area_struct;

struct vctx_tally *vctx_tally_create(void);
void vctx_tally_put(struct vctx_tally *tally);
void vctx_tally_read(struct vctx_tally *tally, struct vctx_stats *sum);

struct vctx_stats *vctx_stats_reserve(struct vctx_tally *tally, gfp_t gfp);
void vctx_stats_start(struct vctx_context *ctx, struct vctx_tally *tally);
void vctx_stats_end(struct vctx_context *ctx);
bool vctx_stats_read(struct vctx_context *ctx, struct vctx_stats *sum);
int vctx_stats_map(struct vctx_context *ctx, struct vm_area_struct *vma);

int vctx_stats_init(void);
void vctx_stats_exit(void);

#endif /* VCTX_STATS_H */
