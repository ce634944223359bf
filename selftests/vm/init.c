// SPDX-License-Identifier: GPL-2.0-only
/*
 * init - PID 1 of the harness' guest: mounts what a program expects, loads the
 * module, runs one command and tells the host what came of it.
 *
 * All output to the host goes through port 0xe9, which the emulator writes to its
 * standard output: a character takes one instruction, against 8,700 on a serial
 * line.  The output is a sequence of frames, each with a type, a length and bytes.
 * run reads them; guest.py and the enumeration below list the types.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define __noreturn		__attribute__((__noreturn__))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define OUTPUT_PORT		0xe9
#define BOCHS_SHUTDOWN_PORT	0x8900	/* ends Bochs after "Shutdown"; QEMU has no such port */

#define ARGV_FILE	"/etc/harness/argv"	/* NUL after each argument */
#define VERBOSE_FILE	"/etc/harness/verbose"
#define MODULE_FILE	"/etc/harness/module"	/* exists: load the module */
#define MODULE_NAME	"vcontext"

/* Debug kernels only. */
#define LOCKDEP_FILE	"/proc/lockdep_stats"
#define KMEMLEAK_FILE	"/sys/kernel/debug/kmemleak"
#define KMEMLEAK_AGE	6	/* seconds; a younger object is no leak yet */

enum frame {
	FRAME_START	= 's',	/* the userland is up */
	FRAME_BOOT_LOG	= 'b',	/* a kernel log record from before the module */
	FRAME_LOG	= 'k',	/* a kernel log record */
	FRAME_STDOUT	= 'o',
	FRAME_STDERR	= 'e',
	FRAME_FAILURE	= 'f',	/* the harness itself failed, and why */
	FRAME_LEAK	= 'l',	/* the module cannot be unloaded, and why */
	FRAME_EXIT	= 'x',	/* the command's exit status; the last frame */
};

static void port_write(const void *data, size_t size)
{
	asm volatile("rep outsb"
		     : "+S" (data), "+c" (size)
		     : "d" (OUTPUT_PORT)
		     : "memory");
}

static void send_frame(enum frame type, const void *data, uint32_t size)
{
	char head[5] = { type };

	memcpy(head + 1, &size, sizeof(size));
	port_write(head, sizeof(head));
	port_write(data, size);
}

static void __noreturn power_off(void)
{
	const char *key;

	for (key = "Shutdown"; *key; key++)
		outb(*key, BOCHS_SHUTDOWN_PORT);
	for (;;)
		reboot(RB_POWER_OFF);
}

static void __noreturn __printf(1, 2) fail(const char *format, ...)
{
	char text[512];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_frame(FRAME_FAILURE, text, size);
	power_off();
}

static void mount_one(const char *type, const char *dir, const char *options)
{
	if (mkdir(dir, 0755) && errno != EEXIST)
		fail("cannot make %s: %s", dir, strerror(errno));
	if (mount(type, dir, type, 0, options))
		fail("cannot mount %s: %s", dir, strerror(errno));
}

/* /tmp stays a folder of the root, itself a tmpfs, since -a may have put files there. */
static void mount_all(void)
{
	mount_one("proc", "/proc", NULL);
	mount_one("sysfs", "/sys", NULL);
	mount_one("devtmpfs", "/dev", NULL);
	mount_one("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666");
	mount_one("tmpfs", "/dev/shm", "mode=1777");
	mount_one("debugfs", "/sys/kernel/debug", NULL);
	mount_one("tracefs", "/sys/kernel/tracing", NULL);
	mount_one("cgroup2", "/sys/fs/cgroup", NULL);

	/* udev would make these links. */
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		fail("cannot bring the loopback interface up: %s", strerror(errno));
	close(fd);
}

/*
 * The seed is no secret, and the guest has none to keep.  Without a seed the first
 * getrandom() spins for a second of guest time.
 */
static void seed_random(void)
{
	struct {
		struct rand_pool_info info;
		__u32 seed[8];
	} pool = { .info = { .entropy_count = 256, .buf_size = sizeof(pool.seed) } };
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool))
		fail("cannot seed the random numbers: %s", strerror(errno));
	close(fd);
}

/* Sends the records of the kernel log that were not read yet. */
static void send_log(int log, enum frame type)
{
	char record[8192];
	ssize_t size;

	for (;;) {
		size = read(log, record, sizeof(record));
		if (size > 0)
			send_frame(type, record, size);
		else if (size < 0 && errno != EPIPE && errno != EINTR)
			return;	/* EPIPE means that records were overwritten: read on */
	}
}

/* What the kernel's command line has for the module, as modprobe finds it there. */
static const char *parameters(void)
{
	static char line[4096], found[4096];
	const size_t prefix = strlen(MODULE_NAME ".");
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, line, sizeof(line) - 1);
	size_t end = 0;

	close(fd);
	line[size > 0 ? size : 0] = '\0';
	for (char *word = strtok(line, "\n "); word; word = strtok(NULL, "\n "))
		if (!strncmp(word, MODULE_NAME ".", prefix))
			end += snprintf(found + end, sizeof(found) - end, "%s ", word + prefix);
	return found;
}

static void load_module(int log)
{
	char path[256];
	struct utsname uts;
	int fd;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE_NAME ".ko", uts.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("cannot open %s: %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, parameters(), 0)) {
		int error = errno;

		send_log(log, FRAME_LOG);
		fail("cannot load %s: %s", path, strerror(error));
	}
	close(fd);
}

/* A module that stays in use when every process is gone has lost a reference. */
static void unload_module(void)
{
	char text[128];
	int size;

	if (!syscall(SYS_delete_module, MODULE_NAME, O_NONBLOCK) || errno == ENOENT)
		return;
	size = snprintf(text, sizeof(text),
			"the module cannot be unloaded after the last process has ended: %s",
			strerror(errno));
	send_frame(FRAME_LEAK, text, size);
}

/* Lockdep finds one fault and then no more: what it found in the boot would hide all else. */
static void require_lockdep(int log)
{
	char line[128];
	FILE *file = fopen(LOCKDEP_FILE, "re");
	int on = 1;

	if (!file)
		return;	/* most kernels have no lockdep */
	while (fgets(line, sizeof(line), file))
		sscanf(line, " debug_locks: %d", &on);
	fclose(file);
	if (on)
		return;
	send_log(log, FRAME_BOOT_LOG);
	fail("lockdep has found a fault in the boot, and cannot find one of the module");
}

static int write_kmemleak(const char *word)
{
	int fd = open(KMEMLEAK_FILE, O_WRONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : write(fd, word, strlen(word));

	close(fd);
	return size < 0 ? -1 : 0;
}

/* The kernel's own scans come at any time, and take seconds. */
static void begin_kmemleak(void)
{
	if (!access(KMEMLEAK_FILE, F_OK) && (write_kmemleak("scan=off") || write_kmemleak("clear")))
		fail("cannot use " KMEMLEAK_FILE ": %s", strerror(errno));
}

/*
 * The first scan takes note of what nobody points to, the second reports what has not
 * changed since, by one line in the kernel log.  Who has allocated it is in the file.
 */
static void end_kmemleak(void)
{
	char line[256], record[300];
	FILE *file;
	int size;

	if (access(KMEMLEAK_FILE, F_OK))
		return;
	sleep(KMEMLEAK_AGE);
	if (write_kmemleak("scan") || write_kmemleak("scan"))
		fail("cannot scan for leaks: %s", strerror(errno));
	file = fopen(KMEMLEAK_FILE, "re");
	while (file && fgets(line, sizeof(line), file)) {
		size = snprintf(record, sizeof(record), "6,0,0,-;%s", line);
		send_frame(FRAME_LOG, record, size);
	}
}

static char **read_argv(int log)
{
	static char buffer[1 << 17];
	static char *argv[1 << 12];
	int fd = open(ARGV_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer) - 1);
	size_t argc = 0;
	char *arg;

	if (size <= 0) {
		int error = errno;

		send_log(log, FRAME_BOOT_LOG);	/* the log says why an archive was not unpacked */
		fail("cannot read " ARGV_FILE ": %s", strerror(error));
	}
	close(fd);
	for (arg = buffer; arg < buffer + size; arg += strlen(arg) + 1) {
		if (argc == ARRAY_SIZE(argv) - 1)
			fail("the command has too many arguments");
		argv[argc++] = arg;
	}
	return argv;
}

static void __noreturn exec_command(char **argv, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	/* A user's program has no I/O bitmap. */
	ioperm(OUTPUT_PORT, 1, 0);
	ioperm(BOCHS_SHUTDOWN_PORT, 1, 0);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	execvp(argv[0], argv);
	fprintf(stderr, "init: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Returns whether more data may come. */
static int forward(int fd, enum frame type)
{
	static char buffer[1 << 16];
	ssize_t size = read(fd, buffer, sizeof(buffer));

	if (size > 0)
		send_frame(type, buffer, size);
	return size > 0 || (size < 0 && errno == EINTR);
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		fail("cannot make a pipe: %s", strerror(errno));
	/* Only our end is non-blocking: the command must see an ordinary pipe. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

static void on_child(int signal)
{
	(void)signal;	/* only to end ppoll() */
}

static int run_command(char **argv, int log)
{
	struct sigaction action = { .sa_handler = on_child };
	sigset_t blocked, unblocked;
	int out[2], err[2], status;
	pid_t child, pid;

	make_pipe(out);
	make_pipe(err);
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);

	child = fork();
	if (child < 0)
		fail("cannot fork: %s", strerror(errno));
	if (!child) {
		action.sa_handler = SIG_DFL;
		sigaction(SIGCHLD, &action, NULL);
		sigprocmask(SIG_SETMASK, &unblocked, NULL);
		exec_command(argv, out[1], err[1]);
	}
	close(out[1]);
	close(err[1]);

	for (;;) {
		struct pollfd polled[] = {
			{ .fd = out[0], .events = POLLIN },
			{ .fd = err[0], .events = POLLIN },
			{ .fd = log, .events = POLLIN },
		};

		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				goto ended;
		if (ppoll(polled, ARRAY_SIZE(polled), NULL, &unblocked) < 0)
			continue;
		/* A closed pipe polls as ready for ever: stop asking. */
		if (polled[0].revents && !forward(out[0], FRAME_STDOUT))
			out[0] = -1;
		if (polled[1].revents && !forward(err[0], FRAME_STDERR))
			err[0] = -1;
		if (polled[2].revents)
			send_log(log, FRAME_LOG);
	}
ended:
	/* All processes that the command has left end here, with their contexts. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	while (forward(out[0], FRAME_STDOUT))
		;
	while (forward(err[0], FRAME_STDERR))
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void)
{
	static const char hello[] = "\001vcontext harness\n";
	int with_module, log, status, size;
	char text[16];
	char **argv;

	if (ioperm(OUTPUT_PORT, 1, 1) || ioperm(BOCHS_SHUTDOWN_PORT, 1, 1))
		reboot(RB_POWER_OFF);
	port_write(hello, sizeof(hello) - 1);

	chmod("/", 0755);	/* a tmpfs begins with 01777 */
	mount_all();
	bring_loopback_up();
	seed_random();
	sethostname("vcontext", strlen("vcontext"));
	setenv("HOME", "/root", 1);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("TERM", "dumb", 1);
	chdir("/root");
	umask(022);

	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log < 0)
		fail("cannot open /dev/kmsg: %s", strerror(errno));
	if (!access(VERBOSE_FILE, F_OK))
		send_log(log, FRAME_BOOT_LOG);
	argv = read_argv(log);
	lseek(log, 0, SEEK_END);
	send_frame(FRAME_START, NULL, 0);

	require_lockdep(log);
	begin_kmemleak();
	with_module = !access(MODULE_FILE, F_OK);
	if (with_module)
		load_module(log);
	status = run_command(argv, log);
	if (with_module)
		unload_module();
	send_log(log, FRAME_LOG);
	end_kmemleak();
	send_log(log, FRAME_LOG);

	size = snprintf(text, sizeof(text), "%d", status);
	send_frame(FRAME_EXIT, text, size);
	power_off();
}
