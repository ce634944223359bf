// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the module is installed and loaded, and whether its version is ours.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"

/* Global, since nftw() passes no argument on. */
static char *module_file;

static int look(const char *path, const struct stat *status, int type,
		struct FTW *where)
{
	(void)status;
	if (type != FTW_F || strncmp(path + where->base, "vcontext.ko", 11))
		return 0;
	module_file = xstrdup(path);
	return 1;
}

/* Modules that are not of the kernel's package are in one of these folders. */
static char *find_file(const char *release)
{
	static const char *const folders[] = { "updates", "extra" };
	size_t i;
	char *path;

	module_file = NULL;
	for (i = 0; !module_file && i < 2; i++) {
		path = xasprintf("/lib/modules/%s/%s", release, folders[i]);
		nftw(path, look, 16, FTW_PHYS);
		free(path);
	}
	return module_file;
}

static void check_installed(void)
{
	bool dkms = !access("/var/lib/dkms/vcontext", F_OK);
	struct utsname uts;
	char *file, *advice;

	uname(&uts);
	file = find_file(uts.release);
	if (file)
		finding_add("installed", YES, NULL, "%s", file);
	else if (dkms) {
		advice = xasprintf("install linux-headers-%s, then: dkms autoinstall -k %s",
				   uts.release, uts.release);
		finding_add("installed", NO, advice,
			    "dkms has its source, but has not built it for %s", uts.release);
		free(advice);
	} else {
		finding_add("installed", NO,
			    "install vcontext-dkms, or 'make install' in the source tree",
			    "no vcontext.ko for %s", uts.release);
	}
	free(file);
}

static void check_version(const struct doctor_module *module)
{
	char *version = textfile_line("/sys/module/vcontext/version");
	bool same = version && !strcmp(version, VCTX_VERSION);

	/* An older interface matters more than another version. */
	if (!module->device && module->info.abi_version < VCTX_ABI_VERSION)
		finding_add("version", NO,
			    "install the module that came with this vctxctl, then: modprobe -r vcontext; modprobe vcontext",
			    "the module %s is older than vctxctl " VCTX_VERSION " (ABI %u, %u)",
			    version ? version : "", module->info.abi_version,
			    VCTX_ABI_VERSION);
	else if (!same)
		finding_add("version", NO,
			    "modprobe -r vcontext; modprobe vcontext, or update the older one",
			    "the module is %s, libvcontext and vctxctl are " VCTX_VERSION,
			    version ? version : "of an unknown version");
	else
		finding_add("version", YES, NULL,
			    "module, libvcontext and vctxctl are " VCTX_VERSION);
	free(version);
}

void module_check(const struct doctor_module *module)
{
	check_installed();
	if (module->loaded)
		finding_add("loaded", YES, NULL, "vcontext");
	else
		finding_add("loaded", NO, "modprobe vcontext",
			    "vcontext is not loaded");
	if (module->loaded)
		check_version(module);
}
