/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_EMERGENCY_H
#define VCTX_EMERGENCY_H

int vctx_emergency_init(void);
void vctx_emergency_exit(void);

#endif /* VCTX_EMERGENCY_H */
