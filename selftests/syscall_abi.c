// SPDX-License-Identifier: GPL-2.0-only
/* System calls: arguments, results, and what becomes of every register. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

#define VSYSCALL_GETTIMEOFDAY	0xffffffffff600000UL
#define VSYSCALL_TIME		0xffffffffff600400UL
#define VSYSCALL_GETCPU		0xffffffffff600800UL

#define INT80_GETUID		24	/* of the 32-bit table */
#define X32_BIT			0x40000000UL

/* Make one call with all registers known, by one of the ways into the kernel. */
struct call {
	const char *bytes;
	size_t len;
	uint64_t nr;
	uint64_t rflags;
};

static void call(const void *arg)
{
	const struct call *call = arg;
	struct snippet snippet = snippet_load(call->bytes, call->len);
	struct regs regs = regs_pattern(7);

	regs.rax = call->nr;
	regs.rflags |= call->rflags;
	regs_call(&regs, snippet.start);
	regs_note("regs", &regs);
}

/* The processor's manual says what SYSCALL does to these, whatever the twin does. */
static void call_registers(const void *arg)
{
	struct snippet snippet = snippet_load("\x0f\x05", 2);
	struct regs before = regs_pattern(9), after;

	(void)arg;
	before.rax = SYS_getuid;
	before.rflags |= RFLAGS_DF | RFLAGS_CF;
	after = before;
	regs_call(&after, snippet.start);
	CHECK_EQ(after.rax, (uint64_t)getuid());
	CHECK_EQ(after.rcx, (uintptr_t)snippet.ret);
	CHECK_EQ(after.r11, before.rflags);
	CHECK_EQ(after.rflags, before.rflags);
	before.rax = after.rax;
	before.rcx = after.rcx;
	before.r11 = after.r11;
	CHECK(!memcmp(&before, &after, sizeof(before)));
}

/* This call works only if each of its six arguments is in its place. */
static void six_arguments(const void *arg)
{
	char path[] = "/tmp/vctx-syscall-XXXXXX";
	int fd = mkstemp(path);
	char *hint = mmap(NULL, 8 * 4096, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long at;

	(void)arg;
	unlink(path);
	CHECK_EQ(pwrite(fd, "right", 5, 3 * 4096), 5);
	at = syscall(SYS_mmap, hint + 4096, 2 * 4096, PROT_READ,
		     MAP_PRIVATE | MAP_FIXED, fd, 3 * 4096L);
	CHECK_EQ(at, (long)(hint + 4096));
	CHECK(!memcmp(hint + 4096, "right", 5));
	close(fd);
}

static void sixth_argument(const void *arg)
{
	char from[] = "remote", to[sizeof(from)] = "";
	struct iovec local = { to, sizeof(to) }, remote = { from, sizeof(from) };

	(void)arg;
	CHECK_EQ(process_vm_readv(getpid(), &local, 1, &remote, 1, 0),
		 (ssize_t)sizeof(from));
	CHECK(!strcmp(to, from));
	CHECK_EQ(process_vm_readv(getpid(), &local, 1, &remote, 1, 1), -1);
	CHECK_EQ(errno, EINVAL);
}

static void errors(const void *arg)
{
	static const struct {
		const char *name;
		long nr, first, second, third;
		int error;
	} calls[] = {
		{ "EBADF", SYS_read, -1, 0, 0, EBADF },
		{ "EFAULT", SYS_pipe2, 1, 0, 0, EFAULT },
		{ "EFAULT kernel", SYS_pipe2, (long)0xffffffff81000000, 0, 0,
		  EFAULT },
		{ "EINVAL", SYS_lseek, 0, 0, 99, -1 },
		{ "ENOENT", SYS_unlink, (long)"/tmp/no such file", 0, 0, ENOENT },
		{ "ENOSYS", 0xffff, 0, 0, 0, ENOSYS },
		{ "ENOSYS negative", -1, 0, 0, 0, ENOSYS },
		{ "ENOSYS min", (long)1 << 63, 0, 0, 0, ENOSYS },
		{ "x32", X32_BIT | SYS_getuid, 0, 0, 0, -1 },
	};

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		long result = syscall(calls[i].nr, calls[i].first,
				      calls[i].second, calls[i].third);

		note(calls[i].name, result < 0 ? -errno : result);
		if (calls[i].error >= 0)
			CHECK_EQ(errno, calls[i].error);
	}
}

/* A call that is the last instruction of the last page of a mapping. */
static void call_at_end(const void *arg)
{
	struct snippet back = snippet_load("", 0);
	unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct regs regs = regs_pattern(5);

	(void)arg;
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	memcpy(page + 4096 - 2, "\x0f\x05", 2);
	fault_catch();
	fault_resume = back.ret;
	regs.rax = SYS_getuid;
	regs_call(&regs, page + 4096 - 2);
	regs_note("regs", &regs);
	fault_note();
	CHECK_EQ(fault.addr, (uintptr_t)page + 4096);
}

/* The vsyscall page cannot really be executed: the kernel emulates its calls. */
static void enter_vsyscall(void *arg)
{
	struct regs *regs = arg;

	regs_call(regs, (const void *)regs->rbx);
}

static void vsyscall(const void *arg)
{
	static uint64_t result[2];
	struct regs regs = regs_pattern(3);

	fault_catch();
	regs.rbx = *(const uint64_t *)arg;
	regs.rdi = (uintptr_t)result;
	regs.rsi = 0;
	regs.rdx = 0;
	note("signal", fault_of(enter_vsyscall, &regs));
	/* All registers are compared but those with the time and the CPU. */
	regs.rax = 0;
	regs_note("regs", &regs);
	if (fault.count)
		fault_note();
}

static void vsyscall_read(const void *arg)
{
	(void)arg;
	fault_catch();
	note("signal", fault_of_read((void *)VSYSCALL_TIME));
	fault_note();
}

/* Of many calls none is lost, and none is made twice. */
static void many(const void *arg)
{
	int fds[2];
	char byte = 0, seen;

	(void)arg;
	REQUIRE(!pipe(fds));
	for (int i = 0; i < 500; i++, byte++) {
		CHECK_EQ(write(fds[1], &byte, 1), 1);
		CHECK_EQ(read(fds[0], &seen, 1), 1);
		CHECK_EQ(seen, byte);
	}
	if (test_in_context) {
		struct vctx_stats stats = ctx_stats();

		CHECK_GE(stats.exits[VCTX_EXIT_SYSCALL], 1000ULL);
		CHECK_GE(stats.native[VCTX_NATIVE_SYSCALL], 1000ULL);
	}
}

#define CALL(name, code, nr, rflags)					\
	{ name, call, &(const struct call){				\
		code, sizeof(code) - 1, nr, rflags }, T_TWIN }
#define VSYSCALL(name, address)						\
	{ name, vsyscall, &(const uint64_t){ address }, T_TWIN }

#define SYSCALL		"\x0f\x05"
#define INT80		"\xcd\x80"

static const struct test tests[] = {
	{ "call_registers", call_registers, NULL, 0 },
	CALL("syscall",			SYSCALL, SYS_getuid, 0),
	CALL("syscall_error",		SYSCALL, SYS_close, 0),
	CALL("syscall_bad_number",	SYSCALL, 0xfffff, 0),
	CALL("syscall_direction",	SYSCALL, SYS_getuid, RFLAGS_DF),
	CALL("syscall_nt",		SYSCALL, SYS_getuid, RFLAGS_NT),
	CALL("syscall_ac",		SYSCALL, SYS_getuid, RFLAGS_AC),
	CALL("syscall_id",		SYSCALL, SYS_getuid, RFLAGS_ID),
	CALL("syscall_prefixed",	"\x48" SYSCALL, SYS_getuid, 0),
	CALL("int80",			INT80, INT80_GETUID, 0),
	CALL("int80_bad_number",	INT80, 0xfffff, 0),
	CALL("int80_high_bits",		INT80, 0x100000000 | INT80_GETUID, 0),
	CALL("int80_direction",		INT80, INT80_GETUID, RFLAGS_DF),
	{ "six_arguments", six_arguments, NULL, 0 },
	{ "sixth_argument", sixth_argument, NULL, 0 },
	{ "errors", errors, NULL, T_TWIN },
	{ "call_at_end", call_at_end, NULL, T_TWIN },
	VSYSCALL("vsyscall_gettimeofday", VSYSCALL_GETTIMEOFDAY),
	VSYSCALL("vsyscall_time",	VSYSCALL_TIME),
	VSYSCALL("vsyscall_getcpu",	VSYSCALL_GETCPU),
	VSYSCALL("vsyscall_elsewhere",	VSYSCALL_TIME + 1),
	{ "vsyscall_read", vsyscall_read, NULL, T_TWIN },
	{ "many", many, NULL, 0 },
};

TEST_MAIN(tests)
