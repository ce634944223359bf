// SPDX-License-Identifier: GPL-2.0-only
/* SVM: on and off, on each CPU. */
#include <linux/gfp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "svm.h"

DEFINE_PER_CPU(struct svm_cpu, svm_cpu) = { .segments = true };

static struct vctx_cpu *svm_generic_cpu(int cpu)
{
	return &per_cpu_ptr(&svm_cpu, cpu)->cpu;
}

static void *alloc_page_for(int cpu)
{
	struct page *page = alloc_pages_node(cpu_to_node(cpu),
					     GFP_KERNEL | __GFP_ZERO, 0);

	return page ? page_address(page) : NULL;
}

static void svm_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct svm_cpu *this = per_cpu_ptr(&svm_cpu, cpu);

		free_page((unsigned long)this->host_save);
		free_page((unsigned long)this->vmcb);
	}
}

static int __init svm_init(void)
{
	int ret, cpu;

	ret = svm_capability_init();
	if (ret != VCTX_AVAILABLE)
		return ret;
	for_each_possible_cpu(cpu) {
		struct svm_cpu *this = per_cpu_ptr(&svm_cpu, cpu);

		this->host_save = alloc_page_for(cpu);
		this->vmcb = alloc_page_for(cpu);
		if (!this->host_save || !this->vmcb) {
			svm_exit();
			return -ENOMEM;
		}
	}
	return VCTX_AVAILABLE;
}

static u64 read_efer(void)
{
	u64 efer;

	rdmsrq(MSR_EFER, efer);
	return efer;
}

/* Whoever uses SVM has set the bit, and it was not us. */
static bool svm_busy(void)
{
	return !this_cpu_read(svm_cpu.on) && read_efer() & EFER_SVME;
}

static int svm_cpu_enable(void)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);

	lockdep_assert_irqs_disabled();
	if (svm_busy())
		return -EBUSY;
	if (wrmsrq_safe(MSR_EFER, read_efer() | EFER_SVME) ||
	    wrmsrq_safe(MSR_VM_HSAVE_PA, __pa(this->host_save))) {
		wrmsrq(MSR_EFER, read_efer() & ~(u64)EFER_SVME);
		return -EIO;
	}
	/*
	 * AMD's processors have no SYSENTER in long mode, and programs use none.
	 * On one that has it, it would enter the kernel in the guest.
	 */
	rdmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	wrmsrq(MSR_IA32_SYSENTER_CS, 0);
	/* What a virtual machine has left would show in the guest's RDTSC. */
	if (svm_capability.tsc_ratio)
		wrmsrq_safe(MSR_AMD64_TSC_RATIO, svm_capability.tsc_ratio);
	svm_vmcb_setup(this);
	this->on = true;
	return 0;
}

static void svm_cpu_disable(void)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = true;
	wrmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	wrmsrq(MSR_VM_HSAVE_PA, 0);
	wrmsrq(MSR_EFER, read_efer() & ~(u64)EFER_SVME);
}

struct vctx_backend_ops vctx_svm_ops = {
	.backend = VCTX_BACKEND_SVM,
	.name = "SVM",
	.kvm = "kvm_amd",
	.init = svm_init,
	.exit = svm_exit,
	.busy = svm_busy,
	.cpu_enable = svm_cpu_enable,
	.cpu_disable = svm_cpu_disable,
	.format = &svm_idmap_format,
	.cpu = svm_generic_cpu,
	.set_tag = svm_set_tag,
	.on_user_return = svm_on_user_return,
	.on_user_return_long = svm_on_user_return_long,
};
