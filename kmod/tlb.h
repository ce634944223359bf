/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_TLB_H
#define VCTX_TLB_H

#include <linux/sched.h>
#include <asm/mmu.h>

/**
 * struct vctx_tlb_tag - what a TLB tag of a CPU stands for
 * @ctx_id:	mm_context_t.ctx_id, which is never used twice; 0 is none
 * @tlb_gen:	mm_context_t.tlb_gen at the last flush of the tag: all that is
 *		cached under the tag is at least as new
 * @nested:	it is for threads with nested paging: what is cached for them is not
 *		for others of the same mm
 */
struct vctx_tlb_tag {
	u64 ctx_id;
	u64 tlb_gen;
	bool nested;
};

/* Whether something that is cached under @tag may be wrong for @mm. */
static __always_inline bool vctx_tlb_stale(const struct vctx_tlb_tag *tag,
					   const mm_context_t *mm)
{
	return tag->ctx_id != mm->ctx_id ||
	       tag->tlb_gen != atomic64_read(&mm->tlb_gen);
}

/* The next entry is with nested paging, or without; after a change it needs another tag. */
static inline void vctx_tlb_set_paging(struct vctx_tlb_tag *tag, bool nested)
{
	if (tag->nested != nested)
		*tag = (struct vctx_tlb_tag){ .nested = nested };
}

struct vctx_cpu;

void vctx_tlb_switch(struct vctx_cpu *this);
unsigned int vctx_tlb_leave(void);
void vctx_tlb_reset(void);

/**
 * vctx_tlb_prepare - make the TLB right for current's mm before an entry
 * @this: this CPU
 * @mm: the mm of current
 *
 * Interrupts are off from here to the entry.  A kernel that changes page tables
 * raises tlb_gen first and interrupts this CPU then.  Either the new generation is
 * seen here, or the interrupt ends the stay in the guest, and the generation is seen
 * before the next entry; models/tlb.pml.
 */
#define vctx_tlb_prepare(this, mm)			\
do {							\
	if (unlikely(vctx_tlb_stale(&(this)->tag, mm)))	\
		vctx_tlb_switch(this);			\
} while (0)

#endif /* VCTX_TLB_H */
