// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed netlink messages and dumps that nobody reads leave nothing in the
 * kernel: no memory, no context, no reference to the module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_netlink.h"

static struct fuzz_message message;

/* Objects of the general caches and of the module's own. */
static long objects(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[256], name[64];
	long active, sum = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", name, &active) == 2 &&
		    (!strncmp(name, "kmalloc-", 8) || !strncmp(name, "vctx", 4)))
			sum += active;
	fclose(file);
	return sum;
}

static void abort_dumps(int number)
{
	for (int i = 0; i < number; i++) {
		int fd = fuzz_socket();

		fuzz_make_valid(&message);
		fuzz_genl(&message)->cmd = VCTX_CMD_CONTEXT_GET;
		message.len = HEADERS;
		message.header.nlmsg_len = HEADERS;
		message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		fuzz_send(fd, &message);
		close(fd);
	}
}

static long settled_objects(void)
{
	/* By then RCU has freed what it frees. */
	usleep(200000);
	return objects();
}

static int reference_count(void)
{
	FILE *file = fopen("/sys/module/vcontext/refcnt", "re");
	int count = -1;

	REQUIRE(file && fscanf(file, "%d", &count) == 1);
	fclose(file);
	return count;
}

static void nothing_left(const void *arg)
{
	int number = 2 * fuzz_messages();
	struct vctx_info info;
	long before, after;
	int fd;

	(void)arg;
	test_fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	REQUIRE(test_fd >= 0);
	fuzz_begin(7);
	abort_dumps(200);
	fuzz_send_many(200);
	before = settled_objects();
	abort_dumps(number);
	fuzz_send_many(number);
	after = settled_objects();
	printf("# objects of the kernel's caches: %ld before, %ld after\n",
	       before, after);
	if (!test_is_beyond("memory"))
		CHECK_LE(after - before, number / 2);
	fuzz_end();
	usleep(100000);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.contexts, 0U);
	close(test_fd);
	test_fd = -1;
	for (int i = 0; i < 100 && reference_count(); i++)
		usleep(10000);
	CHECK_EQ(reference_count(), 0);
	CHECK_EQ(fuzz_reload(), 0);
	fd = open(VCTX_DEVICE, O_RDWR | O_CLOEXEC);
	CHECK_EQ(__ctx_enter(fd, 0), 0);
	CHECK_EQ(__ctx_leave(fd), 0);
	close(fd);
}

#define FLAGS	(T_DEVICE | T_SELF)

static const struct test tests[] = {
	{ "nothing_left", nothing_left, NULL, FLAGS | T_ALONE },
};

int main(int argc, char **argv)
{
	return fuzz_main(tests, ARRAY_SIZE(tests), argc, argv);
}
