// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushing ASIDs without running anybody under them.  Only VMRUN flushes an ASID, so a
 * VMCB of its own is run, whose virtual interrupt ends the stay before its first
 * instruction.
 */
#include <asm/mem_encrypt.h>
#include <asm/debugreg.h>
#include <asm/msr.h>

#include "svm.h"

/* The VMCB's guest has empty page tables, and nothing of a thread. */
void svm_flush_setup(struct svm_cpu *this)
{
	struct vmcb_control_area *control = &this->flush->control;
	struct vmcb_save_area *save = &this->flush->save;

	memcpy(this->flush, this->vmcb, sizeof(*this->flush));
	control->intercepts[INTERCEPT_VINTR / 32] |= BIT(INTERCEPT_VINTR % 32);
	control->int_ctl = V_IRQ_MASK | V_IGN_TPR_MASK;
	control->tlb_ctl = svm_capability.flush;
	control->clean = 0;
	save->cr3 = __sme_pa(empty_zero_page);
	save->cr4 = X86_CR4_PAE;
	save->rflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	save->rip = 0;
	save->rsp = 0;
}

/*
 * No instruction is executed there, so that registers stay as they are.  Interrupts and
 * NMIs are held after the exit.
 */
static void run(struct vmcb *vmcb)
{
	unsigned long pa = __sme_pa(vmcb);

	asm volatile("1: vmrun %%rax\n\t"
		     "stgi\n"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : "+a" (pa) : : "cc", "memory");
}

/**
 * svm_flush_tags - see struct vctx_backend_ops
 * @tags: a set of them
 */
void svm_flush_tags(unsigned int tags)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);
	unsigned long dr7, set = tags;
	unsigned int tag;

	get_debugreg(dr7, 7);
	for_each_set_bit(tag, &set, 8 * sizeof(tags)) {
		this->flush->control.asid = svm_capability.first_asid + tag;
		this->flush->control.clean = 0;
		run(this->flush);
		/* Without a flush by ASID, one flushes all. */
		if (svm_capability.flush == TLB_CONTROL_FLUSH_ALL_ASID)
			break;
	}
	/* The exit has disabled all breakpoints. */
	set_debugreg(dr7, 7);
}
