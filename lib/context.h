/* SPDX-License-Identifier: MIT */
#ifndef VCTX_CONTEXT_H
#define VCTX_CONTEXT_H

#include <stdint.h>
#include "vctx.h"

/* Check @attr, which may be NULL, and extract its flags; 0 or -errno. */
int vctx_context_flags(const struct vctx_attr *attr, uint64_t *flags);

/* vctx_enter() with flags that have been checked. */
int vctx_context_enter(uint64_t flags);

#endif /* VCTX_CONTEXT_H */
