// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVM on each CPU: enabled by us from the first context to the last, or for one stay in
 * the guest, or by KVM, whose SVM a stay uses as it finds it.
 */
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "owner.h"
#include "share.h"
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
 * between a guest and the host is not, unless this bit is set.  KVM sets it, too, and
 * clears it with its last virtual machine.
 */
static void set_bp_spec_reduce(bool set)
{
#ifdef VCTX_COMPAT_BP_SPEC_REDUCE
	const u64 bit = BIT_ULL(MSR_ZEN4_BP_CFG_BP_SPEC_REDUCE_BIT);
	u64 value;

	if (static_cpu_has(X86_FEATURE_SRSO_BP_SPEC_REDUCE) &&
	    !rdmsrq_safe(MSR_ZEN4_BP_CFG, &value) && !(value & bit) == set)
		wrmsrq_safe(MSR_ZEN4_BP_CFG, set ? value | bit : value & ~bit);
#endif
}

static void disable(void)
{
	wrmsrq(MSR_EFER, read_efer() & ~(u64)EFER_SVME);
}

static bool enable(struct svm_cpu *this)
{
	if (!wrmsrq_safe(MSR_EFER, read_efer() | EFER_SVME) &&
	    !wrmsrq_safe(MSR_VM_HSAVE_PA, __pa(this->host_save)))
		return true;
	disable();
	return false;
}

/*
 * VMRUN raises #GP, with the user's GS, while there is no area for the host's state: KVM
 * enables SVM before it has set the area, and disables it after.
 */
static bool has_host_save(void)
{
	u64 address;

	rdmsrq(MSR_VM_HSAVE_PA, address);
	return address;
}

/* Has SVM enabled, by us or by KVM. */
static bool begin(struct svm_cpu *this)
{
	this->own = false;
	if (this->cpu.pinned)
		return true;
	if (read_efer() & EFER_SVME)
		return has_host_save();
	this->own = enable(this);
	return this->own;
}

static void end(struct svm_cpu *this)
{
	if (this->own)
		disable();
	this->own = false;
}

/*
 * AMD's processors have no SYSENTER in long mode, and programs do not use it.  If a
 * processor has it, it would enter the kernel in the guest.
 */
static void forbid_sysenter(void)
{
	wrmsrq(MSR_IA32_SYSENTER_CS, 0);
}

/* What a virtual machine has left: its ratio of TSCs, and the host's SYSENTER by VMLOAD. */
static noinline void arrive(struct svm_cpu *this)
{
	u64 ratio;

	vctx_share_arrive(&this->cpu);
	forbid_sysenter();
	this->vmcb->control.clean = 0;
	this->kvm_ratio = 0;
	if (svm_capability.tsc_ratio && !rdmsrq_safe(MSR_AMD64_TSC_RATIO, &ratio) &&
	    ratio != svm_capability.tsc_ratio)
		this->kvm_ratio = ratio;
}

/* The slow half of svm_begin_stay(). */
int svm_begin_any_stay(struct svm_cpu *this)
{
	if (!this->on || this->cpu.broken || !begin(this))
		return VCTX_NATIVE_CPU;
	if (!this->own) {
		if (!vctx_share_may_borrow())
			return VCTX_NATIVE_CPU;
		/* While KVM has SVM, perf's counters do not count in guests, unless asked to. */
		if (vctx_compat_has_perf_events(current))
			return VCTX_NATIVE_NMI;
	} else {
		/* It is not said that the processor's copy of the VMCB survives. */
		this->vmcb->control.clean = 0;
	}
	if (unlikely(!this->cpu.mine))
		arrive(this);
	/* KVM knows which ratio it has written last, and writes none that it believes there. */
	if (unlikely(this->kvm_ratio))
		wrmsrq(MSR_AMD64_TSC_RATIO, svm_capability.tsc_ratio);
	set_bp_spec_reduce(true);
	return -1;
}

/* The slow half of svm_end_stay(). */
void svm_end_any_stay(struct svm_cpu *this)
{
	if (unlikely(this->kvm_ratio))
		wrmsrq(MSR_AMD64_TSC_RATIO, this->kvm_ratio);
	end(this);
}

static int enable_for_stays(struct svm_cpu *this)
{
	if (!begin(this) || (!this->own && !vctx_share_may_borrow())) {
		end(this);
		return -EBUSY;
	}
	this->cpu.pinned = !this->own && vctx_owner_pinned();
	svm_vmcb_setup(this);
	end(this);
	return 0;
}

static int enable_lasting(struct svm_cpu *this)
{
	if (read_efer() & EFER_SVME)
		return -EBUSY;
	if (!enable(this))
		return -EIO;
	this->lasting = true;
	/* The ratio that a virtual machine has left would show in the guest's RDTSC. */
	if (svm_capability.tsc_ratio)
		wrmsrq_safe(MSR_AMD64_TSC_RATIO, svm_capability.tsc_ratio);
	set_bp_spec_reduce(true);
	svm_vmcb_setup(this);
	return 0;
}

int svm_cpu_enable(bool per_stay)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);
	int ret;

	lockdep_assert_irqs_disabled();
	ret = per_stay ? enable_for_stays(this) : enable_lasting(this);
	if (ret)
		return ret;
	rdmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	forbid_sysenter();
	this->on = true;
	return 0;
}

static void disable_lasting(struct svm_cpu *this)
{
	this->lasting = false;
	set_bp_spec_reduce(false);
	wrmsrq(MSR_VM_HSAVE_PA, 0);
	disable();
}

/* KVM gives our ASIDs to its virtual machines, and flushes them only when it begins anew. */
static void disable_for_stays(struct svm_cpu *this)
{
	if (begin(this)) {
		vctx_tlb_leave();
		/* If KVM has SVM enabled, it may rely on these. */
		if (this->own) {
			set_bp_spec_reduce(false);
			wrmsrq(MSR_VM_HSAVE_PA, 0);
		}
		end(this);
	}
	this->cpu.pinned = false;
}

void svm_cpu_disable(void)
{
	struct svm_cpu *this = this_cpu_ptr(&svm_cpu);

	lockdep_assert_irqs_disabled();
	if (!this->on)
		return;
	this->on = false;
	this->segments = VCTX_SEGMENTS_UNKNOWN;
	wrmsrq(MSR_IA32_SYSENTER_CS, this->sysenter_cs);
	if (this->lasting)
		disable_lasting(this);
	else
		disable_for_stays(this);
}
