// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the calling user may use the device, and what contexts can do.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "check.h"
#include "finding.h"

#define DEVICE	"/dev/vcontext"
#define GROUP	"vcontext"

static char *user_name(void)
{
	struct passwd *entry = getpwuid(geteuid());

	return entry ? xstrdup(entry->pw_name) : xasprintf("%d", geteuid());
}

static bool is_member(const struct group *group, const char *user)
{
	char **member;

	for (member = group->gr_mem; *member; member++)
		if (!strcmp(*member, user))
			return true;
	return false;
}

/* What helps a user who may not open the device. */
static char *access_advice(const char *user)
{
	struct group *group = getgrnam(GROUP);
	struct stat status;

	if (!group)
		return xstrdup("install vcontext-dkms, which makes the group vcontext, or run as root");
	if (stat(DEVICE, &status) || status.st_gid != group->gr_gid ||
	    (status.st_mode & 060) != 060)
		return xstrdup("udevadm trigger " DEVICE ", for the rule of vcontext-dkms, or: chgrp vcontext " DEVICE "; chmod 660 " DEVICE);
	if (is_member(group, user))
		return xstrdup("log in again: you have been added to the group vcontext since");
	return xasprintf("adduser %s vcontext, then log in again", user);
}

static void check_permission(const struct doctor_module *module)
{
	char *user = user_name(), *advice;

	if (!module->device)
		finding_add("permission", YES, NULL, "%s may use " DEVICE, user);
	else if (module->device == -EACCES || module->device == -EPERM) {
		advice = access_advice(user);
		finding_add("permission", NO, advice,
			    "%s may not use " DEVICE, user);
		free(advice);
	} else if (module->loaded) {
		finding_add("permission", NO,
			    module->device == -ENOENT ?
			    "give the device to the container, as vcontext-admin(7) says, or: udevadm trigger" :
			    NULL,
			    "cannot open " DEVICE ": %s",
			    strerror(-module->device));
	} else {
		finding_add("permission", UNKNOWN, "load the module first",
			    "there is no " DEVICE);
	}
	free(user);
}

/* The library gives one line: the cause, a semicolon, what helps. */
static void add_reason(const char *check, int error, const char *reason)
{
	const char *advice = strstr(reason, "; ");

	finding_add(check, error ? NO : YES, advice ? advice + 2 : NULL,
		    "%.*s", advice ? (int)(advice - reason) :
		    (int)strlen(reason), reason);
}

static void check_limits(const struct doctor_module *module)
{
	static const struct {
		__u64 limit;
		const char *text;
	} limits[] = {
		{ VCTX_LIMIT_FPU, "one native return after each switch of threads" },
		{ VCTX_LIMIT_VMX_OPERATION, "VMX or SVM is enabled and disabled with each stay" },
		{ VCTX_LIMIT_PROCESSOR_TRACE, "threads run natively while processor trace is on" },
	};
	/* This one alone is due to KVM's module, which enables VMX or SVM on demand. */
	const char *advice = module->info.limits == VCTX_LIMIT_VMX_OPERATION ?
		"unload kvm_intel or kvm_amd or, since Linux 6.12, load kvm with enable_virt_at_load=1" :
		"boot an older kernel: this one reserves for KVM what full speed takes";
	char *text = xstrdup(""), *more;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!(module->info.limits & limits[i].limit))
			continue;
		more = xasprintf("%s%s%s", text, *text ? "; " : "",
				 limits[i].text);
		free(text);
		text = more;
	}
	if (*text)
		finding_add("full speed", NO, advice, "%s", text);
	else
		finding_add("full speed", YES, NULL,
			    "this kernel has all that vcontext uses");
	free(text);
}

void device_check(const struct doctor_module *module)
{
	const char *reason;
	int error;

	check_permission(module);
	add_reason("contexts", module->error, module->reason);
	if (module->error)
		return;
	finding_section("What contexts can do", false);
	check_limits(module);
	error = vctx_tick_available(0, &reason);
	add_reason("tick hold", error, reason);
}
