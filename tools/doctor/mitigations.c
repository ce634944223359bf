// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a context's way into the guest and back does against speculation what the
 * kernel and KVM do on the same machine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "isolate/cpu.h"
#include "check.h"
#include "finding.h"
#include "kernel_code.h"
#include "msr.h"
#include "parity.h"
#include "vendor.h"


/* Longer than any of the functions; what comes after is not walked through. */
#define CODE_SIZE	2048

/* What the names in /proc/kallsyms stand for. */
enum name {
	ENTER,			/* the function that enters the guest */
	EXIT,			/* where the exit ends, if that is not behind the entry */
	KVM_ENTER,
	KVM_EXIT,
	SYSCALL,		/* the kernel's entry of a system call */
	ITS_THUNK,
	BRANCH_HISTORY,
	IBPB,
	IBPB_SINCE_6_16,
	UNTRAIN,
	UNTRAIN_ALIAS,
	RESTORE_SPEC_CTRL,
	NAMES
};

/* KVM may be a module or built in. */
static const struct kernel_symbol names[NAMES] = {
	[SYSCALL]		= { .name = "entry_SYSCALL_64" },
	[ITS_THUNK]		= { .name = "its_return_thunk" },
	[BRANCH_HISTORY]	= { .name = "clear_bhb_loop" },
	[IBPB]			= { .name = "entry_ibpb" },
	[IBPB_SINCE_6_16]	= { .name = "write_ibpb" },
	[UNTRAIN]		= { .name = "entry_untrain_ret" },
	[UNTRAIN_ALIAS]		= { .name = "srso_alias_untrain_ret" },
	[RESTORE_SPEC_CTRL]	= { .name = "vmx_spec_ctrl_restore_host", .module = "kvm_intel" },
};
static const struct kernel_symbol vmx_names[] = {
	[ENTER]			= { .name = "vmx_enter", .module = "vcontext" },
	[EXIT]			= { .name = "vmx_exit_point", .module = "vcontext" },
	[KVM_ENTER]		= { .name = "__vmx_vcpu_run", .module = "kvm_intel" },
	[KVM_EXIT]		= { .name = "vmx_vmexit", .module = "kvm_intel" },
};
static const struct kernel_symbol svm_names[] = {
	[ENTER]			= { .name = "svm_enter", .module = "vcontext" },
	[EXIT]			= { .name = "" },
	[KVM_ENTER]		= { .name = "__svm_vcpu_run", .module = "kvm_amd" },
	[KVM_EXIT]		= { .name = "" },
};

/* What calls of these functions count as. */
static const enum measure kinds[NAMES] = {
	[BRANCH_HISTORY]	= MEASURES,
	[IBPB]			= MEASURES,
	[IBPB_SINCE_6_16]	= MEASURES,
	[UNTRAIN]		= MEASURE_UNTRAIN,
	[UNTRAIN_ALIAS]		= MEASURE_UNTRAIN,
	[RESTORE_SPEC_CTRL]	= MEASURE_SPEC_CTRL,
};

/* The code, as it was read. */
struct code {
	struct kernel_symbol names[NAMES];
	struct routine routines[NAMES + 1];
	uint8_t bytes[NAMES][CODE_SIZE];
	bool vmx;
};

/* What is read, of which a kernel may lack some. */
static void read_code(struct code *code, int kcore)
{
	struct routine *routine;
	enum name i;
	int size;

	for (i = 0; i < NAMES; i++) {
		routine = &code->routines[i];
		*routine = (struct routine){
			.name = code->names[i].name,
			.address = code->names[i].address,
			.is = i >= BRANCH_HISTORY ? kinds[i] : MEASURES,
			.bytes = code->bytes[i],
		};
		size = routine->address && routine->is == MEASURES ?
		       kernel_code_read(kcore, routine->address, code->bytes[i], CODE_SIZE) : 0;
		routine->size = size > 0 ? size : 0;
	}
}

/* The functions that may be called are after the others in the table. */
static bool walk(const struct code *code, enum name name, uint64_t from, enum walk_end end,
		 struct walk *result)
{
	return code->routines[name].size &&
	       code_walk(&code->routines[name], from, end,
			 &code->routines[BRANCH_HISTORY], result);
}

static bool walk_guest(const struct code *code, enum name enter, enum name out,
		       struct crossing *crossing)
{
	uint64_t begin = code->names[enter].address;

	return walk(code, enter, begin, WALK_ENTRY, &crossing->in) &&
	       walk(code, enter, code->vmx ? code->names[out].address : crossing->in.next,
		    WALK_RETURN, &crossing->out);
}

/* The way out of user mode comes first here. */
static bool walk_kernel(const struct code *code, struct crossing *crossing)
{
	return walk(code, SYSCALL, code->names[SYSCALL].address, WALK_CALL,
		    &crossing->out) &&
	       walk(code, SYSCALL, crossing->out.next, WALK_SYSRET, &crossing->in);
}

static void append(char **list, char *item)
{
	char *more = *list ? xasprintf("%s, %s", *list, item) : xstrdup(item);

	free(item);
	free(*list);
	*list = more;
}

/* What was judged, in words. */
struct lists {
	char *same, *lacking, *on_purpose;
};

static void judge_rule(struct lists *lists, const struct parity_rule *rule,
		       const struct crossing *ours, const struct crossing *kernel,
		       const struct crossing *kvm)
{
	unsigned int wanted, found;

	switch (parity_judge(rule, ours, kernel, kvm, &wanted, &found)) {
	case PARITY_SAME:
		append(&lists->same, found > 1 ? xasprintf("%s (%u)", rule->name, found) :
						 xstrdup(rule->name));
		break;
	case PARITY_LACKING:
		append(&lists->lacking, wanted > 1 ?
		       xasprintf("%s (%u of %u)", rule->name, found, wanted) :
		       xstrdup(rule->name));
		break;
	case PARITY_ON_PURPOSE:
		append(&lists->on_purpose, xasprintf("%s (%s)", rule->name, rule->why));
		break;
	case PARITY_NEITHER:
		break;
	}
}

static void judge_thunk(struct lists *lists, const struct code *code,
			const struct crossing *ours, const struct crossing *kvm)
{
	switch (parity_judge_thunk(ours, kvm, code->names[ITS_THUNK].address)) {
	case PARITY_SAME:
		append(&lists->same, xstrdup("return thunk"));
		break;
	case PARITY_LACKING:
		append(&lists->lacking, xstrdup("return thunk"));
		break;
	default:
		break;
	}
}

static void report(struct lists *lists, bool with_kvm, const char *kvm)
{
	const char *same = lists->same ? lists->same : "nothing is needed here";
	char *advice;

	if (lists->lacking) {
		finding_add("mitigations", NO,
			    "report this line; until it is mended, have only programs that trust each other in contexts",
			    "a context lacks what %s: %s",
			    with_kvm ? "the kernel or KVM does" : "the kernel does",
			    lists->lacking);
	} else if (with_kvm) {
		finding_add("mitigations", YES, NULL, "as in the kernel and KVM: %s%s%s",
			    same, lists->on_purpose ? "; without, on purpose: " : "",
			    lists->on_purpose ? lists->on_purpose : "");
	} else {
		advice = xasprintf("modprobe %s, and ask again", kvm);
		finding_add("mitigations", UNKNOWN, advice,
			    "as in the kernel: %s; not compared with KVM, for %s is not loaded",
			    same, kvm);
		free(advice);
	}
	free(lists->same);
	free(lists->lacking);
	free(lists->on_purpose);
}

static void not_understood(const char *what)
{
	finding_add("mitigations", UNKNOWN, "report this line, with the kernel's release",
		    "not checked: the code of %s is not understood", what);
}

static void compare(const struct code *code)
{
	const struct crossing *with = NULL;
	struct crossing ours, kernel, kvm;
	const struct parity_rule *rule;
	struct lists lists = { };

	if (!walk_guest(code, ENTER, EXIT, &ours))
		return not_understood("vcontext");
	if (!walk_kernel(code, &kernel))
		return not_understood("the kernel's system calls");
	if (code->names[KVM_ENTER].address) {
		if (!walk_guest(code, KVM_ENTER, KVM_EXIT, &kvm))
			return not_understood("KVM");
		with = &kvm;
	}
	for (rule = parity_rules; rule->name; rule++)
		judge_rule(&lists, rule, &ours, &kernel, with);
	if (with)
		judge_thunk(&lists, code, &ours, with);
	report(&lists, with, vendor_kvm());
}

/* Why the code cannot be read. */
static void refused(const char *file, int error)
{
	if (geteuid())
		finding_add("mitigations", UNKNOWN, "run vctxctl doctor as root",
			    "not checked: only root may read %s", file);
	else if (error == -EPERM)
		finding_add("mitigations", UNKNOWN,
			    "boot once without Secure Boot and lockdown=, or check a machine of the same kind",
			    "not checked: lockdown forbids to read %s", file);
	else if (error == -EACCES)
		finding_add("mitigations", UNKNOWN, "sysctl kernel.kptr_restrict=1, and ask again",
			    "not checked: %s hides addresses", file);
	else
		finding_add("mitigations", UNKNOWN, "boot a kernel with CONFIG_PROC_KCORE and CONFIG_KALLSYMS, as Debian's are",
			    "not checked: cannot read %s: %s", file, strerror(-error));
}

static void check_code(void)
{
	struct code *code = must(calloc(1, sizeof(*code)));
	int kcore = kernel_code_open(), error;

	code->vmx = vendor_has_vmx();
	memcpy(code->names, names, sizeof(names));
	memcpy(code->names, code->vmx ? vmx_names : svm_names, sizeof(vmx_names));
	error = kcore < 0 ? kcore : kernel_code_find(code->names, NAMES);
	if (kcore < 0) {
		refused("/proc/kcore", error);
	} else if (error) {
		refused("/proc/kallsyms", error);
	} else {
		read_code(code, kcore);
		compare(code);
	}
	if (kcore >= 0)
		close(kcore);
	free(code);
}

/* Where SRSO is mitigated by this bit, it is set while there is a guest, and not before. */
static bool reduces_speculation(const struct doctor_module *module)
{
	char *text = textfile_line("/sys/devices/system/cpu/vulnerabilities/spec_rstack_overflow");
	bool reduces = text && strstr(text, "Reduced Speculation");

	free(text);
	return reduces && !module->device && module->info.contexts;
}

/* Returns whether the MSR exists, and adds a finding if it is wrong. */
static bool check_msr(const struct msr_rule *rule, bool in_guest, bool *wrong)
{
	struct cpulist online = cpu_online();
	uint64_t values[CPULIST_MAX];
	unsigned int cpus[CPULIST_MAX], cpu;
	int count = 0, bad;

	for (cpu = 0; cpu < CPULIST_MAX; cpu++)
		if (cpulist_has(&online, cpu) && msr_read(cpu, rule->msr, &values[count]))
			cpus[count++] = cpu;
	bad = msr_judge(rule, values, count, in_guest);
	if (bad >= 0) {
		finding_add("mitigation MSRs", NO,
			    "report this line; until it is mended, have only programs that trust each other in contexts",
			    "%s (%#x) is wrong on CPU %u: %#llx, and %#llx on CPU %u",
			    rule->name, rule->msr, cpus[bad],
			    (unsigned long long)(values[bad] & rule->mask),
			    (unsigned long long)(values[0] & rule->mask), cpus[0]);
		*wrong = true;
	}
	return count;
}

static void check_msrs(const struct doctor_module *module)
{
	bool in_guest = reduces_speculation(module), wrong = false;
	const struct msr_rule *rule;
	char *seen = NULL;

	if (access("/dev/cpu/0/msr", R_OK)) {
		finding_add("mitigation MSRs", UNKNOWN, "modprobe msr, and run vctxctl doctor as root",
			    "not checked: cannot read /dev/cpu/0/msr: %s", strerror(errno));
		return;
	}
	for (rule = msr_rules; rule->name; rule++)
		if (rule->amd <= !vendor_has_vmx() && check_msr(rule, in_guest, &wrong))
			append(&seen, xstrdup(rule->name));
	if (!wrong)
		finding_add("mitigation MSRs", YES, NULL, "as they have to be on each CPU: %s",
			    seen ? seen : "this processor has none");
	free(seen);
}

void mitigations_check(const struct doctor_module *module)
{
	finding_section("Mitigations of speculation", false);
	if (module->loaded)
		check_code();
	else
		finding_add("mitigations", UNKNOWN, "load the module first",
			    "not checked: vcontext is not loaded");
	check_msrs(module);
}
