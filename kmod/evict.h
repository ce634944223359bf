/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_EVICT_H
#define VCTX_EVICT_H

#include <linux/user-return-notifier.h>

struct vctx_filter;

unsigned int vctx_evict(const struct vctx_filter *filter, unsigned int *leaving);
void vctx_evict_on_user_return(struct user_return_notifier *hook);

#endif /* VCTX_EVICT_H */
