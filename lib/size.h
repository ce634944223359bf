/* SPDX-License-Identifier: MIT */
#ifndef VCTX_SIZE_H
#define VCTX_SIZE_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The size of a structure that ends with @member. */
#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

#endif /* VCTX_SIZE_H */
