/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_LIMITS_H
#define VCTX_LIMITS_H

#include <linux/types.h>

u64 vctx_limits(void);
void vctx_limits_init(void);

#endif /* VCTX_LIMITS_H */
