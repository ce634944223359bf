// SPDX-License-Identifier: GPL-2.0-only
/*
 * Possession of the hardware: on which CPUs the back end is enabled, when, and how.
 * The CPUs are enabled while there is at least one context.
 *
 * Virtualisation is kept enabled from one stay to the next only where there is no KVM:
 * KVM refuses to load, or to start a virtual machine, where it finds VMX or SVM enabled.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>
#include <linux/workqueue.h>

#include "backend.h"
#include "cpu.h"
#include "emergency.h"
#include "event.h"
#include "idmap.h"
#include "owner.h"
#include "power.h"
#include "share.h"
#include "tlb.h"
#include "trial.h"

/*
 * How many contexts need the hardware.  The count leaves zero, and reaches it, under
 * users_lock only; the lock nests in cpus_read_lock(), so that the callbacks of CPU
 * hot-plug see a stable value without taking it; models/power.pml.
 */
static atomic_t users = ATOMIC_INIT(0);
static DEFINE_MUTEX(users_lock);

/*
 * The machine goes down or starts another kernel: no CPU is enabled any more;
 * models/power.pml.
 */
static bool going_down;

/* The CPUs that can run contexts now; each changes its own bit. */
static struct cpumask enabled;

static enum cpuhp_state hotplug_state;

/**
 * vctx_power_unavailable - whether a context could be had now
 *
 * Return: VCTX_AVAILABLE, or why not.
 */
enum vctx_unavailable vctx_power_unavailable(void)
{
	bool busy;

	if (vctx_backend_unavailable != VCTX_AVAILABLE)
		return vctx_backend_unavailable;
	if (atomic_read(&users))
		return VCTX_AVAILABLE;
	if (vctx_owner_other())
		return VCTX_UNAVAILABLE_BUSY;
	if (vctx_share_is_possible())
		return VCTX_AVAILABLE;
	preempt_disable();
	busy = vctx_backend->busy();
	preempt_enable();
	/* If the first user, on another CPU, has just enabled this one, it is not busy. */
	if (busy && !atomic_read(&users))
		return VCTX_UNAVAILABLE_BUSY;
	return VCTX_AVAILABLE;
}

static bool is_per_stay(void)
{
	return vctx_backend->only_per_stay || vctx_owner_has_kvm();
}

static int enable(bool per_stay)
{
	if (READ_ONCE(going_down))
		return -ESHUTDOWN;
	if (vctx_owner_other())
		return -EBUSY;
	return vctx_backend->cpu_enable(per_stay);
}

/* A CPU that fails its trial is no error: contexts have the others. */
static void cpu_enable(void *error)
{
	struct vctx_cpu *this = vctx_cpu_this();
	int ret;

	if (this->broken || cpumask_test_cpu(smp_processor_id(), &enabled))
		return;
	this->mine = false;
	WRITE_ONCE(this->per_stay, is_per_stay());
	ret = enable(this->per_stay);
	if (ret) {
		WRITE_ONCE(*(int *)error, ret);
		return;
	}
	if (!vctx_trial()) {
		vctx_cpu_break(this);
		vctx_backend->cpu_disable();
		vctx_event_hardware_lost(smp_processor_id(), EIO);
		return;
	}
	vctx_tlb_reset();
	if (!this->per_stay)
		vctx_share_flush_predictor();
	/* The loop of the thread that runs here may be that of another possession. */
	if (this->ctx)
		vctx_cpu_rehook(this);
	cpumask_set_cpu(smp_processor_id(), &enabled);
}

static void cpu_disable(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	cpumask_clear_cpu(smp_processor_id(), &enabled);
	vctx_backend->cpu_disable();
	local_irq_restore(flags);
}

/**
 * vctx_power_cpu_state - whether contexts can run on a CPU
 * @cpu: online
 */
enum vctx_cpu_state vctx_power_cpu_state(int cpu)
{
	if (cpumask_test_cpu(cpu, &enabled) &&
	    !READ_ONCE(per_cpu(vctx_cpu, cpu)->broken))
		return VCTX_CPU_ON;
	return atomic_read(&users) ? VCTX_CPU_FAILED : VCTX_CPU_OFF;
}

/**
 * vctx_power_cpu_owner - who has enabled a CPU's virtualisation
 * @cpu: online
 */
enum vctx_owner vctx_power_cpu_owner(int cpu)
{
	const struct vctx_cpu *that = per_cpu(vctx_cpu, cpu);

	if (vctx_power_cpu_state(cpu) != VCTX_CPU_ON)
		return VCTX_OWNER_NONE;
	if (!READ_ONCE(that->per_stay))
		return VCTX_OWNER_CONTEXTS;
	return READ_ONCE(that->pinned) ? VCTX_OWNER_KVM : VCTX_OWNER_STAY;
}

/* Return: what is slower for want of a virtualisation that lasts; VCTX_LIMIT_*. */
u64 vctx_power_limits(void)
{
	bool pinned = vctx_owner_pinned();

	/* What the first context will find. */
	if (!atomic_read(&users))
		pinned = vctx_share_is_possible() && vctx_owner_is_lasting();
	return is_per_stay() && !pinned ? VCTX_LIMIT_VMX_OPERATION : 0;
}

/* The caller holds cpus_read_lock(), so that no CPU is missed. */
static enum vctx_unavailable enable_all(void)
{
	int error, tries = 0;

	do {
		error = 0;
		on_each_cpu(cpu_enable, &error, 1);
		/* On some CPU KVM may be about to enter VMX operation, or to leave it. */
	} while (error == -EBUSY && vctx_share_may_borrow() && ++tries < 100 &&
		 !msleep_interruptible(1));
	if (!error && !(vctx_cpu_any_broken && cpumask_empty(&enabled)))
		return VCTX_AVAILABLE;
	on_each_cpu(cpu_disable, NULL, 1);
	return error == -EBUSY ? VCTX_UNAVAILABLE_BUSY : VCTX_UNAVAILABLE_FAILED;
}

/* The caller holds the hardware, or users_lock. */
static enum vctx_unavailable build_idmap(void)
{
	if (vctx_backend->nested_unavailable != VCTX_AVAILABLE)
		return vctx_backend->nested_unavailable;
	switch (vctx_idmap_build()) {
	case 0:
		return VCTX_AVAILABLE;
	case -ENOMEM:
		return VCTX_UNAVAILABLE_MEMORY;
	default:
		/* There is RAM that the tables do not reach. */
		return VCTX_UNAVAILABLE_NESTED;
	}
}

/*
 * How long the identity map stays after the last context.  Programs that follow each other
 * would build it each time.
 */
#define LINGER	(10 * HZ)

static void free_idmap(struct work_struct *work)
{
	mutex_lock(&users_lock);
	if (!atomic_read(&users))
		vctx_idmap_free();
	mutex_unlock(&users_lock);
}

static DECLARE_DELAYED_WORK(free_idmap_work, free_idmap);

/* For the first context.  Where it has nested paging, so has the trial of the CPUs. */
static enum vctx_unavailable enable_first(bool nested)
{
	enum vctx_unavailable why = VCTX_AVAILABLE;

	if (nested)
		why = build_idmap();
	if (why == VCTX_AVAILABLE)
		why = enable_all();
	if (why != VCTX_AVAILABLE)
		vctx_idmap_free();
	return why;
}

static enum vctx_unavailable get(bool nested)
{
	enum vctx_unavailable why = VCTX_AVAILABLE;
	bool first = false;

	if (atomic_inc_not_zero(&users))
		return VCTX_AVAILABLE;

	vctx_share_get();
	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!atomic_inc_not_zero(&users)) {
		why = enable_first(nested);
		first = why == VCTX_AVAILABLE;
		if (first)
			atomic_set(&users, 1);
	}
	mutex_unlock(&users_lock);
	cpus_read_unlock();

	/* The last one puts what the first one has got. */
	if (!first)
		vctx_share_put();
	return why;
}

/**
 * vctx_power_get - take the hardware for one context
 * @nested: the context has nested paging, so that there is to be an identity map
 *
 * May sleep.  Return: VCTX_AVAILABLE, or why not.
 */
enum vctx_unavailable vctx_power_get(bool nested)
{
	enum vctx_unavailable why;

	if (vctx_backend_unavailable != VCTX_AVAILABLE)
		return vctx_backend_unavailable;
	why = get(nested);
	if (why == VCTX_AVAILABLE && nested) {
		why = build_idmap();
		if (why != VCTX_AVAILABLE)
			vctx_power_put();
	}
	vctx_backend_explain(why);
	return why;
}

/**
 * vctx_power_get_more - take the hardware for a context whose parent has it
 *
 * Callable from anywhere.
 */
void vctx_power_get_more(void)
{
	WARN_ON_ONCE(!atomic_inc_not_zero(&users));
}

/**
 * vctx_power_put - give the hardware back for one context; may sleep
 */
void vctx_power_put(void)
{
	bool last;

	if (atomic_add_unless(&users, -1, 1))
		return;

	cpus_read_lock();
	last = atomic_dec_and_mutex_lock(&users, &users_lock);
	if (last) {
		on_each_cpu(cpu_disable, NULL, 1);
		if (vctx_idmap_exists())
			schedule_delayed_work(&free_idmap_work, LINGER);
		mutex_unlock(&users_lock);
	}
	cpus_read_unlock();
	if (last)
		vctx_share_put();
}

/* How many puts are owed to contexts that ended where one cannot sleep. */
static atomic_t owed = ATOMIC_INIT(0);

static void put_owed(struct work_struct *work)
{
	int n = atomic_xchg(&owed, 0);

	while (n--)
		vctx_power_put();
}

static DECLARE_WORK(put_work, put_owed);

/**
 * vctx_power_put_deferred - vctx_power_put() for where one cannot sleep
 */
void vctx_power_put_deferred(void)
{
	if (atomic_add_unless(&users, -1, 1))
		return;
	atomic_inc(&owed);
	schedule_work(&put_work);
}

static void log_owner(void)
{
	static const char *const texts[] = {
		[VCTX_OWNER_NONE] =
			"threads in contexts run natively",
		[VCTX_OWNER_CONTEXTS] =
			"it is enabled for contexts until the last one ends",
		[VCTX_OWNER_STAY] =
			"contexts enable it for each stay, and use KVM's while KVM has it enabled",
		[VCTX_OWNER_KVM] =
			"contexts use KVM's, whose module cannot be unloaded meanwhile",
	};
	static int last = -1;
	int cpu = cpumask_first(&enabled);
	enum vctx_owner now = cpu < nr_cpu_ids ? vctx_power_cpu_owner(cpu) :
						 VCTX_OWNER_NONE;

	if (now != last)
		pr_info("%s: %s\n", vctx_backend->name, texts[now]);
	last = now;
}

/*
 * Another owner comes, is there, or has gone.  Threads run natively between the two
 * possessions, and after them if there is none.
 */
static void owner_changed(void)
{
	vctx_share_refresh();
	vctx_emergency_set(!vctx_owner_has_kvm());
	cpus_read_lock();
	mutex_lock(&users_lock);
	if (atomic_read(&users)) {
		on_each_cpu(cpu_disable, NULL, 1);
		enable_all();
		log_owner();
	}
	mutex_unlock(&users_lock);
	cpus_read_unlock();
}

/* A CPU that cannot be enabled still comes online: threads run natively there. */
static int bring_up(unsigned int cpu)
{
	int error = 0;

	if (atomic_read(&users)) {
		local_irq_disable();
		cpu_enable(&error);
		local_irq_enable();
	}
	if (error) {
		pr_notice("CPU %u cannot be enabled (%d); threads run natively there\n",
			  cpu, error);
		vctx_event_hardware_lost(cpu, -error);
	}
	return 0;
}

static int take_down(unsigned int cpu)
{
	cpu_disable(NULL);
	vctx_trial_again();
	return 0;
}

/* At suspend only the boot CPU is left: hot-plug has taken down the others. */
static int power_suspend(void)
{
	cpu_disable(NULL);
	vctx_trial_again();
	return 0;
}

static void power_resume(void)
{
	int error = 0;

	if (atomic_read(&users))
		cpu_enable(&error);
	if (error)
		vctx_event_hardware_lost(smp_processor_id(), -error);
}

VCTX_COMPAT_SYSCORE_DEFINE(power);

/*
 * An enabled CPU may block INIT, which firmware and the next kernel rely on.  A thread
 * in the guest has left it by the time that its CPU takes the interrupt, and goes on
 * natively.
 */
static int reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	WRITE_ONCE(going_down, true);
	/*
	 * A CPU that is not online yet for on_each_cpu() sees it in bring_up();
	 * models/power.pml.
	 */
	smp_mb();
	on_each_cpu(cpu_disable, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = reboot,
	/* Before KVM's, after which the CPUs are in VMX operation no more. */
	.priority = 1,
};

/**
 * vctx_power_init - be ready to enable the CPUs
 *
 * Return: 0, also where contexts cannot be had; -errno if the module cannot load.
 */
int __init vctx_power_init(void)
{
	int ret;

	if (vctx_backend_unavailable != VCTX_AVAILABLE)
		return 0;

	ret = vctx_owner_init(owner_changed);
	if (ret)
		return ret;
	vctx_emergency_set(!vctx_owner_has_kvm());
	ret = vctx_share_init();
	if (ret)
		goto err_owner;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "vcontext:online",
				bring_up, take_down);
	if (ret < 0)
		goto err_share;
	hotplug_state = ret;
	register_syscore(&power);
	ret = register_reboot_notifier(&reboot_notifier);
	if (ret)
		goto err_syscore;
	return 0;

err_syscore:
	unregister_syscore(&power);
	cpuhp_remove_state(hotplug_state);
err_share:
	vctx_share_exit();
err_owner:
	vctx_owner_exit();
	vctx_emergency_set(false);
	return ret;
}

void vctx_power_exit(void)
{
	if (vctx_backend_unavailable != VCTX_AVAILABLE)
		return;
	flush_work(&put_work);
	unregister_reboot_notifier(&reboot_notifier);
	unregister_syscore(&power);
	cpuhp_remove_state(hotplug_state);
	vctx_share_exit();
	vctx_owner_exit();
	vctx_emergency_set(false);
	cancel_delayed_work_sync(&free_idmap_work);
	vctx_idmap_free();
}
