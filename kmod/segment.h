/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments: the selectors that are loaded, and the descriptors behind them. */
#ifndef VCTX_SEGMENT_H
#define VCTX_SEGMENT_H

#include <linux/ptrace.h>
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

/**
 * struct vctx_segments - what the segments of a guest were loaded from
 * @cs:		the selector of CS; that of SS is __USER_DS
 * @data:	the selectors of DS, ES, FS and GS, from bit 0 on
 * @fs:		the descriptor of FS without the base, which changes by itself
 * @gs:		the same of GS
 *
 * While it stays the same and DS and ES are flat, so do the segments that are loaded.
 */
struct vctx_segments {
	u64 cs;
	u64 data;
	u64 fs;
	u64 gs;
};

/**
 * enum vctx_segments_state - what a back end knows of the segments in its guest
 * @VCTX_SEGMENTS_PLAIN: they are those of 64-bit code, and the data segments are null
 * @VCTX_SEGMENTS_LOADED: they are still what they were loaded as
 * @VCTX_SEGMENTS_UNKNOWN: the guest may have loaded others
 */
enum vctx_segments_state {
	VCTX_SEGMENTS_PLAIN = 0,
	VCTX_SEGMENTS_LOADED = 1,
	VCTX_SEGMENTS_UNKNOWN = 3,
};

/* The selectors of DS, ES, FS and GS as struct vctx_segments has them. */
static inline u64 vctx_segments_data(u64 ds, u64 es, u64 fs, u64 gs)
{
	return ds | es << 16 | fs << 32 | gs << 48;
}

static inline bool vctx_segments_equal(const struct vctx_segments *a,
				       const struct vctx_segments *b)
{
	return !((a->cs ^ b->cs) | (a->data ^ b->data) | (a->fs ^ b->fs) |
		 (a->gs ^ b->gs));
}

/* The limit and the rights in the descriptor of a segment that can be loaded. */
static inline u64 vctx_segment_limits(const struct desc_ptr *gdt, u16 selector)
{
	const u64 *desc = (const void *)gdt->address;

	return selector & ~SEGMENT_RPL_MASK ?
	       desc[selector >> 3] & 0x00ffff000000ffff : 0;
}

/* Whether a segment is not loaded, or is the whole of the address space. */
static inline bool vctx_segment_is_flat(u16 selector)
{
	return !(selector & ~SEGMENT_RPL_MASK) || selector == __USER_DS;
}

/* Before a stay: whatever is not plain is looked at after it. */
static inline enum vctx_segments_state
vctx_segments_before_stay(const struct vctx_segments *loaded)
{
	return loaded->cs == __USER_CS && !loaded->data ?
	       VCTX_SEGMENTS_PLAIN : VCTX_SEGMENTS_UNKNOWN;
}

/*
 * After a stay, with the selectors that the guest has then.  The base of a segment that is
 * not flat can change without the selector.
 */
static inline enum vctx_segments_state
vctx_segments_after_stay(const struct vctx_segments *loaded,
			 const struct pt_regs *regs, u64 data)
{
	return regs->cs == loaded->cs && regs->ss == __USER_DS &&
	       data == loaded->data && vctx_segment_is_flat(data) &&
	       vctx_segment_is_flat(data >> 16) ?
	       VCTX_SEGMENTS_LOADED : VCTX_SEGMENTS_UNKNOWN;
}

#endif /* VCTX_SEGMENT_H */
