/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_EMERGENCY_H
#define VCTX_EMERGENCY_H

#include <linux/types.h>

void vctx_emergency_set(bool ours);

#endif /* VCTX_EMERGENCY_H */
