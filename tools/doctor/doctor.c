// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl doctor - why contexts cannot be had, or are interrupted, and what helps.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/cli.h"
#include "ctl/error.h"
#include "isolate/cpu.h"
#include "check.h"
#include "finding.h"

static void ask_module(struct doctor_module *module)
{
	int fd;

	*module = (struct doctor_module){
		.loaded = !access("/sys/module/vcontext", F_OK),
		.info.size = sizeof(module->info),
	};
	fd = open("/dev/vcontext", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, VCTX_IOC_INFO, &module->info))
		module->device = -errno;
	if (fd >= 0)
		close(fd);
	module->error = vctx_available(&module->reason);
}

/* That contexts can be had does not say that they work: that takes a trial. */
static void suggest_trial(void)
{
	finding_section("Before contexts are relied on", false);
	finding_add("tried", UNKNOWN,
		    "sudo vctx-silicon, of the package vcontext-tests, tries it here step by step",
		    "vcontext has not been seen on any silicon");
}

static int run_doctor(int argc, char **argv)
{
	struct doctor_module module;
	struct cpulist cpus = { };
	unsigned int cpu;

	if (cli_option(argc, argv, "", NULL) != -1)
		return EXIT_USAGE;
	if (optind + 1 == argc && !strcmp(argv[optind], "all"))
		cpus = cpu_online();
	else if (!cpu_parse_words(&cpus, argv + optind, true))
		return EXIT_USAGE;

	ask_module(&module);
	finding_section("Contexts", true);
	processor_check(&module);
	owner_check(&module);
	kernel_check(&module);
	module_check(&module);
	device_check(&module);
	mitigations_check(&module);
	if (!cpulist_empty(&cpus))
		jitter_check_machine();
	for (cpu = 0; cpu < CPULIST_MAX; cpu++)
		if (cpulist_has(&cpus, cpu))
			jitter_check_cpu(cpu);

	if (!module.error)
		suggest_trial();
	finding_print(!module.error);
	return flush_output() == EXIT_DONE && !module.error ? EXIT_DONE :
							   EXIT_FAILED;
}

const struct command doctor_command = {
	.name = "doctor",
	.usage = "[OPTION]... [CPU...|all]",
	.summary = "find out why contexts cannot be had, and what interrupts them",
	.help =
	"Each check answers yes, which is good, no, or unknown, and then says what helps.\n"
	"With CPUs, which are numbers or lists such as 2-3,5, the doctor also checks what\n"
	"may interrupt a thread on them.\n"
	"\n"
	"The exit status is 0 if contexts can be had, whatever else is found, or 1 if they\n"
	"cannot, or 2 if the command line is wrong.",
	.run = run_doctor,
};
