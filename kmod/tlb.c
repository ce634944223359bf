// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB tags (VPIDs, ASIDs): each CPU has a handful, each of them for one mm, as the
 * kernel does with PCIDs.  An mm whose threads have nested paging in part has two.
 */
#include "backend.h"
#include "cpu.h"
#include "tlb.h"

#define MAX_TAGS 8

struct tlb_cpu {
	struct vctx_tlb_tag tags[MAX_TAGS];
	unsigned int next;	/* the tag that the next new mm gets */
};

static DEFINE_PER_CPU(struct tlb_cpu, tlb_cpu);

static bool is_for(const struct vctx_tlb_tag *tag, const struct vctx_tlb_tag *wanted)
{
	return tag->ctx_id == wanted->ctx_id && tag->nested == wanted->nested;
}

/* The tag of an mm, or the one that has waited longest to be given away. */
static unsigned int find(struct tlb_cpu *cpu, const struct vctx_tlb_tag *wanted)
{
	unsigned int n = clamp(vctx_backend->tags, 1U, (unsigned int)MAX_TAGS);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (is_for(&cpu->tags[i], wanted))
			return i;
	i = cpu->next;
	cpu->next = (i + 1) % n;
	return i;
}

/**
 * vctx_tlb_switch - give current's mm a tag and flush what it must not find
 * @this: of this CPU; interrupts are off
 *
 * The slow half of vctx_tlb_prepare().
 */
void vctx_tlb_switch(struct vctx_cpu *this)
{
	struct tlb_cpu *cpu = this_cpu_ptr(&tlb_cpu);
	mm_context_t *mm = &current->mm->context;
	/* Read before the flush: a later generation must flush again; models/tlb.pml. */
	struct vctx_tlb_tag now = {
		.ctx_id = mm->ctx_id,
		.tlb_gen = atomic64_read(&mm->tlb_gen),
		.nested = this->tag.nested,
	};
	unsigned int i = find(cpu, &now);
	struct vctx_tlb_tag *tag = &cpu->tags[i];
	bool flush = !is_for(tag, &now) || tag->tlb_gen != now.tlb_gen;

	lockdep_assert_irqs_disabled();
	vctx_backend->set_tag(i, now.nested, flush);
	*tag = now;
	this->tag = now;
	this->stats->tlb_flushes += flush;
}

/**
 * vctx_tlb_leave - flush what is cached under the tags of this CPU
 *
 * Somebody else is about to use the same tags, if there is anybody who does.  Interrupts
 * are off.  Return: the tags that had to be flushed.
 */
unsigned int vctx_tlb_leave(void)
{
	struct tlb_cpu *cpu = this_cpu_ptr(&tlb_cpu);
	unsigned int used = 0, i;

	lockdep_assert_irqs_disabled();
	if (!vctx_backend->flush_tags)
		return 0;
	for (i = 0; i < MAX_TAGS; i++)
		if (cpu->tags[i].ctx_id)
			used |= BIT(i);
	if (used)
		vctx_backend->flush_tags(used);
	vctx_tlb_reset();
	return used;
}

/**
 * vctx_tlb_reset - forget all tags of this CPU
 *
 * Whatever is cached under a tag is flushed before the tag is used again.
 */
void vctx_tlb_reset(void)
{
	struct vctx_cpu *this = vctx_backend->cpu(smp_processor_id());

	memset(this_cpu_ptr(&tlb_cpu), 0, sizeof(struct tlb_cpu));
	this->tag.ctx_id = 0;
}
