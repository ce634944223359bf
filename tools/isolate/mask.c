// SPDX-License-Identifier: GPL-2.0-only
/*
 * Things whose mask of CPUs is in a file of the kernel's: interrupts, unbound
 * workqueues, the lock-up detector, receive packet steering.
 *
 * The masks of single workqueues are left alone, since the kernel removes from each
 * of them what the common mask does not have.  Those of transmit queues are left
 * alone as well: they say which queue a CPU sends by, and put nothing on a CPU.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "movable.h"

struct mask_kind {
	struct movable_kind kind;
	const char *pattern;	/* of its files */
	bool hex;		/* a mask, not a list */
	void (*describe)(struct movable *found);
};

static const struct mask_kind *mask_kind(const struct movable_kind *kind)
{
	return (const struct mask_kind *)kind;
}

static char *read_list(const struct mask_kind *kind, const char *path)
{
	char *text = textfile_line(path), *list = NULL;
	struct cpulist cpus;

	if (text && kind->hex && cpulist_parse_mask(&cpus, text))
		list = must(cpulist_format(&cpus));
	else if (text && !kind->hex && cpulist_parse(&cpus, text))
		list = xstrdup(text);
	free(text);
	return list;
}

static void scan(const struct movable_kind *base, movable_visit *visit,
		 void *context)
{
	const struct mask_kind *kind = mask_kind(base);
	glob_t files;
	size_t i;

	if (glob(kind->pattern, 0, NULL, &files))
		return;
	for (i = 0; i < files.gl_pathc; i++) {
		struct movable found = {
			.kind = base,
			.id = files.gl_pathv[i],
			.cpus = read_list(kind, files.gl_pathv[i]),
		};

		if (!found.cpus)
			continue;	/* it is gone */
		kind->describe(&found);
		visit(&found, context);
		free(found.name);
		free(found.effective);
		free(found.cpus);
	}
	globfree(&files);
}

static int set(const struct movable *movable, const struct cpulist *cpus)
{
	char *text = must(mask_kind(movable->kind)->hex ?
			  cpulist_format_mask(cpus) : cpulist_format(cpus));
	int error = textfile_write(movable->id, text);

	free(text);
	return error;
}

/* ---- interrupts ---- */

/* The handlers of an interrupt are folders beside its files. */
static char *handlers(const char *folder)
{
	char *names = NULL, *more;
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		more = xasprintf("%s%s%s", names ? names : "",
				 names ? ", " : "", entry->d_name);
		free(names);
		names = more;
	}
	if (dir)
		closedir(dir);
	return names;
}

static void describe_interrupt(struct movable *found)
{
	const char *number = found->id + strlen("/proc/irq/");
	int length = strcspn(number, "/");
	char *folder = xasprintf("/proc/irq/%.*s", length, number);
	char *path = xasprintf("%s/effective_affinity_list", folder);
	char *users = handlers(folder);
	struct stat status;

	found->idle = !users;
	found->name = users ? xasprintf("%.*s (%s)", length, number, users) :
			      xasprintf("%.*s", length, number);
	found->effective = textfile_line(path);
	/* Newer kernels refuse here already, older ones when the file is written. */
	if (!stat(found->id, &status) && !(status.st_mode & 0200))
		found->fixed = found->kind->refused;
	free(users);
	free(path);
	free(folder);
}

/*
 * When its mask is restored, an interrupt stays where it is, since that is one of its
 * CPUs.  So it is sent home first.  This has no effect on an interrupt that only
 * moves when it next happens, as that of an I/O APIC does.
 */
static int set_interrupt(const struct movable *movable,
			 const struct cpulist *cpus)
{
	struct cpulist home;

	if (movable->effective && cpulist_parse(&home, movable->effective) &&
	    !cpulist_empty(&home) && cpulist_within(&home, cpus))
		set(movable, &home);
	return set(movable, cpus);
}

/* ---- the rest ---- */

static void describe_file(struct movable *found)
{
	found->name = xstrdup(found->id);
}

static void describe_queue(struct movable *found)
{
	const char *device = found->id + strlen("/sys/class/net/");
	const char *queue = strstr(device, "/queues/");

	found->name = xasprintf("%.*s %.*s", (int)(queue - device), device,
				(int)strcspn(queue + strlen("/queues/"), "/"),
				queue + strlen("/queues/"));
}

static const struct mask_kind default_interrupt = {
	.kind = { .name = "default interrupt affinity", .scan = scan, .set = set },
	.pattern = "/proc/irq/default_smp_affinity",
	.hex = true,
	.describe = describe_file,
};

static const struct mask_kind interrupt = {
	.kind = {
		.name = "interrupt",
		.scan = scan,
		.set = set_interrupt,
		.refused = "the kernel manages it, or it belongs to one CPU",
		.heir_of = &default_interrupt.kind,
	},
	.pattern = "/proc/irq/[0-9]*/smp_affinity_list",
	.describe = describe_interrupt,
};

static const struct mask_kind workqueues = {
	.kind = { .name = "unbound workqueues", .scan = scan, .set = set },
	.pattern = "/sys/devices/virtual/workqueue/cpumask",
	.hex = true,
	.describe = describe_file,
};

static const struct mask_kind watchdog = {
	.kind = { .name = "lock-up detector", .scan = scan, .set = set },
	.pattern = "/proc/sys/kernel/watchdog_cpumask",
	.describe = describe_file,
};

static const struct mask_kind default_rps = {
	.kind = { .name = "default packet steering", .scan = scan, .set = set },
	.pattern = "/proc/sys/net/core/rps_default_mask",
	.hex = true,
	.describe = describe_file,
};

static const struct mask_kind rps = {
	.kind = {
		.name = "packet steering",
		.scan = scan,
		.set = set,
		.refused = "the remaining CPUs are isolated by boot parameter",
		.heir_of = &default_rps.kind,
	},
	.pattern = "/sys/class/net/*/queues/rx-*/rps_cpus",
	.hex = true,
	.describe = describe_queue,
};

/* Defaults come before the things that inherit them, and sources of work first. */
const struct movable_kind *const movable_kinds[] = {
	&default_interrupt.kind,
	&interrupt.kind,
	&default_rps.kind,
	&rps.kind,
	&workqueues.kind,
	&watchdog.kind,
	&movable_thread,
	NULL,
};
