// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts and virtual machines on the same CPU.  To what a processor tags as a guest's,
 * which is its TLB and its branch predictor, a context and a virtual CPU are two guests:
 * neither may find what the other has left.
 *
 * KVM's tracepoint kvm_entry is the one exact sign that a CPU is about to enter a virtual
 * machine; it comes with interrupts off.  Its probe hands the CPU over, and the next stay
 * of a context takes it back.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <asm/cpufeature.h>
#include <asm/hypervisor.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "backend.h"
#include "cpu.h"
#include "owner.h"
#include "share.h"
#include "tlb.h"
#include "trace.h"

/*
 * How long the probe stays after the last context.  To detach a probe and attach it again
 * takes a grace period of RCU, which programs that follow each other would wait for.
 */
#define LINGER	(10 * HZ)

bool vctx_share_watching;

/* How many have got it: if any, there are contexts, or are about to be. */
static atomic_t users = ATOMIC_INIT(0);

/* Protects what follows, and the probe. */
static DEFINE_MUTEX(lock);
static struct tracepoint *kvm_entry;

/* Nothing that one guest has trained may steer another: as KVM does between two of its own. */
void vctx_share_flush_predictor(void)
{
	if (boot_cpu_has(X86_FEATURE_IBPB) && !cpu_mitigations_off())
		native_wrmsrq(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
}

/* A virtual CPU is about to be entered. */
static notrace void on_kvm_entry(void *data, void *vcpu, bool immediate_exit)
{
	struct vctx_cpu *this;
	unsigned long flags;

	local_irq_save(flags);
	this = vctx_cpu_this();
	if (this->mine) {
		this->mine = false;
		trace_vctx_handover(vctx_tlb_leave());
		vctx_share_flush_predictor();
	}
	local_irq_restore(flags);
}

/**
 * vctx_share_arrive - a context is about to run where a virtual CPU may have run before
 * @this: this CPU, with interrupts off; @this->mine is false
 */
void vctx_share_arrive(struct vctx_cpu *this)
{
	if (vctx_backend->flush_tags)
		vctx_tlb_reset();
	vctx_share_flush_predictor();
	this->mine = true;
}

/* Under Hyper-V, KVM may have a VMCS that no instruction tells of. */
static bool has_enlightened_vmcs(void)
{
	return hypervisor_is_type(X86_HYPER_MS_HYPERV) &&
	       cpuid_eax(0x40000004) & BIT(14);
}

/* Whether contexts could be had while KVM has virtualisation enabled. */
bool vctx_share_is_possible(void)
{
	return vctx_owner_has_kvm() && READ_ONCE(kvm_entry) &&
	       READ_ONCE(vctx_policy.share) && !has_enlightened_vmcs();
}

static void watch(void)
{
	lockdep_assert_held(&lock);
	if (vctx_share_watching || !kvm_entry || has_enlightened_vmcs())
		return;
	if (tracepoint_probe_register(kvm_entry, on_kvm_entry, NULL))
		pr_warn("cannot attach to KVM's tracepoint kvm_entry; threads run natively while it has virtual machines\n");
	else
		WRITE_ONCE(vctx_share_watching, true);
}

static void unwatch(void)
{
	lockdep_assert_held(&lock);
	if (!vctx_share_watching)
		return;
	WRITE_ONCE(vctx_share_watching, false);
	tracepoint_probe_unregister(kvm_entry, on_kvm_entry, NULL);
}

static void linger(struct work_struct *work)
{
	mutex_lock(&lock);
	if (!atomic_read(&users))
		unwatch();
	mutex_unlock(&lock);
}

static DECLARE_DELAYED_WORK(linger_work, linger);

/**
 * vctx_share_get - contexts are about to begin
 *
 * Before any lock of CPU hot-plug, for that is taken here.  May sleep.
 */
void vctx_share_get(void)
{
	atomic_inc(&users);
	/*
	 * KVM's modules come with the tracepoint first, and then with a refresh, which looks
	 * for users; models/share.pml.
	 */
	smp_mb__after_atomic();
	if (READ_ONCE(kvm_entry))
		vctx_share_refresh();
}

/**
 * vctx_share_refresh - KVM may have come, or has enabled virtualisation
 *
 * May sleep.
 */
void vctx_share_refresh(void)
{
	mutex_lock(&lock);
	if (atomic_read(&users)) {
		watch();
		if (vctx_share_may_borrow())
			vctx_owner_pin();
	}
	mutex_unlock(&lock);
}

/**
 * vctx_share_put - undoes vctx_share_get(); if that was the last one, no CPU is enabled
 */
void vctx_share_put(void)
{
	/* A pin that is under way when the last user goes is seen to here; models/share.pml. */
	if (!atomic_dec_and_test(&users) || !READ_ONCE(kvm_entry))
		return;
	mutex_lock(&lock);
	if (!atomic_read(&users)) {
		vctx_owner_unpin();
		schedule_delayed_work(&linger_work, LINGER);
	}
	mutex_unlock(&lock);
}

static void find_entry(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "kvm_entry"))
		WRITE_ONCE(kvm_entry, tp);
}

static void lost(struct tracepoint *tp)
{
	if (tp != kvm_entry)
		return;
	unwatch();
	WRITE_ONCE(kvm_entry, NULL);
}

/* The tracepoints of KVM come and go with its module kvm. */
static int on_tracepoints(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	const struct tp_module *tp_module = data;
	const struct module *module = tp_module->mod;
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < module->num_tracepoints; i++) {
		struct tracepoint *tp =
			tracepoint_ptr_deref(&module->tracepoints_ptrs[i]);

		if (event == MODULE_STATE_COMING)
			find_entry(tp, NULL);
		else
			lost(tp);
	}
	mutex_unlock(&lock);
	return NOTIFY_OK;
}

static struct notifier_block tracepoint_notifier = {
	.notifier_call = on_tracepoints,
};

/**
 * vctx_share_init - be ready to share the CPUs with KVM
 *
 * Return: 0 or -errno.
 */
int __init vctx_share_init(void)
{
	for_each_kernel_tracepoint(find_entry, NULL);
	return register_tracepoint_module_notifier(&tracepoint_notifier);
}

void vctx_share_exit(void)
{
	cancel_delayed_work_sync(&linger_work);
	unregister_tracepoint_module_notifier(&tracepoint_notifier);
	mutex_lock(&lock);
	unwatch();
	mutex_unlock(&lock);
	tracepoint_synchronize_unregister();
}
