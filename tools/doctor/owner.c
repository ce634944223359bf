// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which module has VMX or SVM.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"

#define KVM_AT_LOAD	"/sys/module/kvm/parameters/enable_virt_at_load"

/* Other modules that use VMX or SVM. */
static const struct {
	const char *name;
	const char *what;
} owners[] = {
	{ "kvm_intel", "KVM" },
	{ "kvm_amd", "KVM" },
	{ "vboxdrv", "VirtualBox" },
	{ "vmmon", "VMware" },
};

static long users_of(const char *name)
{
	char *path = xasprintf("/sys/module/%s/refcnt", name);
	long users;

	if (!textfile_number(path, &users))
		users = -1;
	free(path);
	return users;
}

/* Since Linux 6.12, KVM takes VMX or SVM when it is loaded, unless told not to. */
static bool kvm_takes_at_load(void)
{
	char *text = textfile_line(KVM_AT_LOAD);
	bool takes = text && *text == 'Y';

	free(text);
	return takes;
}

/* The loaded module with the most users, or -1. */
static int find_owner(long *users)
{
	int found = -1;
	size_t i;

	*users = -1;
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		long n = users_of(owners[i].name);

		if (n > *users) {
			*users = n;
			found = i;
		}
	}
	return found;
}

static void check_others(const struct doctor_module *module)
{
	bool busy = !module->device &&
		    module->info.unavailable == VCTX_UNAVAILABLE_BUSY;
	bool free_ = !module->device &&
		     module->info.unavailable == VCTX_AVAILABLE;
	bool at_load = kvm_takes_at_load();
	long users;
	int owner = find_owner(&users);
	char *advice;

	if (owner < 0) {
		if (busy)
			finding_add("possession", NO,
				    "find another hypervisor's module with lsmod",
				    "an unknown module has VMX or SVM");
		else
			finding_add("possession", YES, NULL,
				    "no other module has VMX or SVM");
		return;
	}
	if (free_ || (!busy && users <= 0 && !at_load)) {
		finding_add("possession", YES, NULL,
			    "no other module has VMX or SVM; %s is loaded (%s), and may take it",
			    owners[owner].what, owners[owner].name);
		return;
	}
	advice = users > 0 ?
		xasprintf("stop the virtual machines of %s, or whatever else has it open%s%s",
			  owners[owner].what, at_load ? ", and modprobe -r " : "",
			  at_load ? owners[owner].name : "") :
		xasprintf("modprobe -r %s", owners[owner].name);
	finding_add("possession", NO, advice, "%s has it: %s is loaded%s",
		    owners[owner].what, owners[owner].name,
		    users > 0 ? " and in use" :
		    at_load ? ", which is enough since Linux 6.12" : "");
	free(advice);
}

void owner_check(const struct doctor_module *module)
{
	if (!module->device && module->info.contexts)
		finding_add("possession", YES, NULL, "vcontext has it, for %u contexts",
			    module->info.contexts);
	else
		check_others(module);
}
