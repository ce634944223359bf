// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts and virtual machines of KVM on the same CPUs, whichever comes first, and KVM's
 * module loaded and unloaded meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"
#include "virtual_machine.h"

#define SHARE	"/sys/module/vcontext/parameters/share"
#define CPU1	"/sys/devices/system/cpu/cpu1/online"
#define TRACING	"/sys/kernel/tracing/"
#define PM_TEST	"/sys/power/pm_test"
#define PM_DELAY "/sys/module/suspend/parameters/pm_test_delay"

/* KVM enables virtualisation with its first virtual machine, or when it is loaded. */
static const char on_demand[] = "enable_virt_at_load=0";
static const char at_load[] = "enable_virt_at_load=1";

static const char *kvm_module(void)
{
	return cpu_has_svm() ? "kvm_amd" : "kvm_intel";
}

static int unload_kvm(void)
{
	char command[80];

	snprintf(command, sizeof(command), "(rmmod %s && rmmod kvm) 2>/dev/null",
		 kvm_module());
	return system(command);
}

static bool is_loaded(void)
{
	return !access("/dev/kvm", F_OK);
}

/* Whether KVM has virtualisation enabled as long as its module is loaded. */
static bool is_at_load(void)
{
	char answer = 'N';
	int fd = open("/sys/module/kvm/parameters/enable_virt_at_load", O_RDONLY);

	if (fd >= 0) {
		CHECK_EQ(read(fd, &answer, 1), 1);
		close(fd);
	}
	return answer == 'Y';
}

/* Linux 6.1 does not know the option. */
static void load_kvm(const char *options)
{
	char command[80];

	snprintf(command, sizeof(command),
		 "(modprobe kvm %s && modprobe %s) 2>/dev/null", options,
		 kvm_module());
	if (system(command))
		test_skip("%s cannot be loaded", kvm_module());
}

static void need_kernel_of(const char *options)
{
	int major = 0, minor = 0;
	struct utsname name;

	REQUIRE(!uname(&name) &&
		sscanf(name.release, "%d.%d", &major, &minor) == 2);
	if (options == at_load && (major < 6 || (major == 6 && minor < 12)))
		test_skip("this kernel enables virtualisation on demand only");
}

/* It may stay loaded from one case to the next, since loading it takes seconds. */
static int open_kvm(const char *options)
{
	int fd;

	need_kernel_of(options);
	if (is_loaded() && is_at_load() != (options == at_load))
		REQUIRE(!unload_kvm());
	if (!is_loaded())
		load_kvm(options);
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	return fd;
}

static int open_shared(void)
{
	int fd;

	write_file(SHARE, "1");
	fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	return fd;
}

static struct vctx_stats stats(int fd)
{
	struct vctx_stats stats;

	CHECK_EQ(__ctx_stats(fd, VCTX_SCOPE_THREAD, &stats), 0);
	return stats;
}

static uint64_t entries_of_calls(int fd)
{
	uint64_t entries = stats(fd).entries;

	for (int i = 0; i < 100; i++)
		getppid();
	return stats(fd).entries - entries;
}

static void expect_in_guest(int fd)
{
	CHECK_GE(entries_of_calls(fd), 100ULL);
}

static void expect_round(struct virtual_machine *machine)
{
	const char *wrong = vm_round(machine);

	if (wrong) {
		printf("# %s\n", wrong);
		fflush(stdout);
	}
	REQUIRE(!wrong);
}

/* A process with a virtual machine, which does one round for each byte that it is sent. */
struct player {
	pid_t pid;
	int to, from;
};

static void play(int kvm, int in, int out)
{
	struct virtual_machine machine;
	char byte;

	CHECK_EQ(vm_start(&machine, kvm), 0);
	while (read(in, &byte, 1) == 1) {
		expect_round(&machine);
		if (write(out, &byte, 1) != 1)
			break;
	}
	vm_stop(&machine);
	_exit(0);
}

static struct player player_start(int kvm)
{
	struct player player;
	int in[2], out[2];

	REQUIRE(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC));
	player.pid = fork();
	if (!player.pid) {
		close(in[1]);
		close(out[0]);
		play(kvm, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	player.to = in[1];
	player.from = out[0];
	return player;
}

static void player_round(const struct player *player)
{
	char byte = 0;

	REQUIRE(write(player->to, &byte, 1) == 1);
	REQUIRE(read(player->from, &byte, 1) == 1);
}

static void player_stop(const struct player *player)
{
	close(player->to);
	CHECK_EQ(wait_exit(player->pid), 0);
	close(player->from);
}

/* What one turn leaves in the vector registers has to be there in the next. */
static void alternate(int kvm, int fd, int turns)
{
	struct player player;
	uint64_t entries, lost;

	pin(0);
	player = player_start(kvm);
	player_round(&player);
	entries = stats(fd).entries;
	lost = stats(fd).native[VCTX_NATIVE_CPU];
	for (uint64_t i = 0; i < (uint64_t)turns; i++) {
		uint64_t kept;

		asm volatile("movq %0, %%xmm9" : : "r" (i) : "xmm9");
		raw_syscall(39 /* getpid */, 0, 0, 0);
		asm volatile("movq %%xmm9, %0" : "=r" (kept) : : "xmm9");
		CHECK_EQ(kept, i);
		player_round(&player);
	}
	CHECK_GE(stats(fd).entries - entries, 3ULL * turns);
	CHECK_EQ(stats(fd).native[VCTX_NATIVE_CPU], lost);
	player_stop(&player);
}

static void vm_first(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;

	pin(0);
	CHECK_EQ(vm_start(&machine, kvm), 0);
	expect_round(&machine);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	expect_in_guest(fd);
	expect_round(&machine);
	alternate(kvm, fd, 100);
	expect_round(&machine);
	vm_stop(&machine);
	expect_in_guest(fd);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(kvm);
	CHECK_EQ(unload_kvm(), 0);
	/* Nobody else is there any more. */
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	expect_in_guest(fd);
	close(fd);
}

static void context_first(const void *arg)
{
	int fd = open_shared(), kvm;

	need_kernel_of(arg);
	if (is_loaded())
		REQUIRE(!unload_kvm());
	pin(0);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	expect_in_guest(fd);
	kvm = open_kvm(arg);
	expect_in_guest(fd);
	alternate(kvm, fd, 100);
	expect_in_guest(fd);
	close(kvm);
	/* Contexts rely on what its module has enabled; else it can go. */
	if (is_at_load())
		CHECK(unload_kvm());
	else
		CHECK_EQ(unload_kvm(), 0);
	expect_in_guest(fd);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
}

static void alternations(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();

	CHECK_EQ(__ctx_enter(fd, 0), 0);
	alternate(kvm, fd, rounds(10000) / slowness());
	CHECK_EQ(__ctx_leave(fd), 0);
	close(kvm);
	close(fd);
}

/* A thread in a context runs a virtual CPU itself. */
static void vcpu_in_context(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	uint64_t entries;

	CHECK_EQ(vm_start(&machine, kvm), 0);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	entries = stats(fd).entries;
	for (int i = 0; i < 1000; i++)
		expect_round(&machine);
	CHECK_GE(stats(fd).entries - entries, 1000ULL);
	CHECK_EQ(stats(fd).native[VCTX_NATIVE_CPU], 0ULL);
	CHECK_EQ(__ctx_leave(fd), 0);
	expect_round(&machine);
	vm_stop(&machine);
	close(kvm);
	close(fd);
}

/* A process in a context that computes and makes system calls on one CPU. */
struct computing {
	pid_t pid;
	volatile uint64_t *entries;
};

static struct computing compute_on(int cpu)
{
	struct computing computing;
	int fd;

	computing.entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(computing.entries != MAP_FAILED);
	computing.pid = fork();
	if (computing.pid)
		return computing;
	pin(cpu);
	/* Whoever loads a module at the same time needs the CPU for seconds. */
	nice(15);
	fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	for (;;)
		*computing.entries += entries_of_calls(fd);
}

/* It goes on in the guest, at once or soon: between two possessions it is native. */
static void expect_computing(const struct computing *computing)
{
	uint64_t entries = *computing->entries;
	uint64_t limit = now_ns() + 10 * slowness() * NSEC_PER_SEC;

	while (*computing->entries < entries + 300 && now_ns() < limit)
		usleep(1000);
	CHECK_GE(*computing->entries, entries + 300);
}

static void end_computing(const struct computing *computing)
{
	int status;

	expect_computing(computing);
	/* It is there still: it has not failed. */
	CHECK_EQ(waitpid(computing->pid, &status, WNOHANG), 0);
	kill(computing->pid, SIGKILL);
	waitpid(computing->pid, &status, 0);
	munmap((void *)computing->entries, 4096);
}

static void vcpu_moves(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	struct computing computing[2];

	CHECK_EQ(vm_start(&machine, kvm), 0);
	for (int cpu = 0; cpu < 2; cpu++)
		computing[cpu] = compute_on(cpu);
	for (int i = 0; i < 300; i++) {
		pin(i % 2);
		for (int j = 0; j < 3; j++)
			expect_round(&machine);
	}
	for (int cpu = 0; cpu < 2; cpu++)
		end_computing(&computing[cpu]);
	vm_stop(&machine);
	close(kvm);
	close(fd);
}

/* The CPU that a virtual CPU has run on goes, and comes back. */
static void hot_plug(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	struct computing computing;

	if (access(CPU1, W_OK))
		test_skip("CPU 1 cannot be taken offline");
	CHECK_EQ(vm_start(&machine, kvm), 0);
	computing = compute_on(0);
	for (int i = 0; i < 10; i++) {
		pin(1);
		expect_round(&machine);
		CHECK_EQ(__ctx_enter(fd, 0), 0);
		expect_in_guest(fd);
		write_file(CPU1, "0");
		expect_round(&machine);
		expect_in_guest(fd);
		write_file(CPU1, "1");
		pin(1);
		expect_round(&machine);
		expect_in_guest(fd);
		CHECK_EQ(__ctx_leave(fd), 0);
	}
	end_computing(&computing);
	vm_stop(&machine);
	close(kvm);
	close(fd);
}

/* KVM's module comes and goes while contexts compute on all CPUs. */
static void module_comes_and_goes(const void *arg)
{
	int fd = open_shared(), kvm, n = nr_cpus();
	struct virtual_machine machine;
	struct computing computing[64];

	REQUIRE(n <= 64);
	need_kernel_of(arg);
	if (is_loaded())
		REQUIRE(!unload_kvm());
	for (int cpu = 0; cpu < n; cpu++)
		computing[cpu] = compute_on(cpu);
	for (int i = 0; i < rounds(1); i++) {
		kvm = open_kvm(arg);
		CHECK_EQ(vm_start(&machine, kvm), 0);
		expect_round(&machine);
		for (int cpu = 0; cpu < n; cpu++)
			expect_computing(&computing[cpu]);
		vm_stop(&machine);
		close(kvm);
		if (is_at_load())
			break;
		CHECK_EQ(unload_kvm(), 0);
		for (int cpu = 0; cpu < n; cpu++)
			expect_computing(&computing[cpu]);
	}
	for (int cpu = 0; cpu < n; cpu++)
		end_computing(&computing[cpu]);
	close(fd);
}

static void many_machines(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	struct computing computing;

	computing = compute_on(0);
	for (int i = 0; i < rounds(20); i++) {
		CHECK_EQ(vm_start(&machine, kvm), 0);
		pin(0);
		expect_round(&machine);
		vm_stop(&machine);
	}
	end_computing(&computing);
	close(kvm);
	close(fd);
}

/* Without the policy, contexts make room for virtual machines, and are refused beside them. */
static void not_shared(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	struct vctx_info info;
	uint64_t limit;

	write_file(SHARE, "0");
	CHECK_EQ(vm_start(&machine, kvm), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(__ctx_enter(fd, 0), -EBUSY);
	CHECK_EQ(__ctx_leave(fd), -ENXIO);
	CHECK_EQ(__ctx_info(fd, &info), 0);
	CHECK_EQ(info.unavailable, (uint32_t)VCTX_UNAVAILABLE_BUSY);
	expect_round(&machine);
	/* From one change of the policy to the next. */
	write_file(SHARE, "1");
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	expect_in_guest(fd);
	write_file(SHARE, "0");
	CHECK_EQ(entries_of_calls(fd), 0ULL);
	CHECK_GE(stats(fd).native[VCTX_NATIVE_CPU], 100ULL);
	expect_round(&machine);
	vm_stop(&machine);
	/* The machine is gone a moment after its last descriptor is closed. */
	limit = now_ns() + NSEC_PER_SEC;
	while (!is_at_load() && entries_of_calls(fd) < 100 && now_ns() < limit)
		;
	if (!is_at_load())
		expect_in_guest(fd);
	write_file(SHARE, "1");
	expect_in_guest(fd);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(kvm);
	close(fd);
}

static int count_lines(const char *path, const char *part, unsigned int *tags)
{
	FILE *file = fopen(path, "r");
	char line[512];
	int n = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file)) {
		const char *found = strstr(line, part);
		unsigned int set;

		if (found && sscanf(found + strlen(part), " tags=%x", &set) == 1) {
			*tags |= set;
			n++;
		}
	}
	fclose(file);
	return n;
}

/*
 * Each change from a context to a virtual machine is a hand-over, and KVM finds nothing
 * under the tags that it may use as well, which are ASIDs.
 */
static void handed_over(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared(), n;
	struct virtual_machine machine;
	unsigned int tags = 0;

	if (access(TRACING "events/vcontext/vctx_handover/enable", W_OK))
		test_skip("no tracefs is mounted");
	pin(0);
	CHECK_EQ(vm_start(&machine, kvm), 0);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	write_file(TRACING "trace", "");
	write_file(TRACING "events/vcontext/vctx_handover/enable", "1");
	for (int i = 0; i < 100; i++) {
		expect_in_guest(fd);
		expect_round(&machine);
	}
	write_file(TRACING "events/vcontext/vctx_handover/enable", "0");
	CHECK_EQ(__ctx_leave(fd), 0);
	n = count_lines(TRACING "trace", "vctx_handover:", &tags);
	CHECK_GE(n, 100);
	if (cpu_has_svm())
		CHECK(tags);
	else
		CHECK_EQ(tags, 0U);
	vm_stop(&machine);
	close(kvm);
	close(fd);
}

/* This module comes and goes while a virtual machine lives. */
static void reloaded(const void *arg)
{
	struct virtual_machine machine;
	int kvm = open_kvm(arg), fd;

	if (!module_installed("vcontext"))
		test_skip("the module is not installed");
	CHECK_EQ(vm_start(&machine, kvm), 0);
	for (int i = 0; i < 3; i++) {
		expect_round(&machine);
		REQUIRE(!__module_unload("vcontext"));
		expect_round(&machine);
		REQUIRE(!__module_load("vcontext"));
		fd = open_shared();
		CHECK_EQ(__ctx_enter(fd, 0), 0);
		expect_in_guest(fd);
		expect_round(&machine);
		expect_in_guest(fd);
		CHECK_EQ(__ctx_leave(fd), 0);
		close(fd);
	}
	vm_stop(&machine);
	close(kvm);
}

/* All but the end of a suspend: CPUs go, and each side disables what it has enabled. */
static void suspended(const void *arg)
{
	int kvm = open_kvm(arg), fd = open_shared();
	struct virtual_machine machine;
	struct computing computing;

	if (access(PM_TEST, W_OK) || access(PM_DELAY, W_OK))
		test_skip("this kernel cannot test a suspend");
	CHECK_EQ(vm_start(&machine, kvm), 0);
	computing = compute_on(0);
	write_file(PM_DELAY, "1");
	for (int i = 0; i < 2; i++) {
		expect_round(&machine);
		expect_computing(&computing);
		write_file(PM_TEST, "core");
		write_file("/sys/power/state", "mem");
		write_file(PM_TEST, "none");
	}
	expect_round(&machine);
	end_computing(&computing);
	vm_stop(&machine);
	close(kvm);
	close(fd);
}

#define FLAGS	(T_DEVICE | T_SELF | T_ALONE)
#define CASE(fn, when, more)	{ #fn "_" #when, fn, when, FLAGS | (more) }
#define CASES(when)							\
	CASE(vm_first, when, 0),					\
	CASE(context_first, when, 0),					\
	CASE(not_shared, when, 0),					\
	CASE(handed_over, when, 0),					\
	CASE(vcpu_in_context, when, 0),					\
	CASE(many_machines, when, 0),					\
	CASE(vcpu_moves, when, T_SMP),					\
	CASE(hot_plug, when, T_SMP),					\
	CASE(suspended, when, 0),					\
	CASE(reloaded, when, 0),					\
	CASE(alternations, when, 0),					\
	CASE(module_comes_and_goes, when, 0)

/* KVM's module is loaded anew when the first of them follows the last. */
static const struct test tests[] = {
	CASES(on_demand),
	CASES(at_load),
};

/* The policy stays as it was: its default depends on the vendor. */
static char read_share(void)
{
	char share = '0';
	int fd = open(SHARE, O_RDONLY);

	if (fd >= 0) {
		if (read(fd, &share, 1) != 1)
			share = '0';
		close(fd);
	}
	return share;
}

int main(int argc, char **argv)
{
	char share[] = { read_share(), 0 };
	int status;

	/* A busy emulator takes half a minute to load the module. */
	test_seconds = 240;
	status = test_main(tests, ARRAY_SIZE(tests), argc, argv);

	if (is_loaded())
		unload_kvm();
	if (!access(SHARE, W_OK))
		write_file(SHARE, share);
	return status;
}
