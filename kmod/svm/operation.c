// SPDX-License-Identifier: GPL-2.0-only
/* SVM: on and off, on each CPU. */
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "svm.h"

static u64 read_efer(void)
{
	u64 efer;

	rdmsrq(MSR_EFER, efer);
	return efer;
}

/* Somebody else uses SVM if the bit is set and we have not set it. */
bool svm_busy(void)
{
	return !this_cpu_read(svm_cpu.on) && read_efer() & EFER_SVME;
}

/*
 * On Zen 5 the boundary between user mode and the kernel is safe from SRSO, but that
 * between a guest and the host is not, unless this bit is set.  KVM does the same while
 * it has the CPU.
 */
static void set_bp_spec_reduce(bool set)
{
#ifdef VCTX_COMPAT_BP_SPEC_REDUCE
	const u64 bit = BIT_ULL(MSR_ZEN4_BP_CFG_BP_SPEC_REDUCE_BIT);
	u64 value;

	if (boot_cpu_has(X86_FEATURE_SRSO_BP_SPEC_REDUCE) &&
	    !rdmsrq_safe(MSR_ZEN4_BP_CFG, &value))
		wrmsrq_safe(MSR_ZEN4_BP_CFG, set ? value | bit : value & ~bit);
#endif
}

int svm_cpu_enable(void)
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
	 * AMD's processors have no SYSENTER in long mode, and programs do not use
	 * it.  If a processor has it, it would enter the kernel in the guest.
	 */
	rdmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	wrmsrq(MSR_IA32_SYSENTER_CS, 0);
	/* The ratio that a virtual machine has left would show in the guest's RDTSC. */
	if (svm_capability.tsc_ratio)
		wrmsrq_safe(MSR_AMD64_TSC_RATIO, svm_capability.tsc_ratio);
	set_bp_spec_reduce(true);
	svm_vmcb_setup(this);
	this->on = true;
	return 0;
}

void svm_cpu_disable(void)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = true;
	set_bp_spec_reduce(false);
	wrmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	wrmsrq(MSR_VM_HSAVE_PA, 0);
	wrmsrq(MSR_EFER, read_efer() & ~(u64)EFER_SVME);
}
