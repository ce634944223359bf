/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_EVICT_H
#define VCTX_EVICT_H

struct vctx_filter;

unsigned int vctx_evict(const struct vctx_filter *filter, unsigned int *leaving);

#endif /* VCTX_EVICT_H */
