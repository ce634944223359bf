// SPDX-License-Identifier: GPL-2.0-only
/*
 * Possession of the hardware: on which CPUs the back end is enabled, and when.
 * The CPUs are enabled while there is at least one context.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>
#include <linux/workqueue.h>

#include "backend.h"
#include "cpu.h"
#include "emergency.h"
#include "event.h"
#include "idmap.h"
#include "power.h"
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
	preempt_disable();
	busy = vctx_backend->busy();
	preempt_enable();
	/* If the first user, on another CPU, has just enabled this one, it is not busy. */
	if (busy && !atomic_read(&users))
		return VCTX_UNAVAILABLE_BUSY;
	return VCTX_AVAILABLE;
}

/* A CPU that fails its trial is no error: contexts have the others. */
static void cpu_enable(void *error)
{
	struct vctx_cpu *this = vctx_cpu_this();
	int ret;

	if (this->broken)
		return;
	ret = READ_ONCE(going_down) ? -ESHUTDOWN : vctx_backend->cpu_enable();
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

/* The caller holds cpus_read_lock(), so that no CPU is missed. */
static enum vctx_unavailable enable_all(void)
{
	int error = 0;

	on_each_cpu(cpu_enable, &error, 1);
	if (!error && !(vctx_cpu_any_broken && cpumask_empty(&enabled)))
		return VCTX_AVAILABLE;
	on_each_cpu(cpu_disable, NULL, 1);
	return error == -EBUSY ? VCTX_UNAVAILABLE_BUSY : VCTX_UNAVAILABLE_FAILED;
}

/**
 * vctx_power_get - take the hardware for one context
 *
 * May sleep.  Return: VCTX_AVAILABLE, or why not.
 */
enum vctx_unavailable vctx_power_get(void)
{
	enum vctx_unavailable why = VCTX_AVAILABLE;

	if (vctx_backend_unavailable != VCTX_AVAILABLE)
		return vctx_backend_unavailable;
	if (atomic_inc_not_zero(&users))
		return VCTX_AVAILABLE;

	cpus_read_lock();
	mutex_lock(&users_lock);
	if (!atomic_inc_not_zero(&users)) {
		why = enable_all();
		if (why == VCTX_AVAILABLE)
			atomic_set(&users, 1);
	}
	mutex_unlock(&users_lock);
	cpus_read_unlock();

	if (why != VCTX_AVAILABLE)
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
	if (atomic_add_unless(&users, -1, 1))
		return;

	cpus_read_lock();
	if (atomic_dec_and_mutex_lock(&users, &users_lock)) {
		on_each_cpu(cpu_disable, NULL, 1);
		mutex_unlock(&users_lock);
	}
	cpus_read_unlock();
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

	ret = vctx_idmap_init();
	if (ret)
		return ret;
	ret = vctx_emergency_init();
	if (ret)
		goto err_idmap;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "vcontext:online",
				bring_up, take_down);
	if (ret < 0)
		goto err_emergency;
	hotplug_state = ret;
	register_syscore(&power);
	ret = register_reboot_notifier(&reboot_notifier);
	if (ret)
		goto err_syscore;
	return 0;

err_syscore:
	unregister_syscore(&power);
	cpuhp_remove_state(hotplug_state);
err_emergency:
	vctx_emergency_exit();
err_idmap:
	vctx_idmap_exit();
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
	vctx_emergency_exit();
	vctx_idmap_exit();
}
