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

/* Where it is KVM's, another VMCS is current until then. */
static int before_vmx_stay(struct kprobe *probe, struct pt_regs *regs)
{
	if (smp_processor_id() == cpu)
		due = true;
	return 0;
}

static struct kprobe before_try = { };

/* By who has enabled virtualisation: see kmod/backend.h. */
static struct kprobe before_run = { }, before_stay = { };

static struct kretprobe begin = {
	.handler = after_begin,
	.kp.symbol_name = "vmx_begin_any_stay",
};

static struct kprobe *probes[2];
static int nr_probes;

static void probe(struct kprobe *probe, const char *symbol,
		  kprobe_pre_handler_t handler)
{
	probe->symbol_name = symbol;
	probe->pre_handler = handler;
	probes[nr_probes++] = probe;
}

static int __init spoil_init(void)
{
	bool svm = boot_cpu_has(X86_FEATURE_SVM);
	int ret;

	if (trial) {
		probe(&before_try, svm ? "svm_try" : "vmx_try",
		      svm ? before_svm : before_vmx);
	} else if (svm) {
		probe(&before_run, "svm_on_user_return", before_svm);
		probe(&before_stay, "svm_on_user_return_per_stay", before_svm);
	} else {
		probe(&before_run, "vmx_on_user_return", before_vmx);
		probe(&before_stay, "vmx_on_user_return_per_stay",
		      before_vmx_stay);
	}
	ret = register_kprobes(probes, nr_probes);
	if (ret || svm)
		return ret;
	ret = register_kretprobe(&begin);
	if (ret)
		unregister_kprobes(probes, nr_probes);
	return ret;
}

static void __exit spoil_exit(void)
{
	if (!boot_cpu_has(X86_FEATURE_SVM))
		unregister_kretprobe(&begin);
	unregister_kprobes(probes, nr_probes);
}

module_init(spoil_init);
module_exit(spoil_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of vcontext: a processor that refuses an entry");
