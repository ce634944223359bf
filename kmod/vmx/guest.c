// SPDX-License-Identifier: GPL-2.0
/*
 * The state of a thread that changes from entry to entry: into the VMCS from
 * where the kernel keeps it, and back.
 */
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/msr.h>
#include <asm/segment.h>

#include "vmx.h"

/* FS is the user's while in the kernel; of GS, it is the one swapped out. */
static __always_inline unsigned long fs_base(void)
{
	unsigned long base;

	if (static_cpu_has(X86_FEATURE_FSGSBASE))
		return rdfsbase();
	rdmsrl(MSR_FS_BASE, base);
	return base;
}

static __always_inline void set_fs_base(unsigned long base)
{
	if (static_cpu_has(X86_FEATURE_FSGSBASE))
		wrfsbase(base);
	else
		wrmsrl(MSR_FS_BASE, base);
}

static __always_inline unsigned long user_gs_base(void)
{
	unsigned long base;

	rdmsrl(MSR_KERNEL_GS_BASE, base);
	return base;
}

static __always_inline u16 ds(void) { u16 s; savesegment(ds, s); return s; }
static __always_inline u16 es(void) { u16 s; savesegment(es, s); return s; }
static __always_inline u16 fs(void) { u16 s; savesegment(fs, s); return s; }
static __always_inline u16 gs(void) { u16 s; savesegment(gs, s); return s; }

/* The hidden parts that a load of @selector would give, from the host's GDT. */
static void write_segment(unsigned long selector_field, u16 selector,
			  unsigned long base_field, bool write_base)
{
	/* The fields of one segment are spaced alike for all of them. */
	unsigned long nr = selector_field - GUEST_ES_SELECTOR;
	u32 ar = 0x10000, limit = 0;
	unsigned long base = 0;

	if (selector & ~3) {
		const struct desc_struct *desc =
			(void *)get_cpu_gdt_ro(smp_processor_id());

		desc += selector >> 3;
		/* LAR's layout; a loaded segment is an accessed one. */
		ar = (((const u32 *)desc)[1] >> 8 & 0xf0ff) | 1;
		limit = get_desc_limit(desc);
		if (desc->g)
			limit = limit << 12 | 0xfff;
		base = get_desc_base(desc);
	}
	vmx_write(selector_field, selector);
	vmx_write(GUEST_ES_LIMIT + nr, limit);
	vmx_write(GUEST_ES_AR_BYTES + nr, ar);
	if (write_base)
		vmx_write(base_field, base);
}

static noinline void load_segments(struct vmx_cpu *this)
{
	vmx_vmcs_plain_segments();
	write_segment(GUEST_DS_SELECTOR, ds(), GUEST_DS_BASE, true);
	write_segment(GUEST_ES_SELECTOR, es(), GUEST_ES_BASE, true);
	/* These two have bases of their own, which need not be the GDT's. */
	write_segment(GUEST_FS_SELECTOR, fs(), GUEST_FS_BASE, false);
	write_segment(GUEST_GS_SELECTOR, gs(), GUEST_GS_BASE, false);
	this->plain = !(ds() | es() | fs() | gs());
}

/*
 * The page tables are the process's own: with page-table isolation those that
 * user mode has, in which the kernel is not mapped.
 */
static noinline void sync_cr3(struct vmx_cpu *this, unsigned long cr3)
{
	unsigned long guest = cr3 & PAGE_MASK & ~X86_CR3_PCID_NOFLUSH;

#ifdef CONFIG_PAGE_TABLE_ISOLATION
	if (static_cpu_has(X86_FEATURE_PTI))
		guest |= BIT(PAGE_SHIFT);
#endif
	vmx_write(HOST_CR3, cr3);
	vmx_write(GUEST_CR3, guest);
	this->host_cr3 = cr3;
}

/* Tags are VPIDs here, so the guest needs no PCIDs. */
static noinline void sync_cr4(struct vmx_cpu *this, unsigned long cr4)
{
	vmx_write(HOST_CR4, cr4);
	vmx_write(GUEST_CR4, cr4 & ~X86_CR4_PCIDE);
	vmx_write(CR4_READ_SHADOW, cr4);
	this->host_cr4 = cr4;
}

/**
 * vmx_load - user state of current into the guest; see struct vctx_hw_ops
 * @regs: of current
 */
bool vmx_load(struct pt_regs *regs)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	unsigned long gs_base;

	if (unlikely(!this->on))
		return false;
	if (unlikely(!this->plain || ds() | es() | fs() | gs()))
		load_segments(this);

	vmx_write(GUEST_RIP, regs->ip);
	vmx_write(GUEST_RSP, regs->sp);
	vmx_write(GUEST_RFLAGS, regs->flags);
	/* An exit in the shadow of MOV SS has left its mark. */
	vmx_write(GUEST_INTERRUPTIBILITY_INFO, 0);
	vmx_write(GUEST_FS_BASE, fs_base());
	gs_base = user_gs_base();
	if (gs_base != this->gs_base) {
		vmx_write(GUEST_GS_BASE, gs_base);
		this->gs_base = gs_base;
	}
	return true;
}

/**
 * vmx_sync_host - what the host may have changed since the last entry
 * @this: of this CPU
 */
void vmx_sync_host(struct vmx_cpu *this)
{
	unsigned long cr3 = __native_read_cr3();
	unsigned long cr4 = __read_cr4();

	if (unlikely(cr3 != this->host_cr3))
		sync_cr3(this, cr3);
	if (unlikely(cr4 != this->host_cr4))
		sync_cr4(this, cr4);
}

static noinline void save_segments(struct pt_regs *regs)
{
	u16 fs = vmx_read(GUEST_FS_SELECTOR);
	u16 gs = vmx_read(GUEST_GS_SELECTOR);

	loadsegment(ds, vmx_read(GUEST_DS_SELECTOR));
	loadsegment(es, vmx_read(GUEST_ES_SELECTOR));
	if (fs)
		loadsegment(fs, fs);
	if (gs) {
		load_gs_index(gs);
		wrmsrl(MSR_KERNEL_GS_BASE, vmx_read(GUEST_GS_BASE));
	}
}

/**
 * vmx_save - user state from the guest to the kernel's places for it
 * @regs: of current
 */
void vmx_save(struct pt_regs *regs)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	unsigned long gs_base;

	regs->ip = vmx_read(GUEST_RIP);
	regs->sp = vmx_read(GUEST_RSP);
	regs->flags = vmx_read(GUEST_RFLAGS);
	regs->cs = vmx_read(GUEST_CS_SELECTOR);
	regs->ss = vmx_read(GUEST_SS_SELECTOR);
	/* The guest's own POPF may have left a single step pending. */
	if (unlikely(regs->flags & X86_EFLAGS_TF))
		vmx_write(GUEST_PENDING_DBG_EXCEPTIONS, 0);

	gs_base = vmx_read(GUEST_GS_BASE);
	if (unlikely(gs_base != this->gs_base)) {
		wrmsrl(MSR_KERNEL_GS_BASE, gs_base);
		this->gs_base = gs_base;
	}
	if (unlikely(vmx_read(GUEST_DS_SELECTOR) | vmx_read(GUEST_ES_SELECTOR) |
		     vmx_read(GUEST_FS_SELECTOR) | vmx_read(GUEST_GS_SELECTOR) |
		     (regs->cs ^ __USER_CS) | (regs->ss ^ __USER_DS))) {
		save_segments(regs);
		this->plain = false;
	}
	set_fs_base(vmx_read(GUEST_FS_BASE));

	/* A VM exit makes the limit 64 KiB, which LSL and SGDT would show. */
	native_load_gdt(&this->gdt);
}

/**
 * vmx_set_tag - the VPID for the next entries; see struct vctx_hw_ops
 * @tag: VPID less 1, for 0 is the host's
 * @flush: forget what is cached under it
 */
void vmx_set_tag(unsigned int tag, bool flush)
{
	u16 vpid = tag + 1;

	/* Without VPIDs each entry and exit flushes all. */
	if (!(vmx_capability.cpu2 & SECONDARY_EXEC_ENABLE_VPID))
		return;
	vmx_write(VIRTUAL_PROCESSOR_ID, vpid);
	if (flush)
		vmx_invvpid(VMX_VPID_EXTENT_SINGLE_CONTEXT, vpid);
}
