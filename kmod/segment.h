/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments: the selectors that are loaded, and the descriptors behind them. */
#ifndef VCTX_SEGMENT_H
#define VCTX_SEGMENT_H

#include <linux/types.h>
#include <asm/desc.h>
#include <asm/segment.h>

/* The selector in a segment register, by name. */
#define vctx_segment_selector(name)					\
({									\
	u32 selector;							\
									\
	asm volatile("movl %%" #name ", %0" : "=r" (selector));		\
	selector;							\
})

/**
 * struct vctx_segment - a segment register with its hidden part
 * @selector:	the visible part
 * @rights:	type, S, DPL, P in the low byte, AVL, L, D/B, G in bits 12 to 15,
 *		as LAR gives them, shifted; 0 is a null segment
 * @limit:	in bytes
 * @base:	linear address
 */
struct vctx_segment {
	u16 selector;
	u16 rights;
	u32 limit;
	unsigned long base;
};

/**
 * vctx_segment_get - the segment that a load of @selector gives
 * @gdt:	the CPU's descriptor table; there is no LDT
 * @selector:	one that is loaded, so that it can be loaded
 */
static inline struct vctx_segment vctx_segment_get(const struct desc_ptr *gdt,
						   u16 selector)
{
	const struct desc_struct *desc = (const void *)gdt->address;
	struct vctx_segment segment = { .selector = selector };

	if (!(selector & ~SEGMENT_RPL_MASK))
		return segment;
	desc += selector >> 3;
	/* A loaded segment is an accessed one. */
	segment.rights = (((const u32 *)desc)[1] >> 8 & 0xf0ff) | 1;
	segment.limit = get_desc_limit(desc);
	if (desc->g)
		segment.limit = segment.limit << 12 | 0xfff;
	segment.base = get_desc_base(desc);
	return segment;
}

#endif /* VCTX_SEGMENT_H */
