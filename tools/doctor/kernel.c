// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the kernel has what the module needs, and allows to load it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"
#include "kconfig.h"

/* The oldest kernel that kmod/compat/ knows. */
#define OLDEST_MAJOR	6
#define OLDEST_MINOR	1

static const char *const needed[] = {
	"CONFIG_MODULES", "CONFIG_PREEMPT_NOTIFIERS",
	"CONFIG_USER_RETURN_NOTIFIER", "CONFIG_MMU_NOTIFIER",
	"CONFIG_TRACEPOINTS", "CONFIG_HIGH_RES_TIMERS", NULL
};

static void check_version(void)
{
	int major = 0, minor = 0;
	struct utsname uts;

	uname(&uts);
	if (sscanf(uts.release, "%d.%d", &major, &minor) != 2)
		finding_add("kernel", UNKNOWN, NULL, "Linux %s", uts.release);
	else if (strcmp(uts.machine, "x86_64"))
		finding_add("kernel", NO, "boot a kernel for x86-64",
			    "Linux %s is for %s", uts.release, uts.machine);
	else if (major < OLDEST_MAJOR ||
		 (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
		finding_add("kernel", NO, "boot Linux 6.1 or newer",
			    "Linux %s is too old", uts.release);
	else
		finding_add("kernel", YES, NULL, "Linux %s", uts.release);
}

static void check_config(const struct doctor_module *module)
{
	char *path, *missing = kconfig_missing(needed, &path);

	if (missing && *missing)
		finding_add("configuration", NO,
			    "boot a kernel that has these options, as Debian's kernels do",
			    "%s does not set %s", path, missing);
	else if (missing)
		finding_add("configuration", YES, NULL,
			    "%s sets all that is needed", path);
	else if (module->loaded)
		finding_add("configuration", YES, NULL,
			    "it cannot be read, but the module is loaded");
	else
		finding_add("configuration", UNKNOWN,
			    "look for its configuration elsewhere; Debian's kernels set all that is needed",
			    "neither /proc/config.gz nor a file of /boot can be read");
	free(missing);
	free(path);
}

#define SECURITYFS	"/sys/kernel/security"

/* Reads "[none] integrity confidentiality". */
static bool locked_down(char *mode, size_t size)
{
	char *text = textfile_line(SECURITYFS "/lockdown");
	char *begin = text ? strchr(text, '[') : NULL;

	snprintf(mode, size, "%.*s", begin ? (int)strcspn(begin + 1, "]") : 4,
		 begin ? begin + 1 : "none");
	free(text);
	return strcmp(mode, "none");
}

/* A kernel that cannot be locked down has the folder empty, or with other files in it. */
static bool lockdown_is_hidden(void)
{
	return !access(SECURITYFS, F_OK) && access(SECURITYFS "/lsm", F_OK);
}

static bool signatures_enforced(void)
{
	char *text = textfile_line("/sys/module/module/parameters/sig_enforce");
	bool enforced = text && *text == 'Y';

	free(text);
	return enforced;
}

static bool secure_boot(void)
{
	/* Four bytes of attributes, then the value. */
	unsigned char data[5] = { };
	FILE *file = fopen("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
			   "re");
	bool on = file && fread(data, sizeof(data), 1, file) && data[4] == 1;

	if (file)
		fclose(file);
	return on;
}

static void check_signature(const struct doctor_module *module)
{
	char mode[32];
	bool lockdown = locked_down(mode, sizeof(mode));
	bool enforced = signatures_enforced();
	const char *boot = secure_boot() ? ", Secure Boot is on" : "";

	if (lockdown_is_hidden() && !enforced)
		finding_add("signature", module->loaded ? YES : UNKNOWN,
			    "mount -t securityfs none " SECURITYFS ", and ask again; in a container, ask its host",
			    "%swhether modules need one cannot be seen%s",
			    module->loaded ? "vcontext is loaded; " : "", boot);
	else if (!lockdown && !enforced)
		finding_add("signature", YES, NULL,
			    "modules need no signature%s", boot);
	else if (module->loaded)
		finding_add("signature", YES, NULL,
			    "modules need one (lockdown %s%s), and vcontext is loaded",
			    mode, boot);
	else
		finding_add("signature", UNKNOWN,
			    "if modprobe says 'Key was rejected' or 'Operation not permitted': mokutil --import /var/lib/dkms/mok.pub, reboot, enrol; see vcontext-admin(7)",
			    "modules need one (lockdown %s%s)", mode, boot);
}

void kernel_check(const struct doctor_module *module)
{
	check_version();
	check_config(module);
	check_signature(module);
}
