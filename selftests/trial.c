// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trial of each CPU, and nothing else in guest mode: the thread has an LDT, so that
 * its context enables the CPUs but runs natively.  What the module says of each CPU
 * then shows whether it has passed.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "genl.h"
#include "vctx_selftest.h"

static void see_cpu(struct nlattr **attrs, void *on)
{
	uint32_t cpu = nla_get_u32(attrs[VCTX_A_CPU_CPU]);
	uint32_t state = nla_get_u32(attrs[VCTX_A_CPU_STATE]);

	if (state == VCTX_CPU_ON)
		++*(int *)on;
	else
		dprintf(STDOUT_FILENO, "# CPU %u cannot run contexts (state %u)\n",
			cpu, state);
}

static void all_cpus(const void *arg)
{
	struct user_desc desc = { .entry_number = 0, .seg_not_present = 1,
				  .read_exec_only = 1, .limit = 1 };
	struct nl_sock *sock = genl_open();
	struct vctx_stats stats;
	int on = 0;

	(void)arg;
	if (syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
		test_skip("modify_ldt: %s", strerror(errno));
	ctx_enter(0);
	CHECK_EQ(genl_call(sock, genl_request(VCTX_CMD_CPU_GET, NLM_F_DUMP),
			   see_cpu, &on), 0);
	CHECK_EQ(on, nr_cpus());
	stats = ctx_stats();
	CHECK_EQ(stats.entries, 0ULL);
	CHECK_GE(stats.native[VCTX_NATIVE_SEGMENT], 1ULL);
	ctx_leave();
	nl_socket_free(sock);
}

static const struct test tests[] = {
	{ "all_cpus", all_cpus, NULL, T_SELF | T_UNUSED | T_DEVICE },
};

TEST_MAIN(tests)
