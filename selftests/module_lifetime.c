// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading, and what the module finds. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define MODULE	"vcontext"

static int open_device(void)
{
	int fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void expect_busy(int error)
{
	CHECK(error == -EWOULDBLOCK || error == -EBUSY);
}

/* Unload and load again; contexts work afterwards. */
static void expect_reload(void)
{
	int fd, error = __module_unload(MODULE);

	CHECK_EQ(error, 0);
	if (error)
		return;
	CHECK_LE(open_device(), -1);
	CHECK_EQ(__module_load(MODULE), 0);
	fd = open_device();
	CHECK_GE(fd, 0);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
}

static void need_module(void)
{
	if (access("/sys/module/" MODULE, R_OK) || !module_installed(MODULE))
		test_skip("the module is not installed and loaded");
}

static void reload(const void *arg)
{
	(void)arg;
	need_module();
	for (int i = 0; i < 3; i++)
		expect_reload();
}

static void refused_with_open_file(const void *arg)
{
	int fd;

	(void)arg;
	need_module();
	fd = open_device();
	CHECK_GE(fd, 0);
	expect_busy(__module_unload(MODULE));
	close(fd);
	expect_reload();
}

/* A child in a context, with all descriptors closed, lives until it is told to end. */
static pid_t start_child(int *tell)
{
	int fds[2], fd;
	pid_t pid;
	char byte;

	REQUIRE(!pipe2(fds, O_CLOEXEC));
	*tell = fds[1];
	pid = fork();
	if (pid)
		return pid;
	fd = open_device();
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	close(fd);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK(ctx_here());
	for (int i = 0; i < 100; i++)
		getppid();
	_exit(0);
}

static void wait_contexts(unsigned int nr)
{
	struct vctx_info info = { .contexts = -1 };
	int fd = open_device();

	while (!__ctx_info(fd, &info) && info.contexts != nr)
		sched_yield();
	close(fd);
}

static void refused_with_context(const void *arg)
{
	int tell;
	pid_t pid;

	(void)arg;
	need_module();
	pid = start_child(&tell);
	wait_contexts(1);
	for (int i = 0; i < 3; i++)
		expect_busy(__module_unload(MODULE));
	CHECK_EQ(write(tell, "x", 1), 1);
	CHECK_EQ(wait_exit(pid), 0);
	expect_reload();
}

/* A mapped statistics page keeps the module, too. */
static void refused_with_page(const void *arg)
{
	void *page;
	int fd;

	(void)arg;
	need_module();
	fd = open_device();
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
	expect_busy(__module_unload(MODULE));
	CHECK_EQ(munmap(page, 4096), 0);
	expect_reload();
}

/* When the holder of the tick ends, the module can go, and the tick is back. */
static void reload_after_holder(const void *arg)
{
	struct vctx_info info;
	pid_t pid;
	int fd;

	(void)arg;
	need_module();
	for (int i = rounds(2); i; i--) {
		pid = fork();
		if (!pid) {
			fd = open_device();
			CHECK_EQ(__ctx_enter_tickless(fd, 0, UINT64_MAX), 0);
			close(fd);
			for (;;)
				;
		}
		wait_contexts(1);
		usleep(20000);
		expect_busy(__module_unload(MODULE));
		kill(pid, SIGKILL);
		REQUIRE(waitpid(pid, NULL, 0) == pid);
		wait_contexts(0);
		expect_reload();
	}
	fd = open_device();
	CHECK_EQ(__ctx_info(fd, &info), 0);
	CHECK_EQ(info.contexts, 0U);
	close(fd);
}

/* Firmware */

static void expect_unavailable(enum vctx_unavailable why, int error)
{
	int fd = open_device();
	struct vctx_info info;

	CHECK_EQ(__ctx_info(fd, &info), 0);
	CHECK_EQ(info.unavailable, (uint32_t)why);
	CHECK_EQ(__ctx_enter(fd, 0), error);
	CHECK_EQ(__ctx_leave(fd), error ? -ENXIO : 0);
	CHECK_EQ(info.contexts, 0U);
	close(fd);
}

#define MSR_VM_CR	0xc0010114
#define VM_CR_SVMDIS	(1ULL << 4)

/* This is what firmware does to disable SVM, except for the lock. */
static void firmware(const void *arg)
{
	uint64_t vm_cr, seen = 0;
	int msr;

	(void)arg;
	if (!cpu_has_svm())
		test_skip("VMX can only be locked out until the next reset");
	need_module();
	if (system("modprobe msr"))
		test_skip("msr cannot be loaded");
	pin(0);
	msr = open("/dev/cpu/0/msr", O_RDWR | O_CLOEXEC);
	CHECK_GE(msr, 0);
	CHECK_EQ(pread(msr, &vm_cr, 8, MSR_VM_CR), 8);
	vm_cr |= VM_CR_SVMDIS;
	if (pwrite(msr, &vm_cr, 8, MSR_VM_CR) != 8 ||
	    pread(msr, &seen, 8, MSR_VM_CR) != 8 || seen != vm_cr)
		test_skip("this processor does not have VM_CR");
	CHECK_EQ(__module_unload(MODULE), 0);
	CHECK_EQ(__module_load(MODULE), 0);
	expect_unavailable(VCTX_UNAVAILABLE_FIRMWARE, -ENODEV);
	vm_cr &= ~VM_CR_SVMDIS;
	CHECK_EQ(pwrite(msr, &vm_cr, 8, MSR_VM_CR), 8);
	close(msr);
	expect_reload();
}

#define CASE(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_ALONE }

static const struct test tests[] = {
	CASE(reload),
	CASE(refused_with_open_file),
	CASE(refused_with_context),
	CASE(refused_with_page),
	CASE(reload_after_holder),
	CASE(firmware),
};

TEST_MAIN(tests)
