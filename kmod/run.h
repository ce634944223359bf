/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VCTX_RUN_H
#define VCTX_RUN_H

struct vctx_context;

void vctx_run_attach(struct vctx_context *ctx);
void vctx_run_detach(void);
void vctx_run_init(void);

#endif /* VCTX_RUN_H */
