// SPDX-License-Identifier: GPL-2.0-only
/* The rare parts of guest.h. */
#include "guest.h"
#include "state.h"

void svm_sync_cr3(struct vctx_cpu *cpu, unsigned long cr3)
{
	struct svm_cpu *this = svm_cpu_of(cpu);

	this->vmcb->save.cr3 = vctx_state_user_cr3(cr3);
	svm_changed(this, SVM_CLEAN_CR);
}

void svm_sync_cr4(struct vctx_cpu *cpu, unsigned long cr4)
{
	struct svm_cpu *this = svm_cpu_of(cpu);

	this->vmcb->save.cr4 = vctx_state_user_cr4(cr4);
	svm_changed(this, SVM_CLEAN_CR);
}

static void load_segment(struct svm_cpu *this, struct vmcb_seg *to,
			 u16 selector)
{
	struct vctx_segment segment = vctx_segment_get(&this->gdt, selector);

	to->selector = segment.selector;
	/* The bits of a descriptor, without those of the limit in between. */
	to->attrib = (segment.rights & 0xff) | (segment.rights >> 4 & 0xf00);
	to->limit = segment.limit;
	to->base = segment.base;
}

static void load_changed(struct svm_cpu *this, const struct pt_regs *regs)
{
	struct vmcb_save_area *save = &this->vmcb->save;
	u16 ds = vctx_segment_selector(ds), es = vctx_segment_selector(es);
	struct vctx_segments now = {
		.cs = regs->cs,
		.data = vctx_segments_data(ds, es, 0, 0),
	};

	if (this->segments != VCTX_SEGMENTS_UNKNOWN &&
	    vctx_segments_equal(&now, &this->loaded))
		return;
	load_segment(this, &save->cs, regs->cs);
	load_segment(this, &save->ss, regs->ss);
	load_segment(this, &save->ds, ds);
	load_segment(this, &save->es, es);
	svm_changed(this, SVM_CLEAN_SEG);
	this->loaded = now;
}

/*
 * Loads segments that are not those of a 64-bit thread, or were not the last time.
 * Return: false if the CPU is not to be used, which is another reason for a call.
 */
bool svm_load_segments(struct svm_cpu *this, const struct pt_regs *regs)
{
	if (!this->on || this->cpu.broken)
		return false;
	load_changed(this, regs);
	this->segments = vctx_segments_before_stay(&this->loaded);
	return true;
}

/* Saves the segments that the guest has loaded. */
void svm_save_segments(struct svm_cpu *this, const struct pt_regs *regs)
{
	const struct vmcb_save_area *save = &this->vmcb->save;
	u16 ds = save->ds.selector, es = save->es.selector;

	loadsegment(ds, ds);
	loadsegment(es, es);
	this->segments = vctx_segments_after_stay(&this->loaded, regs,
			vctx_segments_data(ds, es, 0, 0));
}

/**
 * svm_set_tag - set the ASID of the next entries; see struct vctx_backend_ops
 * @tag: the ASID less svm_capability.first_asid
 * @nested: with nested paging
 * @flush: forget what is cached under it, at the next VMRUN
 */
void svm_set_tag(unsigned int tag, bool nested, bool flush)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);

	if (nested != this->nested)
		svm_vmcb_set_paging(this, nested);
	this->vmcb->control.asid = svm_capability.first_asid + tag;
	if (flush)
		this->vmcb->control.tlb_ctl = svm_capability.flush;
	svm_changed(this, SVM_CLEAN_ASID);
}
