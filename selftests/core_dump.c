// SPDX-License-Identifier: GPL-2.0-only
/* Core files hold the registers that the thread had in its context. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

/* ELF types of this program's own width. */
#define Elf_Ehdr	ElfW(Ehdr)
#define Elf_Phdr	ElfW(Phdr)
#define Elf_Nhdr	ElfW(Nhdr)

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* A loop that first says it has begun: movl $1, (rdi); jmp to itself. */
#define LOOP		"\xc7\x07\x01\x00\x00\x00\xeb\xfe"
#define LOOP_BYTES	(sizeof(LOOP) - 1)

/* The registers that are compared; the FS base is not among them. */
#ifdef __i386__
#define REGS_BYTES	sizeof(struct user_regs_struct)
#define FPREGS_BYTES	sizeof(struct user_fpregs_struct)
#else
#define REGS_BYTES	offsetof(struct user_regs_struct, fs_base)
#define FPREGS_BYTES	416
#endif

static volatile int *looping;

static char folder[32];

/* The kernel must write "core" or "core.PID" into the working directory. */
static void prepare(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char pattern[16] = "";
	int fd = open(CORE_PATTERN, O_RDONLY | O_CLOEXEC);

	CHECK_GE(read(fd, pattern, sizeof(pattern) - 1), 1);
	close(fd);
	if (strcmp(pattern, "core\n"))
		test_skip("%s is not 'core'", CORE_PATTERN);
	if (setrlimit(RLIMIT_CORE, &limit)) {
		getrlimit(RLIMIT_CORE, &limit);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_CORE, &limit);
		if (limit.rlim_cur < 4 << 20)
			test_skip("core files are limited");
	}
	strcpy(folder, "/tmp/vctx-core-XXXXXX");
	REQUIRE(mkdtemp(folder));
	REQUIRE(!chdir(folder));
	looping = mmap(NULL, sizeof(*looping), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(looping != MAP_FAILED);
}

static const char *map_core(pid_t pid)
{
	char name[32];
	struct stat stat;
	const char *core;
	int fd;

	snprintf(name, sizeof(name), "core.%d", pid);
	fd = open("core", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && !fstat(fd, &stat));
	core = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	REQUIRE(core != MAP_FAILED);
	close(fd);
	unlink("core");
	unlink(name);
	rmdir(folder);
	return core;
}

/* The pid of the process is not among them. */
static void note_prstatus(const struct elf_prstatus *status)
{
	struct user_regs_struct regs;

	memcpy(&regs, status->pr_reg, REGS_BYTES);
	regs.eflags = test_flags(regs.eflags);
	note("signal", status->pr_cursig);
	note_bytes("regs", &regs, REGS_BYTES);
}

static void check_pattern(const struct elf_prstatus *status, uint64_t seed)
{
	const struct user_regs_struct *seen = (const void *)status->pr_reg;
	struct regs regs = regs_pattern(seed);

	CHECK_EQ((unsigned long)seen->rbx, regs.rbx);
	CHECK_EQ((unsigned long)seen->rsi, regs.rsi);
#ifdef __x86_64__
	CHECK_EQ(seen->r8, regs.r8);
	CHECK_EQ(seen->r15, regs.r15);
#endif
}

/* Calls @fn for each note of @type; returns how many there were. */
static int each_note(const char *core, unsigned int type,
		     void (*fn)(const void *desc, int nr))
{
	const Elf_Ehdr *ehdr = (const void *)core;
	const Elf_Phdr *phdr = (const void *)(core + ehdr->e_phoff);
	const char *at, *end;
	int nr = 0;

	while (phdr->p_type != PT_NOTE)
		phdr++;
	at = core + phdr->p_offset;
	end = at + phdr->p_filesz;
	while (at < end) {
		const Elf_Nhdr *nhdr = (const void *)at;
		const char *desc = at + sizeof(*nhdr) +
				   ((nhdr->n_namesz + 3) & ~3);

		if (nhdr->n_type == type)
			fn(desc, nr++);
		at = desc + ((nhdr->n_descsz + 3) & ~3);
	}
	return nr;
}

/* The thread that dies comes first, those that spin after it. */
#define DYING	5
#define SPINNING	6

static void on_status(const void *desc, int nr)
{
	const struct elf_prstatus *status = desc;

	check_pattern(status, nr ? SPINNING : DYING);
	if (!nr)
		note_prstatus(status);
}

static void on_fpregs(const void *desc, int nr)
{
	if (!nr)
		note_bytes("fpregs", desc, FPREGS_BYTES);
}

/*
 * The dying thread begins with an FPU as after execve(): what its parent has left
 * there differs between the twins.
 */
static void fpu_reset(void)
{
	static const struct {
		uint32_t fcw, pad[5], mxcsr, rest[121];
	} __attribute__((aligned(16))) initial = { .fcw = 0x37f, .mxcsr = 0x1f80 };

	asm volatile("fxrstor %0" : : "m"(initial));
}

static void run(const char *code, size_t len, uint64_t seed)
{
	struct snippet snippet = snippet_load(code, len);
	struct regs regs = regs_pattern(seed);

	regs.rdi = (uintptr_t)looping;
	fpu_reset();
	regs_call(&regs, snippet.start);
}

static void wait_looping(void)
{
	while (!*looping)
		sched_yield();
}

static void check_core(pid_t pid, int signo, int threads)
{
	int status;
	const char *core;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WCOREDUMP(status));
	CHECK_EQ(WTERMSIG(status), signo);
	core = map_core(pid);
	CHECK_EQ(each_note(core, NT_PRSTATUS, on_status), threads);
	CHECK_EQ(each_note(core, NT_FPREGSET, on_fpregs), threads);
}

struct death {
	const char *code;
	size_t len;
	int signo;
};

static void of_instruction(const void *arg)
{
	const struct death *death = arg;
	pid_t pid;

	prepare();
	pid = fork();
	if (!pid)
		run(death->code, death->len, DYING);
	check_core(pid, death->signo, 1);
}

/* A thread spins in its context while another brings all down. */
static void *spin_main(void *arg)
{
	run(LOOP, LOOP_BYTES, SPINNING);
	return arg;
}

static void of_threads(const void *arg)
{
	pthread_t thread;
	pid_t pid;

	(void)arg;
	prepare();
	pid = fork();
	if (!pid) {
		if (pthread_create(&thread, NULL, spin_main, NULL))
			_exit(1);
		wait_looping();
		run("\x0f\x0b", 2, DYING);
	}
	check_core(pid, SIGILL, 2);
}

/* A signal from outside ends a hot loop. */
static void of_abort_from_outside(const void *arg)
{
	pid_t pid;

	(void)arg;
	prepare();
	pid = fork();
	if (!pid)
		run(LOOP, LOOP_BYTES, DYING);
	wait_looping();
	kill(pid, SIGQUIT);
	check_core(pid, SIGQUIT, 1);
}

#define DEATH(name, code, signo)					\
	{ name, of_instruction,						\
	  &(const struct death){ code, sizeof(code) - 1, signo }, T_TWIN }

static const struct test tests[] = {
	DEATH("of_ud2", "\x0f\x0b", SIGILL),
	DEATH("of_int3", "\xcc", SIGTRAP),
	DEATH("of_hlt", "\xf4", SIGSEGV),
	DEATH("of_null", "\x8b\x04\x25\x00\x00\x00\x00", SIGSEGV),
	DEATH("of_division", "\x31\xc9\xf7\xf1", SIGFPE),
	{ "of_threads", of_threads, NULL, T_TWIN },
	{ "of_abort_from_outside", of_abort_from_outside, NULL, T_TWIN },
};

TEST_MAIN(tests)
