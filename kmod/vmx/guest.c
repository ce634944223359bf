// SPDX-License-Identifier: GPL-2.0-only
/* The rare parts of guest.h. */
#include <asm/mmu_context.h>	/* load_gs_index(), whose own header came with 6.3 */

#include "guest.h"
#include "state.h"

void vmx_sync_cr3(struct vctx_cpu *cpu, unsigned long cr3)
{
	vmx_write(HOST_CR3, cr3);
	vmx_write(GUEST_CR3, vctx_state_user_cr3(cr3));
}

void vmx_sync_cr4(struct vctx_cpu *cpu, unsigned long cr4)
{
	vmx_write(HOST_CR4, cr4);
	vmx_write(GUEST_CR4, vctx_state_user_cr4(cr4));
}

/* The fields of each segment have the same distances. */
static void load_segment(struct vmx_cpu *this, unsigned long field,
			 u16 selector)
{
	struct vctx_segment segment = vctx_segment_get(&this->gdt, selector);
	unsigned long nr = field - GUEST_ES_SELECTOR;

	vmx_write(field, segment.selector);
	vmx_write(GUEST_ES_LIMIT + nr, segment.limit);
	vmx_write(GUEST_ES_AR_BYTES + nr, segment.rights ?: VMX_AR_UNUSABLE);
	/* FS and GS have bases of their own, which are loaded with them. */
	if (field != GUEST_FS_SELECTOR && field != GUEST_GS_SELECTOR)
		vmx_write(GUEST_ES_BASE + nr, segment.base);
}

static void load_changed(struct vmx_cpu *this, const struct pt_regs *regs)
{
	u16 ds = vctx_segment_selector(ds), es = vctx_segment_selector(es);
	u16 fs = vctx_segment_selector(fs), gs = vctx_segment_selector(gs);
	struct vctx_segments now = {
		.cs = regs->cs,
		.data = vctx_segments_data(ds, es, fs, gs),
		.fs = vctx_segment_limits(&this->gdt, fs),
		.gs = vctx_segment_limits(&this->gdt, gs),
	};

	if (this->segments != VCTX_SEGMENTS_UNKNOWN &&
	    vctx_segments_equal(&now, &this->loaded))
		return;
	load_segment(this, GUEST_CS_SELECTOR, regs->cs);
	load_segment(this, GUEST_SS_SELECTOR, regs->ss);
	load_segment(this, GUEST_DS_SELECTOR, ds);
	load_segment(this, GUEST_ES_SELECTOR, es);
	load_segment(this, GUEST_FS_SELECTOR, fs);
	load_segment(this, GUEST_GS_SELECTOR, gs);
	this->loaded = now;
}

/*
 * Loads segments that are not those of a 64-bit thread, or were not the last time.
 * Return: false if the CPU is not to be used, which is another reason for a call.
 */
bool vmx_load_segments(struct vmx_cpu *this, const struct pt_regs *regs)
{
	if (!this->on || this->cpu.broken)
		return false;
	load_changed(this, regs);
	this->segments = vctx_segments_before_stay(&this->loaded);
	return true;
}

/* Saves the segments if the guest has loaded some, or has set TF. */
void vmx_save_segments(struct vmx_cpu *this, struct pt_regs *regs)
{
	u16 ds = vmx_read(GUEST_DS_SELECTOR);
	u16 es = vmx_read(GUEST_ES_SELECTOR);
	u16 fs = vmx_read(GUEST_FS_SELECTOR);
	u16 gs = vmx_read(GUEST_GS_SELECTOR);

	loadsegment(ds, ds);
	loadsegment(es, es);
	if (fs) {
		loadsegment(fs, fs);
		/* That has loaded the base, too, as the guest's own load did. */
		wrfsbase(vmx_read(GUEST_FS_BASE));
	}
	if (gs) {
		load_gs_index(gs);
		vmx_set_user_gs_base(vmx_read(GUEST_GS_BASE));
	}
	this->segments = vctx_segments_after_stay(&this->loaded, regs,
			vctx_segments_data(ds, es, fs, gs));

	/* A single step that is pending would not fit the next entry's RFLAGS. */
	if (regs->flags & X86_EFLAGS_TF)
		vmx_write(GUEST_PENDING_DBG_EXCEPTIONS, 0);
}

/* What the guest has, and what an exit loads. */
void vmx_set_fs_base(struct vmx_cpu *this, unsigned long base)
{
	vmx_write(GUEST_FS_BASE, base);
	vmx_write(HOST_FS_BASE, base);
	this->fs_base = base;
}

/**
 * vmx_set_tag - set the VPID of the next entries; see struct vctx_backend_ops
 * @tag: the VPID less VMX_FIRST_VPID
 * @nested: with nested paging
 * @flush: forget what is cached under it
 */
void vmx_set_tag(unsigned int tag, bool nested, bool flush)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	u16 vpid = VMX_FIRST_VPID + tag;

	if (nested != this->nested)
		vmx_vmcs_set_paging(this, nested);
	/* Without VPIDs, each entry and each exit flushes everything. */
	if (!(vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_VPID))
		return;
	vmx_write(VIRTUAL_PROCESSOR_ID, vpid);
	if (flush)
		vmx_invvpid(VMX_VPID_EXTENT_SINGLE_CONTEXT, vpid);
}
