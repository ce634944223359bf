// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMCB of a CPU: everything in it that does not change from entry to entry.
 * guest.h has the rest.
 *
 * The VMCB controls FS, GS, TR, LDTR and the MSRs that belong to them only if VMLOAD
 * and VMSAVE are used.  They are not used here: the guest runs with the values of the
 * host, which are the thread's, but for SWAPGS.
 */
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "idmap.h"
#include "svm.h"

/*
 * Intercepted beside exceptions: what must not happen in a guest, and what would show
 * that it is one.  At CPL 3, everything else in SVM's list raises an exception first,
 * or does what it does natively.
 */
static const u8 intercepts[] = {
	INTERCEPT_INTR,
	INTERCEPT_NMI,
	INTERCEPT_SMI,
	INTERCEPT_INIT,
	INTERCEPT_SHUTDOWN,
	INTERCEPT_STORE_IDTR,
	INTERCEPT_ICEBP,
	INTERCEPT_VMRUN,
	INTERCEPT_VMMCALL,
};

static void fill_control(struct vmcb_control_area *control)
{
	int i;

	/* Each exception exits, to be raised again natively. */
	control->intercepts[INTERCEPT_EXCEPTION] = ~(u32)BIT(X86_TRAP_NMI);
	for (i = 0; i < ARRAY_SIZE(intercepts); i++)
		control->intercepts[intercepts[i] / 32] |=
			BIT(intercepts[i] % 32);
	control->asid = svm_capability.first_asid;
	control->misc_ctl = SVM_MISC_ENABLE_NP;
	control->nested_cr3 = vctx_idmap_root();
}

/*
 * There is no interrupt table: nothing is ever delivered in the guest.  The descriptor
 * table is the host's own, read-only alias, so that LSL, LAR and segment loads
 * find what they find natively; it is mapped for user mode too.
 */
static void fill_save(struct svm_cpu *this, struct vmcb_save_area *save)
{
	u64 efer;

	rdmsrq(MSR_EFER, efer);
	rdmsrq(MSR_IA32_CR_PAT, save->g_pat);
	save->efer = efer & ~(u64)EFER_SCE;
	save->cr0 = read_cr0();
	save->dr6 = SVM_DR6_NONE;
	save->dr7 = BIT(10);
	save->cpl = 3;
	save->gdtr.base = this->gdt.address;
	save->gdtr.limit = this->gdt.size;
}

/**
 * svm_vmcb_setup - fill this CPU's VMCB the first time
 * @this: of this CPU, EFER.SVME set, interrupts off
 */
void svm_vmcb_setup(struct svm_cpu *this)
{
	if (!this->filled) {
		native_store_gdt(&this->gdt);
		fill_control(&this->vmcb->control);
		fill_save(this, &this->vmcb->save);
		svm_flush_setup(this);
		this->filled = true;
	}
	/* Whoever has used SVM meanwhile may have used the processor's cache. */
	this->vmcb->control.clean = 0;
	/* The first load is to write all segments. */
	this->segments = VCTX_SEGMENTS_UNKNOWN;
}
