/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_ADAPTIVE_H
#define VCTX_ADAPTIVE_H

void vctx_adaptive_init(void);
void vctx_adaptive_exit(void);

#endif /* VCTX_ADAPTIVE_H */
