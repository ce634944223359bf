/* SPDX-License-Identifier: MIT */
#ifndef VCTX_CONTEXT_H
#define VCTX_CONTEXT_H

#include "vctx.h"

/*
 * Check @attr, which may be NULL, and make the request for it; 0 or -errno, which
 * vctx_why() then gives.
 */
int vctx_context_request(const struct vctx_attr *attr,
			 struct vctx_enter *request);

/* vctx_enter() with what has been checked. */
int vctx_context_enter(const struct vctx_enter *request);

#endif /* VCTX_CONTEXT_H */
