// SPDX-License-Identifier: GPL-2.0-only
/*
 * At a crash or a forced reboot the kernel calls back on each CPU, from an NMI, to
 * have the CPU's virtualisation disabled: INIT must not be blocked, and the next
 * kernel must find the CPU as it is after a reset.
 *
 * There is one place for such a callback, and KVM takes it without looking.  So we
 * have it only while KVM's module is not loaded.  KVM's own callback does the same,
 * whoever has enabled the CPU.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "emergency.h"
#include "backend.h"

#ifdef VCTX_COMPAT_EMERGENCY_CALLBACK
#include <asm/reboot.h>

static bool registered;

static void disable(void)
{
	unsigned long flags;

	local_irq_save(flags);
	vctx_backend->cpu_disable();
	local_irq_restore(flags);
}

static void set_callback(bool on)
{
	if (on && !registered)
		cpu_emergency_register_virt_callback(disable);
	if (!on && registered)
		cpu_emergency_unregister_virt_callback(disable);
	registered = on;
}

static int on_module(struct notifier_block *nb, unsigned long event, void *data)
{
	struct module *module = data;

	if (strcmp(module->name, vctx_backend->kvm))
		return NOTIFY_DONE;
	/* Before the init of KVM, and after its exit or its failure. */
	if (event == MODULE_STATE_COMING)
		set_callback(false);
	else if (event == MODULE_STATE_GOING)
		set_callback(true);
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = on_module,
};

static bool kvm_loaded(void)
{
	struct kset *modules = THIS_MODULE->mkobj.kobj.kset;
	struct kobject *kobj = kset_find_obj(modules, vctx_backend->kvm);

	kobject_put(kobj);
	return kobj;
}

int vctx_emergency_init(void)
{
	int ret = register_module_notifier(&module_notifier);

	if (ret)
		return ret;
	set_callback(!kvm_loaded());
	return 0;
}

void vctx_emergency_exit(void)
{
	unregister_module_notifier(&module_notifier);
	set_callback(false);
}

#else /* The kernel itself looks whether the CPU is enabled. */

int vctx_emergency_init(void)
{
	return 0;
}

void vctx_emergency_exit(void)
{
}

#endif
