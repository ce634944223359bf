/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_IDMAP_H
#define VCTX_IDMAP_H

#include <linux/types.h>

phys_addr_t vctx_idmap_root(void);
int vctx_idmap_fault(phys_addr_t gpa);

int vctx_idmap_init(void);
void vctx_idmap_exit(void);

#endif /* VCTX_IDMAP_H */
