/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_INHERIT_H
#define VCTX_INHERIT_H

int vctx_inherit_init(void);
void vctx_inherit_exit(void);

#endif /* VCTX_INHERIT_H */
