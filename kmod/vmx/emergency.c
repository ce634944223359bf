// SPDX-License-Identifier: GPL-2.0
/*
 * A crash or a forced reboot: the kernel calls back on each CPU, from an NMI, so
 * that it leaves VMX operation, which blocks INIT and forbids a next kernel to
 * set CR4 as it wants.
 *
 * There is one place for such a callback, and KVM takes it without looking.  So
 * it is ours only while kvm_intel is not loaded.  KVM's own callback leaves VMX
 * operation whoever has entered it.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "vmx.h"

#ifdef VCTX_COMPAT_EMERGENCY_CALLBACK
#include <asm/reboot.h>

static bool registered;

static void leave_vmx(void)
{
	unsigned long flags;

	local_irq_save(flags);
	vctx_vmx_ops.cpu_disable();
	local_irq_restore(flags);
}

static void set_callback(bool on)
{
	if (on && !registered)
		cpu_emergency_register_virt_callback(leave_vmx);
	if (!on && registered)
		cpu_emergency_unregister_virt_callback(leave_vmx);
	registered = on;
}

static int on_module(struct notifier_block *nb, unsigned long event, void *data)
{
	struct module *module = data;

	if (strcmp(module->name, "kvm_intel"))
		return NOTIFY_DONE;
	/* Before its init, and after its exit or its failure. */
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
	struct kobject *kobj = kset_find_obj(modules, "kvm_intel");

	kobject_put(kobj);
	return kobj;
}

int vmx_emergency_init(void)
{
	int ret = register_module_notifier(&module_notifier);

	if (ret)
		return ret;
	set_callback(!kvm_loaded());
	return 0;
}

void vmx_emergency_exit(void)
{
	unregister_module_notifier(&module_notifier);
	set_callback(false);
}

#else /* the kernel itself looks at CR4.VMXE and executes VMXOFF */

int vmx_emergency_init(void)
{
	return 0;
}

void vmx_emergency_exit(void)
{
}

#endif
