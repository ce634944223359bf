// SPDX-License-Identifier: GPL-2.0
/*
 * TLB tags (VPIDs, ASIDs): a handful for each CPU, each for one mm, as the
 * kernel does with PCIDs.
 */
#include "hw.h"
#include "tlb.h"

#define MAX_TAGS 8

struct tlb_cpu {
	struct vctx_tlb_tag tags[MAX_TAGS];
	unsigned int next;	/* tag to be given to the next new mm */
};

static DEFINE_PER_CPU(struct tlb_cpu, tlb_cpu);

/* Stands for no mm at all, so that the first use goes the slow way. */
static struct vctx_tlb_tag no_tag;

DEFINE_PER_CPU(struct vctx_tlb_tag *, vctx_tlb_tag) = &no_tag;

static unsigned int find(struct tlb_cpu *this, u64 ctx_id, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (this->tags[i].ctx_id == ctx_id)
			return i;
	i = this->next;
	this->next = (i + 1) % n;
	return i;
}

/**
 * vctx_tlb_switch - give current's mm a tag and flush what it must not find
 * @stats: counts the flushes
 *
 * The slow half of vctx_tlb_prepare().
 */
void vctx_tlb_switch(struct vctx_stats *stats)
{
	struct tlb_cpu *this = this_cpu_ptr(&tlb_cpu);
	mm_context_t *mm = &current->mm->context;
	/* Read before the flush: what comes later must flush again. */
	u64 tlb_gen = atomic64_read(&mm->tlb_gen);
	unsigned int n = clamp(vctx_hw->tags, 1U, (unsigned int)MAX_TAGS);
	unsigned int i = find(this, mm->ctx_id, n);
	struct vctx_tlb_tag *tag = &this->tags[i];
	bool flush = tag->ctx_id != mm->ctx_id || tag->tlb_gen != tlb_gen;

	lockdep_assert_irqs_disabled();
	vctx_hw->set_tag(i, flush);
	tag->ctx_id = mm->ctx_id;
	tag->tlb_gen = tlb_gen;
	this_cpu_write(vctx_tlb_tag, tag);
	stats->tlb_flushes += flush;
}

/**
 * vctx_tlb_reset - forget all tags of this CPU
 *
 * For a back end that has flushed them all, when it enables a CPU.
 */
void vctx_tlb_reset(void)
{
	memset(this_cpu_ptr(&tlb_cpu), 0, sizeof(struct tlb_cpu));
	this_cpu_write(vctx_tlb_tag, &no_tag);
}
