// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spoils what vcontext has prepared for a processor, on one CPU, right before an entry:
 * the processor refuses it.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <asm/processor-flags.h>

#include "svm/svm.h"
#include "vmx/vmx_ops.h"

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "The CPU");

static bool trial;
module_param(trial, bool, 0444);
MODULE_PARM_DESC(trial, "Spoil the trial entry of the CPU, and not those of threads");

/* The entry that is to be spoiled is about to be prepared. */
static bool due;

/* There is no such activity state. */
static void spoil_vmcs(void)
{
	if (smp_processor_id() == cpu && due && __read_cr4() & X86_CR4_VMXE)
		vmx_write(GUEST_ACTIVITY_STATE, 7);
}

/* Both the hook of a context and what the trial is called with begin struct svm_cpu. */
static void spoil_vmcb(struct svm_cpu *this)
{
	if (smp_processor_id() != cpu)
		return;
	this->vmcb->save.cr0 |= X86_CR0_NW;
	this->vmcb->save.cr0 &= ~X86_CR0_CD;
	this->vmcb->control.clean = 0;
}

static int before_vmx(struct kprobe *probe, struct pt_regs *regs)
{
	if (smp_processor_id() == cpu)
		due = true;
	spoil_vmcs();
	return 0;
}

static int before_svm(struct kprobe *probe, struct pt_regs *regs)
{
	BUILD_BUG_ON(offsetof(struct svm_cpu, cpu.hook));
	spoil_vmcb((void *)regs->di);
	return 0;
}

/* Where VMX operation lasts for one stay, the VMCS is there from then on. */
static int after_begin(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	spoil_vmcs();
	return 0;
}

static struct kprobe before = { };
static struct kretprobe begin = {
	.handler = after_begin,
	.kp.symbol_name = "vmx_begin_stay",
};

static int __init spoil_init(void)
{
	bool svm = boot_cpu_has(X86_FEATURE_SVM);
	int ret;

	before.pre_handler = svm ? before_svm : before_vmx;
	if (trial)
		before.symbol_name = svm ? "svm_try" : "vmx_try";
	else
		before.symbol_name = svm ? "svm_on_user_return" :
					   "vmx_on_user_return";
	ret = register_kprobe(&before);
	if (ret || svm)
		return ret;
	ret = register_kretprobe(&begin);
	if (ret)
		unregister_kprobe(&before);
	return ret;
}

static void __exit spoil_exit(void)
{
	if (!boot_cpu_has(X86_FEATURE_SVM))
		unregister_kretprobe(&begin);
	unregister_kprobe(&before);
}

module_init(spoil_init);
module_exit(spoil_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: a processor that refuses an entry");
