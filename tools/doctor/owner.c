// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has VMX or SVM, and whether contexts may use it as well.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"
#include "vendor.h"

#define KVM_AT_LOAD	"/sys/module/kvm/parameters/enable_virt_at_load"
#define SHARE		"/sys/module/vcontext/parameters/share"

/* Hypervisors beside which the module refuses contexts. */
static const struct {
	const char *module;
	const char *name;
} others[] = {
	{ "vboxdrv", "VirtualBox" },
	{ "vmmon", "VMware" },
};

/*
 * @module:	its name
 * @in_use:	it has users, of which contexts may be one
 * @at_load:	it takes VMX or SVM when it is loaded, as since Linux 6.12, unless told
 *		not to
 */
struct kvm {
	const char *module;
	bool loaded, in_use, at_load;
};

static bool is_loaded(const char *module)
{
	char *path = xasprintf("/sys/module/%s", module);
	bool loaded = !access(path, F_OK);

	free(path);
	return loaded;
}

/* KVM that is built in does not count its users. */
static bool has_users(const char *module)
{
	char *path = xasprintf("/sys/module/%s/refcnt", module);
	long users;
	bool found = textfile_number(path, &users) && users > 0;

	free(path);
	return found;
}

static struct kvm find_kvm(void)
{
	char *at_load = textfile_line(KVM_AT_LOAD);
	struct kvm kvm;

	kvm.module = vendor_kvm();
	kvm.loaded = is_loaded(kvm.module);
	kvm.in_use = has_users(kvm.module);
	kvm.at_load = at_load && *at_load == 'Y';
	free(at_load);
	return kvm;
}

/* The policy share; without the module, what is its default. */
static bool may_share(void)
{
	long share;

	return textfile_number(SHARE, &share) ? share : vendor_is_intel();
}

/* Whether one of the other hypervisors is there; if so, nothing else matters. */
static bool check_others(void)
{
	char *advice;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others) && !is_loaded(others[i].module); i++)
		;
	if (i == ARRAY_SIZE(others))
		return false;
	advice = xasprintf("stop the virtual machines of %s, and modprobe -r %s",
			   others[i].name, others[i].module);
	finding_add("possession", NO, advice,
		    "%s may have it: %s is loaded, beside which there are no contexts",
		    others[i].name, others[i].module);
	free(advice);
	return true;
}

static void check_alone(unsigned int contexts, bool busy)
{
	if (contexts)
		finding_add("possession", YES, NULL,
			    "vcontext has it, for %u contexts", contexts);
	else if (busy)
		finding_add("possession", NO,
			    "find another hypervisor's module with lsmod",
			    "an unknown module has VMX or SVM");
	else
		finding_add("possession", YES, NULL,
			    "no other module has VMX or SVM");
}

static void refuse(const struct kvm *kvm, bool share, const char *in_use)
{
	char *advice = xasprintf("%s%s%smodprobe -r %s",
				 share ? "" : "vctxctl policy set share yes",
				 share ? "" : vendor_is_intel() ? ", or " :
				 " (nobody has seen this on AMD's silicon yet), or ",
				 *in_use ? "stop the virtual machines and " : "",
				 kvm->module);

	finding_add("possession", NO, advice, "KVM has it: %s is loaded%s, and %s",
		    kvm->module, in_use, share ?
		    "contexts cannot share it on this machine" :
		    "the policy share is off");
	free(advice);
}

static void check_kvm(const struct kvm *kvm, unsigned int contexts, bool known,
		      bool busy)
{
	bool share = may_share();
	/* A context that exists may be the user. */
	const char *in_use = kvm->in_use && !contexts ? " and in use" : "";
	bool taken = known && !contexts ? busy : kvm->in_use || kvm->at_load;

	if (taken && (busy || !share))
		refuse(kvm, share, in_use);
	else if (contexts)
		finding_add("possession", YES, NULL,
			    "vcontext has it, for %u contexts%s%s%s", contexts,
			    share ? ", shared with KVM: " : "; KVM may take it: ",
			    kvm->module, " is loaded");
	else if (share)
		finding_add("possession", YES, NULL, "shared with KVM: %s is loaded%s",
			    kvm->module, in_use);
	else
		finding_add("possession", YES, NULL,
			    "no other module has VMX or SVM; KVM is loaded (%s), and may take it",
			    kvm->module);
}

void owner_check(const struct doctor_module *module)
{
	bool known = !module->device;
	unsigned int contexts = known ? module->info.contexts : 0;
	bool busy = known && module->info.unavailable == VCTX_UNAVAILABLE_BUSY;
	struct kvm kvm = find_kvm();

	if (check_others())
		return;
	if (kvm.loaded)
		check_kvm(&kvm, contexts, known, busy);
	else
		check_alone(contexts, busy);
}
