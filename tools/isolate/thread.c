// SPDX-License-Identifier: GPL-2.0-only
/*
 * The affinity of threads, of programs and of the kernel.
 *
 * Cpusets would not do: they leave kernel threads where they are, they belong to
 * systemd where it runs, and before Linux 6.2 they forget what single threads were
 * bound to.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "cpu.h"
#include "movable.h"

/* Flags of a task, in its stat. */
#define PF_KTHREAD		0x00200000
#define PF_NO_SETAFFINITY	0x04000000

/* What the stat file of a thread says. */
struct task {
	char name[64];
	pid_t parent;
	unsigned long flags;
	unsigned long long start;	/* in ticks since boot */
};

/* A program may choose a name that is not text. */
static void copy_name(struct task *task, const char *from, const char *end)
{
	size_t i;

	for (i = 0; from + i < end && i < sizeof(task->name) - 1; i++)
		task->name[i] = isprint((unsigned char)from[i]) ? from[i] : '?';
	task->name[i] = '\0';
}

static bool read_task(const char *folder, struct task *task)
{
	char *path = xasprintf("%s/stat", folder);
	char *text = textfile_read(path);
	/* The name may have parentheses of its own. */
	char *open = text ? strchr(text, '(') : NULL;
	char *end = text ? strrchr(text, ')') : NULL;
	bool known = open && end &&
		sscanf(end + 1,
		       " %*c %d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		       &task->parent, &task->flags, &task->start) == 3;

	if (known)
		copy_name(task, open + 1, end);
	free(text);
	free(path);
	return known;
}

bool movable_process(pid_t process, pid_t *parent, unsigned long long *start)
{
	char *folder = xasprintf("/proc/%d", process);
	struct task task;
	bool known = read_task(folder, &task);

	if (known) {
		*parent = task.parent;
		*start = task.start;
	}
	free(folder);
	return known;
}

static char *allowed_list(const char *folder)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	char *path = xasprintf("%s/status", folder);
	char *text = textfile_read(path);
	char *found = text ? strstr(text, key) : NULL;
	char *list = NULL;

	if (found) {
		found += strlen(key);
		list = must(strndup(found, strcspn(found, "\n")));
	}
	free(text);
	free(path);
	return list;
}

/* The CPUs of the cpuset that a process is in. */
static struct cpulist cpuset(pid_t process)
{
	char *path = xasprintf("/proc/%d/cpuset", process);
	char *group = textfile_line(path);
	struct cpulist cpus;
	char *text;

	free(path);
	path = xasprintf("/sys/fs/cgroup%s/cpuset.cpus.effective",
			 group ? group : "");
	text = textfile_line(path);
	if (!text || !cpulist_parse(&cpus, text) || cpulist_empty(&cpus))
		cpus = cpu_online();
	free(text);
	free(path);
	free(group);
	return cpus;
}

static const char *why_fixed(const struct task *task)
{
	if (!(task->flags & PF_NO_SETAFFINITY))
		return NULL;
	return task->flags & PF_KTHREAD ? "belongs to the CPU" :
		"io_uring has bound it; see io_uring_register_iowq_aff(3)";
}

/* An interrupt thread follows its interrupt, an unbound worker its workqueues. */
static bool follows(const struct task *task)
{
	return task->flags & PF_KTHREAD &&
	       (!strncmp(task->name, "irq/", 4) ||
		!strncmp(task->name, "kworker/u", 9));
}

static void visit_thread(pid_t process, const char *tid,
			 const struct cpulist *cpuset, movable_visit *visit,
			 void *context)
{
	char *folder = xasprintf("/proc/%d/task/%s", process, tid);
	char *list = allowed_list(folder);
	struct cpulist cpus;
	struct task task;

	if (list && cpulist_parse(&cpus, list) && read_task(folder, &task) &&
	    !follows(&task)) {
		struct movable found = {
			.kind = &movable_thread,
			.id = xasprintf("%s:%llu", tid, task.start),
			.name = xasprintf("%s %s", tid, task.name),
			.cpus = list,
			.fixed = why_fixed(&task),
			.keeps = !(task.flags & PF_KTHREAD),
			.unbound = cpulist_within(cpuset, &cpus),
			.process = process,
		};

		visit(&found, context);
		free(found.id);
		free(found.name);
	}
	free(list);
	free(folder);
}

static void visit_process(pid_t process, movable_visit *visit, void *context)
{
	char *folder = xasprintf("/proc/%d/task", process);
	struct cpulist cpus = cpuset(process);
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			visit_thread(process, entry->d_name, &cpus, visit,
				     context);
	if (dir)
		closedir(dir);
	free(folder);
}

static void scan(const struct movable_kind *kind, movable_visit *visit,
		 void *context)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	pid_t process;

	(void)kind;
	while (dir && (entry = readdir(dir))) {
		process = atoi(entry->d_name);
		if (process > 0 && process != getpid())
			visit_process(process, visit, context);
	}
	if (dir)
		closedir(dir);
}

/*
 * A thread that could run everywhere gets all CPUs that there can ever be: the
 * kernel remembers what was asked for, and at any time grants what the cpuset
 * allows.
 */
static int set(const struct movable *movable, const struct cpulist *cpus)
{
	struct cpulist was, wanted = *cpus;
	pid_t tid = atoi(movable->id);

	if (movable->unbound && cpulist_parse(&was, movable->cpus) &&
	    cpulist_equal(&was, cpus))
		memset(&wanted, 0xff, sizeof(wanted));
	return sched_setaffinity(tid, sizeof(wanted), wanted.set) ? -errno : 0;
}

const struct movable_kind movable_thread = {
	.name = "thread",
	.scan = scan,
	.set = set,
};
