// SPDX-License-Identifier: GPL-2.0-only
/*
 * At a crash or a forced reboot the kernel calls back on each CPU, from an NMI, to
 * have the CPU's virtualisation disabled: INIT must not be blocked, and the next
 * kernel must find the CPU as it is after a reset.
 *
 * There is one place for such a callback, and KVM takes it without looking.  So we
 * have it only while KVM's module is not loaded, and while it is, the CPUs'
 * virtualisation is ours for a stay at most: the NMI that ends the stay is taken
 * after that.
 */
#include <linux/irqflags.h>
#include <linux/mutex.h>

#include "backend.h"
#include "emergency.h"

#ifdef VCTX_COMPAT_EMERGENCY_CALLBACK
#include <asm/reboot.h>

static DEFINE_MUTEX(lock);
static bool registered;

static void disable(void)
{
	unsigned long flags;

	local_irq_save(flags);
	vctx_backend->cpu_disable();
	local_irq_restore(flags);
}

/**
 * vctx_emergency_set - be called back, or not
 * @ours: whether the place is ours, that is, whether KVM's module is not loaded
 */
void vctx_emergency_set(bool ours)
{
	mutex_lock(&lock);
	if (ours && !registered)
		cpu_emergency_register_virt_callback(disable);
	if (!ours && registered)
		cpu_emergency_unregister_virt_callback(disable);
	registered = ours;
	mutex_unlock(&lock);
}

#else /* The kernel itself looks whether the CPU is enabled. */

void vctx_emergency_set(bool ours)
{
}

#endif
