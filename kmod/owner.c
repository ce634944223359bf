// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who else may use VMX or SVM on this machine: KVM, whose module comes and goes, and the
 * modules of other hypervisors.
 *
 * Since Linux 6.12 KVM enables virtualisation on all CPUs when its module is loaded,
 * unless the parameter enable_virt_at_load says otherwise, and disables it when the
 * module is unloaded.  So whoever keeps this module from being unloaded, keeps
 * virtualisation enabled, until the CPU goes offline, the machine suspends, restarts or
 * crashes.
 */
#include <linux/bitops.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "backend.h"
#include "owner.h"

/* Hypervisors of which it is not known how they share a CPU. */
static const char *const others[] = { "vboxdrv", "vmmon" };

static unsigned long others_loaded;

static bool kvm_loaded;

/* KVM's module, while it cannot be unloaded for our sake; share.c has the lock. */
static struct module *pinned;

static void (*changed)(void) __ro_after_init;

/* Whether KVM's module is there: from before its init until after its exit. */
bool vctx_owner_has_kvm(void)
{
	return READ_ONCE(kvm_loaded);
}

/* The name of another hypervisor's module that is loaded, or NULL. */
const char *vctx_owner_other(void)
{
	unsigned long loaded = READ_ONCE(others_loaded);

	return loaded ? others[__ffs(loaded)] : NULL;
}

/* The caller puts it.  As long as it does not, the module's structure stays. */
static struct kobject *find(const char *name)
{
	return kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
}

static bool is_loaded(const char *name)
{
	struct kobject *kobj = find(name);

	kobject_put(kobj);
	return kobj;
}

static struct module *module_of(struct kobject *kobj)
{
	return kobj ? container_of(kobj, struct module_kobject, kobj)->mod :
		      NULL;
}

/* Whether KVM keeps virtualisation enabled while its module is loaded. */
static bool is_enabled_at_load(void)
{
	struct kobject *kobj = find("kvm");
	const struct module *kvm = module_of(kobj);
	bool enabled = false;
	unsigned int i;

	for (i = 0; kvm && i < kvm->num_kp; i++)
		if (!strcmp(kvm->kp[i].name, "enable_virt_at_load"))
			enabled = *(bool *)kvm->kp[i].arg;
	kobject_put(kobj);
	return enabled;
}

static bool is_lasting(const struct module *kvm)
{
	return kvm && READ_ONCE(kvm->state) == MODULE_STATE_LIVE &&
	       is_enabled_at_load();
}

/* Whether vctx_owner_pin() would have KVM keep virtualisation enabled. */
bool vctx_owner_is_lasting(void)
{
	struct kobject *kobj = find(vctx_backend->kvm);
	bool ret = is_lasting(module_of(kobj));

	kobject_put(kobj);
	return ret;
}

/**
 * vctx_owner_pin - have KVM keep virtualisation enabled, if it does so by itself
 *
 * It does until vctx_owner_unpin(), if vctx_owner_pinned() says so afterwards.  The caller
 * sees to it that nobody else pins or unpins at the same time.
 */
void vctx_owner_pin(void)
{
	struct kobject *kobj = find(vctx_backend->kvm);
	struct module *kvm = module_of(kobj);

	if (!pinned && is_lasting(kvm) && try_module_get(kvm))
		WRITE_ONCE(pinned, kvm);
	kobject_put(kobj);
}

/**
 * vctx_owner_unpin - KVM's module may be unloaded again; no CPU relies on it any more
 */
void vctx_owner_unpin(void)
{
	module_put(pinned);
	WRITE_ONCE(pinned, NULL);
}

bool vctx_owner_pinned(void)
{
	return READ_ONCE(pinned);
}

static void add_other(int i)
{
	if (!test_and_set_bit(i, &others_loaded))
		pr_notice("%s is loaded, beside which there are no contexts; unload it to have them\n",
			  others[i]);
}

/* Before the init of a module, after that, and after its exit or its failure. */
static int on_module(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct module *module = data;
	bool loaded = event != MODULE_STATE_GOING;
	int i;

	if (!strcmp(module->name, vctx_backend->kvm)) {
		WRITE_ONCE(kvm_loaded, loaded);
		changed();
		return NOTIFY_OK;
	}
	i = match_string(others, ARRAY_SIZE(others), module->name);
	if (i < 0)
		return NOTIFY_DONE;
	if (loaded)
		add_other(i);
	else
		clear_bit(i, &others_loaded);
	changed();
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = on_module,
};

/**
 * vctx_owner_init - learn what is loaded, and watch what comes and goes
 * @on_change: called when another owner comes, is there, or has gone; may sleep
 *
 * Return: 0 or -errno.
 */
int __init vctx_owner_init(void (*on_change)(void))
{
	int ret, i;

	changed = on_change;
	kvm_loaded = vctx_backend->kvm_builtin;
	ret = register_module_notifier(&module_notifier);
	if (ret)
		return ret;
	if (is_loaded(vctx_backend->kvm))
		WRITE_ONCE(kvm_loaded, true);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (is_loaded(others[i]))
			add_other(i);
	return 0;
}

void vctx_owner_exit(void)
{
	unregister_module_notifier(&module_notifier);
}
