// SPDX-License-Identifier: GPL-2.0-only
/* Each call of /dev/vcontext is made wrongly: it fails with its errno, and nothing is lost. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PAGE		4096UL
#define KERNEL_ADDRESS	0xffff888000000000UL
#define CANARY		0xa5

/* The commands that take a structure. */
static const struct command {
	const char *name;
	unsigned long cmd;
	uint32_t size;		/* now */
	uint32_t first;		/* in the first version of the ABI */
	bool writes;
} commands[] = {
	{ "INFO", VCTX_IOC_INFO, sizeof(struct vctx_info),
	  sizeof(struct vctx_info), true },
	{ "ENTER", VCTX_IOC_ENTER, sizeof(struct vctx_enter),
	  sizeof(struct vctx_enter), false },
	{ "STATS", VCTX_IOC_STATS, sizeof(struct vctx_stats),
	  offsetof(struct vctx_stats, nested), true },
};

static int call(unsigned long cmd, void *arg)
{
	return ioctl(test_fd, cmd, arg) ? -errno : 0;
}

/* A structure at the end of a page, with nothing mapped behind it. */
static unsigned char *at_end_of_page(size_t len)
{
	unsigned char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(page != MAP_FAILED);
	CHECK_EQ(mprotect(page + PAGE, PAGE, PROT_NONE), 0);
	return page + PAGE - len;
}

/* A command that would succeed, but for the fault that the case adds. */
static void valid(const struct command *command, void *arg, uint32_t size)
{
	memset(arg, 0, size < command->size ? size : command->size);
	*(uint32_t *)arg = size;
	if (command->cmd == VCTX_IOC_STATS)
		((struct vctx_stats *)arg)->scope = VCTX_SCOPE_FILE;
}

/* Undo a command that succeeded. */
static void undo(const struct command *command)
{
	if (command->cmd == VCTX_IOC_ENTER)
		ctx_leave();
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void too_small(const void *arg)
{
	const struct command *command = arg;
	unsigned char data[PAGE] = { 0 };

	for (uint32_t size = 0; size < command->first; size++) {
		valid(command, data, size);
		CHECK_EQ(call(command->cmd, data), -EINVAL);
	}
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void larger(const void *arg)
{
	const struct command *command = arg;
	unsigned char data[PAGE];

	for (uint32_t size = command->size; size <= PAGE; size += 488) {
		memset(data, 0, sizeof(data));
		valid(command, data, size);
		CHECK_EQ(call(command->cmd, data), 0);
		undo(command);
		if (size == command->size)
			continue;
		valid(command, data, size);
		data[size - 1] = 1;
		CHECK_EQ(call(command->cmd, data), -E2BIG);
		CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	}
}

static void far_too_large(const void *arg)
{
	const struct command *command = arg;
	unsigned char data[PAGE];

	valid(command, data, UINT32_MAX);
	CHECK_EQ(call(command->cmd, data), -E2BIG);
	valid(command, data, PAGE + 1);
	CHECK_EQ(call(command->cmd, data), -E2BIG);
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void bad_pointer(const void *arg)
{
	const struct command *command = arg;
	unsigned char *data;

	CHECK_EQ(call(command->cmd, NULL), -EFAULT);
	CHECK_EQ(call(command->cmd, (void *)KERNEL_ADDRESS), -EFAULT);
	CHECK_EQ(call(command->cmd, (void *)-1UL), -EFAULT);
	/* The size can be read, but not what follows. */
	data = at_end_of_page(sizeof(uint32_t));
	*(uint32_t *)data = command->size;
	CHECK_EQ(call(command->cmd, data), -EFAULT);
	data = at_end_of_page(2);
	CHECK_EQ(call(command->cmd, data), -EFAULT);
	data = at_end_of_page(command->size);
	valid(command, data, command->size + 8);
	CHECK_EQ(call(command->cmd, data), -EFAULT);
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void read_only(const void *arg)
{
	const struct command *command = arg;
	unsigned char *page = at_end_of_page(PAGE);

	valid(command, page, command->size);
	CHECK_EQ(mprotect(page, PAGE, PROT_READ), 0);
	CHECK_EQ(call(command->cmd, page), command->writes ? -EFAULT : 0);
	undo(command);
}

/* Nothing is written beyond the size that the caller gave. */
static void writes_within(const void *arg)
{
	const struct command *command = arg;
	unsigned char data[PAGE], *end;

	memset(data, CANARY, sizeof(data));
	valid(command, data, command->first);
	CHECK_EQ(call(command->cmd, data), 0);
	undo(command);
	for (end = data + command->first; end < data + PAGE; end++)
		CHECK_EQ(*end, CANARY);
	/* The structure ends exactly where the mapping ends. */
	end = at_end_of_page(command->first);
	valid(command, end, command->first);
	CHECK_EQ(call(command->cmd, end), 0);
	undo(command);
}

static void unknown_commands(const void *arg)
{
	unsigned char data[PAGE] = { 0 };

	(void)arg;
	for (int nr = 10; nr < 256; nr++) {
		CHECK_EQ(call(_IO(VCTX_IOC_TYPE, nr), data), -ENOTTY);
		CHECK_EQ(call(_IOWR(VCTX_IOC_TYPE, nr, struct vctx_info), data),
			 -ENOTTY);
	}
	CHECK_EQ(call(_IO('T', 1), data), -ENOTTY);
	CHECK_EQ(call(_IOWR('T', 0, struct vctx_info), data), -ENOTTY);
	CHECK_EQ(call(0, data), -ENOTTY);
	CHECK_EQ(call(-1UL, data), -ENOTTY);
}

/* The size within a command's number is that of the caller's version. */
static void command_of_other_version(const void *arg)
{
	unsigned char data[PAGE] = { 0 };

	(void)arg;
	*(uint32_t *)data = sizeof(struct vctx_info) + 8;
	CHECK_EQ(call(_IOC(_IOC_READ | _IOC_WRITE, VCTX_IOC_TYPE, 0,
			   sizeof(struct vctx_info) + 8), data), 0);
	CHECK_EQ(((struct vctx_info *)data)->abi_version,
		 (uint32_t)VCTX_ABI_VERSION);
}

static void enter_flags(const void *arg)
{
	struct vctx_info info;

	(void)arg;
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.enter_flags, VCTX_ENTER_INHERIT | VCTX_ENTER_KEEP_EXEC |
				   VCTX_ENTER_STRICT | VCTX_ENTER_TICKLESS |
				   VCTX_ENTER_NESTED | VCTX_ENTER_ADAPTIVE);
	for (int bit = 0; bit < 64; bit++) {
		uint64_t flag = 1ULL << bit;

		if (info.enter_flags & flag) {
			CHECK_EQ(__ctx_enter(test_fd, flag), 0);
			CHECK_EQ(__ctx_leave(test_fd), 0);
		} else {
			ctx_refused(flag, 0, -EOPNOTSUPP,
				    VCTX_UNAVAILABLE_ARGUMENT);
			ctx_refused(flag | CTX_ALL, 0, -EOPNOTSUPP,
				    VCTX_UNAVAILABLE_ARGUMENT);
		}
		CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	}
}

static void enter_reserved(const void *arg)
{
	struct vctx_enter enter = { .size = sizeof(enter), .__reserved = 1 };

	(void)arg;
	CHECK_EQ(call(VCTX_IOC_ENTER, &enter), -EOPNOTSUPP);
	CHECK_EQ(enter.why, (uint32_t)VCTX_UNAVAILABLE_ARGUMENT);
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

/* Why it was refused cannot be written: an error too, and no context. */
static void refused_read_only(const void *arg)
{
	struct vctx_enter *enter = (void *)at_end_of_page(PAGE);

	(void)arg;
	*enter = (struct vctx_enter){ .size = sizeof(*enter), .flags = ~0ULL };
	CHECK_EQ(mprotect(enter, PAGE, PROT_READ), 0);
	CHECK_EQ(call(VCTX_IOC_ENTER, enter), -EFAULT);
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

/* And nothing is written if it was not. */
static void entered_untouched(const void *arg)
{
	struct vctx_enter enter = { .size = sizeof(enter), .why = ~0U, .native = ~0U };

	(void)arg;
	CHECK_EQ(call(VCTX_IOC_ENTER, &enter), 0);
	CHECK_EQ(enter.why, ~0U);
	CHECK_EQ(enter.native, ~0U);
	ctx_leave();
}

static void enter_twice(const void *arg)
{
	struct vctx_stats before, after;

	(void)arg;
	ctx_enter(0);
	before = ctx_stats();
	for (int i = 0; i < 10; i++)
		ctx_refused(CTX_ALL, 0, -EALREADY, VCTX_UNAVAILABLE_ENTERED);
	after = ctx_stats();
	CHECK_GE(after.entries, before.entries + 10);
	CHECK_EQ(ctx_tally().contexts, 1ULL);
	/* Bad flags come first, and the context stays as well. */
	ctx_refused(1ULL << 40, 0, -EOPNOTSUPP, VCTX_UNAVAILABLE_ARGUMENT);
	ctx_leave();
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void leave_without(const void *arg)
{
	(void)arg;
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	ctx_enter(0);
	ctx_leave();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
}

static void stats_scopes(const void *arg)
{
	struct vctx_stats stats;

	(void)arg;
	CHECK_EQ(__ctx_stats(test_fd, VCTX_SCOPE_THREAD, &stats), -ENXIO);
	CHECK_EQ(__ctx_stats(test_fd, VCTX_SCOPE_FILE, &stats), 0);
	CHECK_EQ(stats.contexts, 0ULL);
	CHECK_EQ(__ctx_stats(test_fd, 2, &stats), -EINVAL);
	CHECK_EQ(__ctx_stats(test_fd, UINT32_MAX, &stats), -EINVAL);
	ctx_enter(0);
	CHECK_EQ(__ctx_stats(test_fd, 2, &stats), -EINVAL);
	CHECK_EQ(__ctx_stats(test_fd, VCTX_SCOPE_THREAD, &stats), 0);
	CHECK_EQ(stats.size, (uint32_t)sizeof(stats));
	CHECK_EQ(stats.contexts, 1ULL);
	CHECK_EQ(stats.live, 1ULL);
	for (int kind = VCTX_NR_EXITS; kind < VCTX_MAX_EXITS; kind++)
		CHECK_EQ(stats.exits[kind], 0ULL);
	for (int why = VCTX_NR_NATIVE; why < VCTX_MAX_NATIVE; why++)
		CHECK_EQ(stats.native[why], 0ULL);
	ctx_leave();
	CHECK_EQ(__ctx_stats(test_fd, VCTX_SCOPE_THREAD, &stats), -ENXIO);
}

static void info(const void *arg)
{
	struct vctx_info info;

	(void)arg;
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.abi_version, (uint32_t)VCTX_ABI_VERSION);
	CHECK_EQ(info.backend, cpu_has_svm() ? (uint32_t)VCTX_BACKEND_SVM :
					       (uint32_t)VCTX_BACKEND_VMX);
	CHECK_EQ(info.unavailable, (uint32_t)VCTX_AVAILABLE);
	CHECK(info.features & VCTX_FEATURE_STATS_PAGE);
	CHECK_EQ(info.stats_bytes % PAGE, 0UL);
	CHECK_EQ(info.__reserved, 0U);
	CHECK_EQ(info.contexts, 0U);
	ctx_enter(0);
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.contexts, 1U);
}

/* What the module lists as slower is slower, and nothing else is. */
static void limits(const void *arg)
{
	struct vctx_stats before, after;
	struct vctx_info info;

	(void)arg;
	CHECK_EQ(__ctx_info(test_fd, &info), 0);
	CHECK_EQ(info.limits & ~(VCTX_LIMIT_FPU | VCTX_LIMIT_VMX_OPERATION |
				 VCTX_LIMIT_PROCESSOR_TRACE), 0ULL);
	if (info.backend != VCTX_BACKEND_VMX)
		CHECK_EQ(info.limits & (VCTX_LIMIT_VMX_OPERATION |
					VCTX_LIMIT_PROCESSOR_TRACE), 0ULL);
	ctx_enter(0);
	before = ctx_stats();
	for (int i = 0; i < 10; i++)
		usleep(1000);
	after = ctx_stats();
	if (info.limits & VCTX_LIMIT_FPU)
		CHECK_GE(after.native[VCTX_NATIVE_WORK],
			 before.native[VCTX_NATIVE_WORK] + 10);
	else
		CHECK_LE(after.native[VCTX_NATIVE_WORK],
			 before.native[VCTX_NATIVE_WORK] + 9);
	/* Wait for 5 ticks, however long they take on a busy machine. */
	do {
		burn(10 * NSEC_PER_MSEC);
		after = ctx_stats();
	} while (after.exits[VCTX_EXIT_INTERRUPT] < 5);
	CHECK_EQ(after.native[VCTX_NATIVE_INTERRUPT],
		 after.exits[VCTX_EXIT_INTERRUPT]);
}

/* The descriptor is only the door. */

static void door_closed(const void *arg)
{
	struct vctx_stats stats;
	int fd;

	(void)arg;
	ctx_enter(0);
	close(test_fd);
	CHECK_EQ(__ctx_leave(test_fd), -EBADF);
	for (int i = 0; i < 100; i++)
		getppid();
	CHECK(ctx_here());
	fd = open(VCTX_DEVICE, O_RDONLY | O_CLOEXEC);
	CHECK_EQ(__ctx_stats(fd, VCTX_SCOPE_THREAD, &stats), 0);
	CHECK_GE(stats.entries, 100ULL);
	/* The tally of another open file knows nothing of it. */
	CHECK_EQ(__ctx_stats(fd, VCTX_SCOPE_FILE, &stats), 0);
	CHECK_EQ(stats.contexts, 0ULL);
	CHECK_EQ(stats.entries, 0ULL);
	CHECK_EQ(__ctx_leave(fd), 0);
}

static void other_calls(const void *arg)
{
	char byte = 0;

	(void)arg;
	CHECK_EQ(read(test_fd, &byte, 1), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(write(test_fd, &byte, 1), -1);
	CHECK_EQ(errno, EINVAL);
}

/* A thread has its own context or none. */
static void *other_thread(void *arg)
{
	CHECK_EQ(__ctx_leave(test_fd), -ENXIO);
	ctx_enter(0);
	CHECK_EQ(ctx_tally().live, 2ULL);
	ctx_leave();
	return arg;
}

static void per_thread(const void *arg)
{
	pthread_t thread;

	(void)arg;
	ctx_enter(0);
	REQUIRE(!pthread_create(&thread, NULL, other_thread, NULL));
	pthread_join(thread, NULL);
	CHECK_EQ(ctx_tally().live, 1ULL);
	CHECK_EQ(ctx_tally().contexts, 2ULL);
	ctx_leave();
}

#define UNUSED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF | T_UNUSED }
#define USED(fn)	{ #fn, fn, NULL, T_DEVICE | T_SELF }
#define EACH(fn)							\
	{ #fn "_info", fn, &commands[0], T_DEVICE | T_SELF | T_UNUSED },	\
	{ #fn "_enter", fn, &commands[1], T_DEVICE | T_SELF | T_UNUSED },	\
	{ #fn "_stats", fn, &commands[2], T_DEVICE | T_SELF | T_UNUSED }

static const struct test tests[] = {
	EACH(too_small),
	EACH(larger),
	EACH(far_too_large),
	EACH(bad_pointer),
	EACH(read_only),
	EACH(writes_within),
	UNUSED(unknown_commands),
	UNUSED(command_of_other_version),
	USED(enter_flags),
	UNUSED(enter_reserved),
	UNUSED(refused_read_only),
	USED(entered_untouched),
	USED(enter_twice),
	USED(leave_without),
	USED(stats_scopes),
	USED(info),
	USED(limits),
	USED(door_closed),
	UNUSED(other_calls),
	USED(per_thread),
};

TEST_MAIN(tests)
