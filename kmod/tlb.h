/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VCTX_TLB_H
#define VCTX_TLB_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/vcontext.h>
#include <asm/mmu.h>

/**
 * struct vctx_tlb_tag - what a TLB tag of this CPU stands for
 * @ctx_id:	mm_context_t.ctx_id, which is never used twice; 0 is none
 * @tlb_gen:	mm_context_t.tlb_gen at the last flush of the tag: what the tag
 *		caches is at least as new
 */
struct vctx_tlb_tag {
	u64 ctx_id;
	u64 tlb_gen;
};

DECLARE_PER_CPU(struct vctx_tlb_tag *, vctx_tlb_tag);

void vctx_tlb_switch(struct vctx_stats *stats);
void vctx_tlb_reset(void);

/**
 * vctx_tlb_prepare - make what the TLB has for current's mm true before an entry
 * @stats: counts the flushes
 *
 * Interrupts are off from here to the entry.  A kernel that changes page tables
 * raises tlb_gen first and interrupts this CPU then: either the new generation
 * is seen here, or the interrupt ends the stay in the guest, and it is seen
 * before the next.
 */
static __always_inline void vctx_tlb_prepare(struct vctx_stats *stats)
{
	const struct vctx_tlb_tag *tag = this_cpu_read(vctx_tlb_tag);
	mm_context_t *mm = &current->mm->context;

	if (unlikely(tag->ctx_id != mm->ctx_id ||
		     tag->tlb_gen != atomic64_read(&mm->tlb_gen)))
		vctx_tlb_switch(stats);
}

#endif /* VCTX_TLB_H */
