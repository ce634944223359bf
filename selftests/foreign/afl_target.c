// SPDX-License-Identifier: GPL-2.0-only
/*
 * AFL++ feeds the module through this program.  An input is what one send() carries,
 * or a sequence of calls of the device.  An input is new to AFL++ if the module gives
 * an answer that it has not given before.
 *
 *   afl_target seeds netlink|ioctl FOLDER    write valid inputs to begin with
 *   afl_target netlink|ioctl COUNTS          for afl-fuzz; COUNTS is a file
 *   afl_target show COUNTS                   print the answers; the status is 1 if some
 *                                            command was never carried out
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vcontext.h>
#include <linux/vcontext_netlink.h>

#define MAP_BITS	16	/* of AFL++'s coverage */
#define MAX_INPUT	65536
#define MAX_ERRNO	200
#define COMMANDS	8	/* that are told apart; the last stands for all others */
#define HEADERS		(NLMSG_HDRLEN + GENL_HDRLEN)
#define PAGE		4096UL

/* AFL++'s own names; its compiler would define what follows. */
extern uint8_t *__afl_area_ptr, *__afl_fuzz_ptr;
extern uint32_t *__afl_fuzz_len;
int __afl_sharedmem_fuzzing = 1;
int __afl_persistent_loop(unsigned int count);
void __afl_manual_init(void);

/* These tell afl-fuzz how to talk to the program. */
static const char * volatile signatures[] = {
	"##SIG_AFL_PERSISTENT##", "##SIG_AFL_DEFER_FORKSRV##",
};

static struct counts {
	uint64_t inputs;
	uint64_t errors[2][COMMANDS][MAX_ERRNO];	/* by command */
} *counts;

enum { NETLINK, IOCTL };

static void fail(const char *what)
{
	fprintf(stderr, "afl_target: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Two answers are the same if they have the same kind, command, errno and text. */
static void cover(uint64_t kind, uint64_t cmd, uint64_t error, const char *text)
{
	uint64_t hash = kind << 32 ^ cmd << 16 ^ error;

	while (text && *text)
		hash = (hash ^ (uint8_t)*text++) * 0x100000001b3ULL;
	hash *= 0x9e3779b97f4a7c15ULL;
	__afl_area_ptr[hash >> (64 - MAP_BITS)]++;
}

static uint8_t known(uint8_t cmd)
{
	return cmd < COMMANDS ? cmd : COMMANDS - 1;
}

static void count(int kind, uint8_t cmd, int error)
{
	if (error >= 0 && error < MAX_ERRNO)
		counts->errors[kind][known(cmd)][error]++;
}

/* netlink */

static uint16_t family;
static int sock;

static struct nlattr *find_attr(void *attrs, int len, uint16_t type)
{
	struct nlattr *attr = attrs;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (void *)attr + NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static int open_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)))
		fail("socket");
	return fd;
}

static void find_family(void)
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr genl;
		struct nlattr attr;
		char name[12];
	} request = {
		{ sizeof(request), GENL_ID_CTRL, NLM_F_REQUEST, 1, 0 },
		{ CTRL_CMD_GETFAMILY, 1, 0 },
		{ NLA_HDRLEN + sizeof(VCTX_GENL_NAME), CTRL_ATTR_FAMILY_NAME },
		VCTX_GENL_NAME,
	};
	static char answer[PAGE];
	struct nlattr *attr;
	ssize_t len;

	if (send(sock, &request, sizeof(request), 0) < 0)
		fail("send");
	len = recv(sock, answer, sizeof(answer), 0);
	attr = find_attr(answer + HEADERS, len - HEADERS, CTRL_ATTR_FAMILY_ID);
	if (!attr) {
		errno = ENOENT;
		fail("the family " VCTX_GENL_NAME);
	}
	memcpy(&family, (void *)attr + NLA_HDRLEN, sizeof(family));
}

/*
 * Make each message of an input one of our family, so that no other gets any.  A
 * message that the kernel would drop before it looks for a family is made valid.
 */
static void name_family(uint8_t *bytes, size_t len)
{
	size_t at = 0;

	while (at + NLMSG_HDRLEN <= len) {
		struct nlmsghdr *header = (struct nlmsghdr *)(bytes + at);

		if (header->nlmsg_type >= NLMSG_MIN_TYPE)
			header->nlmsg_type = family;
		if (header->nlmsg_len < NLMSG_HDRLEN ||
		    header->nlmsg_len > len - at)
			header->nlmsg_len = len - at;
		header->nlmsg_flags |= NLM_F_REQUEST;
		at += NLMSG_ALIGN((size_t)header->nlmsg_len);
	}
}

/* The command of the input, since a success does not repeat its request. */
static uint8_t first_cmd;

static void see_error(struct nlmsghdr *header)
{
	struct nlmsgerr *error = NLMSG_DATA(header);
	struct genlmsghdr *genl = NLMSG_DATA(&error->msg);
	bool whole = error->error && error->msg.nlmsg_len >= HEADERS;
	size_t skip = NLMSG_ALIGN(sizeof(*error));
	struct nlattr *text = NULL;
	uint8_t cmd = whole ? genl->cmd : error->error ? 0 : first_cmd;

	if (error->error && error->msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(error->msg.nlmsg_len - NLMSG_HDRLEN);
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		text = find_attr(NLMSG_DATA(header) + skip,
				 header->nlmsg_len - NLMSG_HDRLEN - skip,
				 NLMSGERR_ATTR_MSG);
	cover(1, known(cmd), -error->error, text ? (char *)text + NLA_HDRLEN : NULL);
	count(NETLINK, cmd, -error->error);
}

static void see(struct nlmsghdr *header, int len)
{
	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		struct genlmsghdr *genl = NLMSG_DATA(header);

		if (header->nlmsg_type == NLMSG_ERROR) {
			see_error(header);
		} else if (header->nlmsg_type == family) {
			cover(2, genl->cmd, header->nlmsg_len / 64, NULL);
			count(NETLINK, genl->cmd, 0);
		} else {
			cover(3, header->nlmsg_type, 0, NULL);
		}
	}
}

/* Set the policy, which is all that an input may have changed, as it was before. */
static void restore_policy(const void *policy, size_t len)
{
	char answer[PAGE];

	if (send(sock, policy, len, 0) < 0)
		fail("the policy");
	while (recv(sock, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
}

static void send_input(const uint8_t *input, size_t len)
{
	static char answer[1 << 17] __attribute__((aligned(8)));
	static uint8_t bytes[MAX_INPUT];
	static char policy[PAGE];
	static ssize_t policy_len;
	ssize_t got;

	if (!policy_len) {
		struct nlmsghdr get = {
			HEADERS, family, NLM_F_REQUEST, 1, 0,
		};
		struct genlmsghdr genl = { VCTX_CMD_POLICY_GET, 1, 0 };

		memcpy(bytes, &get, sizeof(get));
		memcpy(bytes + NLMSG_HDRLEN, &genl, sizeof(genl));
		send(sock, bytes, HEADERS, 0);
		policy_len = recv(sock, policy, sizeof(policy), 0);
		((struct nlmsghdr *)policy)->nlmsg_flags = NLM_F_REQUEST;
		policy[NLMSG_HDRLEN] = VCTX_CMD_POLICY_SET;
	}
	memcpy(bytes, input, len);
	name_family(bytes, len);
	first_cmd = len < HEADERS ? 0 : bytes[NLMSG_HDRLEN];
	if (send(sock, bytes, len, 0) < 0)
		cover(4, 0, errno, NULL);
	while ((got = recv(sock, answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		see((struct nlmsghdr *)answer, got);
	/* A dump that is not at its end, ends with its socket. */
	if (errno != EAGAIN) {
		close(sock);
		sock = open_netlink();
	}
	restore_policy(policy, policy_len);
}

/* ioctl: records of a byte for the command, one for the pointer, and an argument */

#define RECORD	66

static void call_input(const uint8_t *input, size_t len)
{
	static const unsigned long commands[] = {
		VCTX_IOC_INFO, VCTX_IOC_ENTER, VCTX_IOC_LEAVE, VCTX_IOC_STATS,
	};
	static uint8_t *pages;
	static int device = -1;

	if (device < 0) {
		device = open("/dev/vcontext", O_RDWR | O_CLOEXEC);
		pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (device < 0 || pages == MAP_FAILED ||
		    mprotect(pages + PAGE, PAGE, PROT_NONE))
			fail("/dev/vcontext");
	}
	for (size_t at = 0; at + RECORD <= len && at < 32 * RECORD; at += RECORD) {
		const uint8_t *record = input + at;
		unsigned long cmd = record[0] < 64 ? commands[record[0] % 4] :
			_IOC(record[0] & 3, VCTX_IOC_TYPE, record[0] / 8 % 8,
			     record[0]);
		/* The argument is at the start of the page, or near its end. */
		uint8_t *arg = record[1] < 128 ? pages :
			       pages + PAGE - 2 * (record[1] & 127);
		int error;

		memset(pages, 0, PAGE);
		memcpy(arg, record + 2, arg == pages ? RECORD - 2 :
		       (size_t)(pages + PAGE - arg) < RECORD - 2 ?
		       (size_t)(pages + PAGE - arg) : RECORD - 2);
		error = ioctl(device, cmd, arg) ? errno : 0;
		cover(5, _IOC_NR(cmd), error, NULL);
		count(IOCTL, _IOC_NR(cmd), error);
	}
	ioctl(device, VCTX_IOC_LEAVE);
}

/* Valid inputs */

static void write_seed(const char *folder, const char *name, const void *bytes,
		       size_t len)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		fail(path);
	close(fd);
}

struct seed {
	const char *name;
	uint8_t cmd;
	uint16_t flags, type;
	const char *value;
	uint16_t len;
};

static const struct seed seeds[] = {
	{ "module", VCTX_CMD_MODULE_GET, NLM_F_ACK, 0, "", 0 },
	{ "dump", VCTX_CMD_CONTEXT_GET, NLM_F_DUMP, 0, "", 0 },
	{ "context", VCTX_CMD_CONTEXT_GET, 0, VCTX_A_CONTEXT_ID, "\1\0\0\0", 4 },
	{ "comm", VCTX_CMD_CONTEXT_GET, NLM_F_DUMP, VCTX_A_CONTEXT_COMM,
	  "sha256sum", 10 },
	{ "tree", VCTX_CMD_CONTEXT_GET, NLM_F_DUMP, VCTX_A_CONTEXT_TREE,
	  "\1\0\0\0", 4 },
	{ "cpus", VCTX_CMD_CPU_GET, NLM_F_DUMP, 0, "", 0 },
	{ "cpu", VCTX_CMD_CPU_GET, 0, VCTX_A_CPU_CPU, "\0\0\0\0", 4 },
	{ "policy", VCTX_CMD_POLICY_GET, 0, 0, "", 0 },
	{ "enable", VCTX_CMD_POLICY_SET, NLM_F_ACK, VCTX_A_POLICY_ENABLED,
	  "\1", 1 },
	{ "limit", VCTX_CMD_POLICY_SET, NLM_F_ACK, VCTX_A_POLICY_MAX_CONTEXTS,
	  "\100\0\0\0", 4 },
	{ "tick_cpus", VCTX_CMD_POLICY_SET, NLM_F_ACK, VCTX_A_POLICY_TICK_CPUS,
	  "0", 2 },
	{ "evict", VCTX_CMD_EVICT, NLM_F_ACK, VCTX_A_EVICT_ID, "\1\0\0\0", 4 },
	{ "evict_pid", VCTX_CMD_EVICT, NLM_F_ACK, VCTX_A_EVICT_PID,
	  "\1\0\0\0", 4 },
	{ "evict_all", VCTX_CMD_EVICT, NLM_F_ACK, VCTX_A_EVICT_ALL, "", 0 },
};

static void write_netlink_seed(const char *folder, const struct seed *seed)
{
	uint8_t bytes[128] = { 0 };
	size_t len = HEADERS;
	struct nlmsghdr header = {
		.nlmsg_type = NLMSG_MIN_TYPE, .nlmsg_seq = 1,
		.nlmsg_flags = NLM_F_REQUEST | seed->flags,
	};
	struct genlmsghdr genl = { seed->cmd, VCTX_GENL_VERSION, 0 };
	struct nlattr attr = { NLA_HDRLEN + seed->len, seed->type };

	if (seed->type) {
		memcpy(bytes + len, &attr, NLA_HDRLEN);
		memcpy(bytes + len + NLA_HDRLEN, seed->value, seed->len);
		len += NLA_ALIGN(NLA_HDRLEN + seed->len);
	}
	header.nlmsg_len = len;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + NLMSG_HDRLEN, &genl, sizeof(genl));
	write_seed(folder, seed->name, bytes, len);
}

static void write_seeds(const char *kind, const char *folder)
{
	/* Commands as call_input() numbers them, with the size of each. */
	static const uint8_t calls[][3] = {
		{ 0, 0, sizeof(struct vctx_info) },
		{ 1, 0, sizeof(struct vctx_enter) },
		{ 3, 0, 192 },
		{ 2, 0, 0 },
	};
	uint8_t bytes[4 * RECORD] = { 0 };

	if (!strcmp(kind, "netlink")) {
		for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++)
			write_netlink_seed(folder, &seeds[i]);
		return;
	}
	for (int i = 0; i < 4; i++)
		memcpy(bytes + i * RECORD, calls[i], 3);
	/* The size of the counters takes two bytes. */
	bytes[2 * RECORD + 2] = sizeof(struct vctx_stats) & 255;
	bytes[2 * RECORD + 3] = sizeof(struct vctx_stats) >> 8;
	write_seed(folder, "calls", bytes, sizeof(bytes));
}

static void map_counts(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, sizeof(*counts)))
		fail(path);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (counts == MAP_FAILED)
		fail(path);
	close(fd);
}

static void show_command(int kind, int cmd)
{
	static const char * const kinds[] = { "command", "ioctl" };
	const uint64_t *errors = counts->errors[kind][cmd];

	printf("%s %d%s: done %llu", kinds[kind], cmd,
	       cmd == COMMANDS - 1 ? " and others" : "",
	       (unsigned long long)errors[0]);
	for (int error = 1; error < MAX_ERRNO; error++)
		if (errors[error])
			printf(", %s %llu", strerrorname_np(error),
			       (unsigned long long)errors[error]);
	printf("\n");
}

static int show(void)
{
	static const int first[] = { VCTX_CMD_MODULE_GET, 0 };
	static const int last[] = { VCTX_CMD_EVICT, 3 };
	int status = 0;

	printf("inputs: %llu\n", (unsigned long long)counts->inputs);
	for (int kind = NETLINK; kind <= IOCTL; kind++) {
		for (int cmd = 0; cmd < COMMANDS; cmd++)
			show_command(kind, cmd);
		for (int cmd = first[kind]; cmd <= last[kind]; cmd++)
			if (!counts->errors[kind][cmd][0])
				status = 1;
	}
	return status;
}

int main(int argc, char **argv)
{
	bool calls;

	if (argc == 4 && !strcmp(argv[1], "seeds")) {
		write_seeds(argv[2], argv[3]);
		return 0;
	}
	if (argc != 3 || !signatures[0]) {
		fprintf(stderr, "afl_target: see the head of its source\n");
		return 2;
	}
	map_counts(argv[2]);
	if (!strcmp(argv[1], "show"))
		return show();
	calls = !strcmp(argv[1], "ioctl");
	sock = open_netlink();
	find_family();
	__afl_manual_init();
	while (__afl_persistent_loop(10000)) {
		size_t len = *__afl_fuzz_len < MAX_INPUT ? *__afl_fuzz_len :
			     MAX_INPUT;

		/* The answers alone are the coverage. */
		cover(0, 0, 0, NULL);
		counts->inputs++;
		if (calls)
			call_input(__afl_fuzz_ptr, len);
		else
			send_input(__afl_fuzz_ptr, len);
	}
	return 0;
}
