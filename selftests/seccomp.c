// SPDX-License-Identifier: GPL-2.0-only
/* seccomp filters decide on the system calls of a context as on all others. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

/* <linux/prctl.h> has these since Linux 5.11. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#define PR_SYS_DISPATCH_OFF		0
#define PR_SYS_DISPATCH_ON		1
#endif

#define FILTERED	SYS_getppid
#define FILTERED_ERRNO	123

/* Apply @action to the call FILTERED, and allow all others. */
static void filter(uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTERED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void returns_errno(const void *arg)
{
	(void)arg;
	filter(SECCOMP_RET_ERRNO | FILTERED_ERRNO);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(syscall(FILTERED), -1L);
		CHECK_EQ(errno, FILTERED_ERRNO);
		CHECK_EQ(syscall(SYS_getuid), (long)getuid());
	}
}

static volatile int traps;

static void on_sigsys(int signo, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	traps++;
	note("signo", signo);
	note("code", info->si_code);
	note("errno", info->si_errno);
	note("call_addr", (uintptr_t)info->si_call_addr);
	note("syscall", info->si_syscall);
	note("arch", info->si_arch);
	for (int reg = 0; reg < REG_END; reg++)
		note("reg", reg == REG_EFL ? (greg_t)test_flags(gregs[reg]) :
		     gregs[reg]);
	/* A supervisor makes the call in place of the thread. */
	gregs[REG_RAX] = 4242;
}

static void traps_to_handler(const void *arg)
{
	struct sigaction action = {
		.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO,
	};
	struct snippet snippet = snippet_load(SYSCALL_INSN, 2);
	struct regs regs = regs_pattern(1);

	(void)arg;
	CHECK_EQ(sigaction(SIGSYS, &action, NULL), 0);
	filter(SECCOMP_RET_TRAP | 55);
	regs.rax = FILTERED;
	regs_call(&regs, snippet.start);
	CHECK_EQ(regs.rax, 4242ULL);
	CHECK_EQ(traps, 1);
	regs_note("regs", &regs);
}

static void kills_process(const void *arg)
{
	(void)arg;
	filter(SECCOMP_RET_KILL_PROCESS);
	syscall(FILTERED);
}

static void kills_unhandled(const void *arg)
{
	(void)arg;
	filter(SECCOMP_RET_TRAP);
	syscall(FILTERED);
}

/* Without a tracer, the call does not exist. */
static void needs_tracer(const void *arg)
{
	(void)arg;
	filter(SECCOMP_RET_TRACE);
	CHECK_EQ(syscall(FILTERED), -1L);
	CHECK_EQ(errno, ENOSYS);
}

/* Only read, write, exit and sigreturn are left. */
static void strict_mode(const void *arg)
{
	static const char text[] = "# still here\n";

	(void)arg;
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	raw_syscall(SYS_write, STDOUT_FILENO, (long)text, sizeof(text) - 1);
	raw_syscall(SYS_exit, 0, 0, 0);
}

static void strict_mode_kills(const void *arg)
{
	(void)arg;
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	raw_syscall(SYS_getuid, 0, 0, 0);
}

/* A child has the filter of its parent. */
static void check_filtered(void)
{
	CHECK_EQ(syscall(FILTERED), -1L);
	CHECK_EQ(errno, FILTERED_ERRNO);
}

static void inherited(const void *arg)
{
	(void)arg;
	filter(SECCOMP_RET_ERRNO | FILTERED_ERRNO);
	in_child(check_filtered);
}

/* A handler gets the system calls that are made outside one range of code. */
static volatile char dispatch;

static void user_dispatch(const void *arg)
{
	struct sigaction action = {
		.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO,
	};
	struct snippet snippet = snippet_load(SYSCALL_INSN, 2);
	struct regs regs = regs_pattern(2);

	(void)arg;
	CHECK_EQ(sigaction(SIGSYS, &action, NULL), 0);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0x10000000,
		  &dispatch))
		test_skip("PR_SET_SYSCALL_USER_DISPATCH: %s", strerror(errno));
	regs.rax = FILTERED;
	dispatch = 1;
	regs_call(&regs, snippet.start);
	dispatch = 0;
	CHECK_EQ(regs.rax, 4242ULL);
	CHECK_EQ(traps, 1);
	regs_note("regs", &regs);
	CHECK_EQ(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0,
		       0), 0);
}

/* A filter may forbid ioctl(): the context stays all the same. */
static void forbids_ioctl(const void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	(void)arg;
	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	CHECK_EQ(__ctx_leave(test_fd), -EPERM);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(syscall(SYS_getuid), (long)getuid());
}

static const struct test tests[] = {
	{ "returns_errno", returns_errno, NULL, 0 },
	{ "traps_to_handler", traps_to_handler, NULL, T_TWIN },
	{ "user_dispatch", user_dispatch, NULL, T_TWIN },
	{ "kills_process", kills_process, NULL, T_TWIN | T_DIES },
	{ "kills_unhandled", kills_unhandled, NULL, T_TWIN | T_DIES },
	{ "needs_tracer", needs_tracer, NULL, 0 },
	{ "strict_mode", strict_mode, NULL, T_TWIN },
	{ "strict_mode_kills", strict_mode_kills, NULL, T_TWIN | T_DIES },
	{ "inherited", inherited, NULL, 0 },
	{ "forbids_ioctl", forbids_ioctl, NULL, 0 },
};

TEST_MAIN(tests)
