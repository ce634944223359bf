/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_IDMAP_H
#define VCTX_IDMAP_H

#include <linux/types.h>

bool vctx_idmap_exists(void);
phys_addr_t vctx_idmap_root(void);
u64 vctx_idmap_bytes(void);
int vctx_idmap_fault(phys_addr_t gpa);

int vctx_idmap_build(void);
void vctx_idmap_free(void);

#endif /* VCTX_IDMAP_H */
