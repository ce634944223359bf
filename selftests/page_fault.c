// SPDX-License-Identifier: GPL-2.0-only
/* Memory: faults with their addresses, and everything that the kernel builds on faults. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

/* ELF types of this program's own width. */
#define Elf_Ehdr	ElfW(Ehdr)
#define Elf_Phdr	ElfW(Phdr)
#define Elf_Dyn		ElfW(Dyn)
#define Elf_Sym		ElfW(Sym)

#define PAGE	4096UL

/* This address is above all that user mode may have. */
#ifdef __i386__
#define KERNEL_TEXT	0xffffe000UL
#define KERNEL_MAP	0xfffffff0UL
#else
/* This is not canonical with four levels of page tables, nor with five. */
#define NON_CANONICAL	0x100000000000000UL
#define KERNEL_TEXT	0xffffffff81000000UL
#define KERNEL_MAP	0xffff888000000000UL
#endif

static char *map(size_t len, int prot)
{
	char *at = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(at != MAP_FAILED);
	return at;
}

/* A file of @pages pages, each filled with its number. */
static int file_of(int pages)
{
	char path[] = "/tmp/vctx-page-XXXXXX", page[PAGE];
	int fd = mkstemp(path);

	REQUIRE(fd >= 0);
	unlink(path);
	for (int i = 0; i < pages; i++) {
		memset(page, i + 1, PAGE);
		CHECK_EQ(write(fd, page, PAGE), (ssize_t)PAGE);
	}
	return fd;
}

/* Make one access, and note what the handler is told. */
static void expect_fault(int signo, int expected, int code, const void *addr)
{
	fault_note();
	CHECK_EQ(signo, expected);
	CHECK_EQ(fault.code, code);
	CHECK_EQ(fault.addr, (uintptr_t)addr);
}

static void unmapped(const void *arg)
{
	char *at = map(PAGE, PROT_READ);

	(void)arg;
	fault_catch();
	CHECK_EQ(munmap(at, PAGE), 0);
	expect_fault(fault_of_read(at + 123), SIGSEGV, SEGV_MAPERR, at + 123);
	expect_fault(fault_of_write(at + 124), SIGSEGV, SEGV_MAPERR, at + 124);
	expect_fault(fault_of_read(NULL), SIGSEGV, SEGV_MAPERR, NULL);
}

static void call_at(void *arg)
{
	struct regs regs = regs_pattern(1);

	regs_call(&regs, arg);
}

static void access_rights(const void *arg)
{
	char *at = map(PAGE, PROT_READ);

	(void)arg;
	fault_catch();
	CHECK_EQ(fault_of_read(at), 0);
	expect_fault(fault_of_write(at + 8), SIGSEGV, SEGV_ACCERR, at + 8);
	expect_fault(fault_of(call_at, at), SIGSEGV, SEGV_ACCERR, at);
	CHECK_EQ(mprotect(at, PAGE, PROT_NONE), 0);
	expect_fault(fault_of_read(at + 9), SIGSEGV, SEGV_ACCERR, at + 9);
	CHECK_EQ(mprotect(at, PAGE, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(fault_of_write(at), 0);
}

static void not_of_user(const void *arg)
{
	(void)arg;
	fault_catch();
	expect_fault(fault_of_read((void *)KERNEL_TEXT), SIGSEGV, SEGV_MAPERR,
		     (void *)KERNEL_TEXT);
	expect_fault(fault_of_write((void *)KERNEL_MAP), SIGSEGV, SEGV_MAPERR,
		     (void *)KERNEL_MAP);
}

#ifndef __i386__
static void non_canonical(const void *arg)
{
	(void)arg;
	fault_catch();
	expect_fault(fault_of_read((void *)NON_CANONICAL), SIGSEGV, SI_KERNEL,
		     NULL);
}

/* An access by the stack pointer raises a stack fault, hence SIGBUS. */
static void push_at(void *arg)
{
	asm volatile("mov %%rsp, %%rbx\n\t"
		     "mov %0, %%rsp\n\t"
		     "push %%rax\n\t"
		     "mov %%rbx, %%rsp" : : "r"(arg) : "rbx", "memory");
}

static void stack_non_canonical(const void *arg)
{
	(void)arg;
	fault_catch();
	expect_fault(fault_of(push_at, (void *)(NON_CANONICAL + 64)), SIGBUS,
		     SI_KERNEL, NULL);
}
#endif

static void beyond_end_of_file(const void *arg)
{
	int fd = file_of(1);
	char *at = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			0);

	(void)arg;
	fault_catch();
	CHECK_EQ(at[5], 1);
	expect_fault(fault_of_read(at + PAGE + 5), SIGBUS, BUS_ADRERR,
		     at + PAGE + 5);
	expect_fault(fault_of_write(at + 2 * PAGE), SIGBUS, BUS_ADRERR,
		     at + 2 * PAGE);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(fault_of_write(at + PAGE + 5), 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	expect_fault(fault_of_read(at), SIGBUS, BUS_ADRERR, at);
}

/* Parent and child write to the same pages and see their own. */

static char *shared_page;

static void write_as_child(void)
{
	CHECK_EQ(shared_page[0], 'p');
	memset(shared_page, 'c', 8 * PAGE);
	for (unsigned long i = 0; i < 8; i++)
		CHECK_EQ(shared_page[i * PAGE + i], 'c');
}

static void copy_on_write(const void *arg)
{
	(void)arg;
	shared_page = map(8 * PAGE, PROT_READ | PROT_WRITE);
	memset(shared_page, 'p', 8 * PAGE);
	for (int i = 0; i < 3; i++) {
		in_child(write_as_child);
		CHECK_EQ(shared_page[7 * PAGE], 'p');
		shared_page[3 * PAGE] = 'p';
	}
}

static void zero_page(const void *arg)
{
	char *at = map(PAGE, PROT_READ | PROT_WRITE);

	(void)arg;
	CHECK_EQ(*(volatile char *)at, 0);
	*(volatile char *)at = 5;
	CHECK_EQ(*(volatile char *)at, 5);
	CHECK_EQ(madvise(at, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(*(volatile char *)at, 0);
}

/* In a private mapping of a file, pages that are written part from the file. */
static void private_file(const void *arg)
{
	int fd = file_of(2);
	char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
			0);
	char in_file;

	(void)arg;
	CHECK_EQ(at[PAGE], 2);
	at[PAGE] = 9;
	CHECK_EQ(at[PAGE], 9);
	CHECK_EQ(pread(fd, &in_file, 1, PAGE), 1);
	CHECK_EQ(in_file, 2);
}

/* Frames of a page each. */
static __attribute__((noinline)) int deep(int levels)
{
	volatile char frame[PAGE];

	frame[0] = levels;
	return levels ? deep(levels - 1) + (frame[0] == (char)levels) : 0;
}

static void stack_growth(const void *arg)
{
	(void)arg;
	CHECK_EQ(deep(256), 256);
}

static void run_out_of_stack(void *arg)
{
	(void)arg;
	deep(1 << 20);
}

static void stack_overflow(const void *arg)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	(void)arg;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	fault_catch();
	CHECK_EQ(fault_of(run_out_of_stack, NULL), SIGSEGV);
	fault_note();
}

static void stack_overflow_dies(const void *arg)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	run_out_of_stack((void *)arg);
}

/* The protection changes to and fro: each change is seen at once, and the data stay. */
static void protect_often(const void *arg)
{
	char *at = map(PAGE, PROT_READ | PROT_WRITE);
	uint64_t flushes = test_in_context ? ctx_stats().tlb_flushes : 0;

	(void)arg;
	fault_catch();
	for (int i = 0; i < 50; i++) {
		*(volatile char *)at = i;
		CHECK_EQ(mprotect(at, PAGE, PROT_READ), 0);
		CHECK_EQ(fault_of_write(at), SIGSEGV);
		CHECK_EQ(*(volatile char *)at, i);
		CHECK_EQ(mprotect(at, PAGE, PROT_NONE), 0);
		CHECK_EQ(fault_of_read(at), SIGSEGV);
		CHECK_EQ(mprotect(at, PAGE, PROT_READ | PROT_WRITE), 0);
	}
	/* An emulator that flushes by itself cannot show that a flush is missing. */
	if (test_in_context)
		CHECK_GE(ctx_stats().tlb_flushes - flushes, 100ULL);
}

/* Without any change of the mm, nothing needs to be flushed. */
static void flush_seldom(const void *arg)
{
	uint64_t flushes = test_in_context ? ctx_stats().tlb_flushes : 0;

	(void)arg;
	pin(current_cpu());
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	if (test_in_context)
		CHECK_LE(ctx_stats().tlb_flushes - flushes, 20ULL);
}

static void move_pages(const void *arg)
{
	char *from = map(64 * PAGE, PROT_READ | PROT_WRITE), *to;

	(void)arg;
	for (int i = 0; i < 64; i++)
		from[i * PAGE] = i;
	to = mremap(from, 64 * PAGE, 128 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    map(128 * PAGE, PROT_NONE));
	REQUIRE(to != MAP_FAILED);
	fault_catch();
	CHECK_EQ(fault_of_read(from), SIGSEGV);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(to[i * PAGE], i);
	CHECK_EQ(to[127 * PAGE], 0);
}

static void huge_page(const void *arg)
{
	const size_t huge = 2 << 20;
	char *area = map(2 * huge, PROT_READ | PROT_WRITE);
	char *at = (char *)(((uintptr_t)area + huge - 1) & ~(huge - 1));

	(void)arg;
	madvise(at, huge, MADV_HUGEPAGE);
	for (size_t i = 0; i < huge; i += PAGE)
		at[i] = i / PAGE;
	/* Splits the huge page. */
	CHECK_EQ(mprotect(at + 7 * PAGE, PAGE, PROT_READ), 0);
	fault_catch();
	CHECK_EQ(fault_of_write(at + 7 * PAGE), SIGSEGV);
	for (size_t i = 0; i < huge; i += PAGE)
		CHECK_EQ(at[i], (char)(i / PAGE));
}

/* When code changes, the bytes that were written last are executed. */
static void changing_code(const void *arg)
{
	struct snippet snippet = snippet_load("\xb8\x00\x00\x00\x00", 5);
	struct regs regs = regs_pattern(1);

	(void)arg;
	for (unsigned char i = 1; i < 50; i++) {
		snippet.start[1] = i;
		regs_call(&regs, snippet.start);
		CHECK_EQ(regs.rax, (uint64_t)i);
	}
}

/* With userfaultfd another thread provides the page. */

static int uffd;

static void *provide(void *arg)
{
	struct uffd_msg msg;
	char page[PAGE];

	(void)arg;
	memset(page, 'u', PAGE);
	CHECK_EQ(read(uffd, &msg, sizeof(msg)), (ssize_t)sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	struct uffdio_copy copy = {
		.dst = msg.arg.pagefault.address & ~(PAGE - 1),
		.src = (uintptr_t)page, .len = PAGE,
	};
	CHECK_EQ(ioctl(uffd, UFFDIO_COPY, &copy), 0);
	return NULL;
}

static void userfault(const void *arg)
{
	char *at = map(PAGE, PROT_READ | PROT_WRITE);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)at, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;

	(void)arg;
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		test_skip("userfaultfd: %s", strerror(errno));
	CHECK_EQ(ioctl(uffd, UFFDIO_API, &api), 0);
	CHECK_EQ(ioctl(uffd, UFFDIO_REGISTER, &range), 0);
	REQUIRE(!pthread_create(&thread, NULL, provide, NULL));
	CHECK_EQ(*(volatile char *)(at + 99), 'u');
	pthread_join(thread, NULL);
}

/* Protection keys */

static void protection_key(const void *arg)
{
	char *at = map(PAGE, PROT_READ | PROT_WRITE);
	int key = pkey_alloc(0, PKEY_DISABLE_WRITE);

	(void)arg;
	if (key < 0)
		test_skip("pkey_alloc: %s", strerror(errno));
	fault_catch();
	CHECK_EQ(pkey_mprotect(at, PAGE, PROT_READ | PROT_WRITE, key), 0);
	CHECK_EQ(fault_of_read(at), 0);
	expect_fault(fault_of_write(at), SIGSEGV, SEGV_PKUERR, at);
	CHECK_EQ(pkey_set(key, 0), 0);
	CHECK_EQ(fault_of_write(at), 0);
	CHECK_EQ(pkey_free(key), 0);
}

/* The vDSO and its data, moved elsewhere, still tell the time. */

struct range {
	uintptr_t start, end;
};

/* What /proc/self/maps calls [vvar], [vdso] and so on, in ascending order. */
static int vdso_ranges(struct range *ranges, int max)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int nr = 0;

	REQUIRE(maps);
	while (nr < max && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]") || strstr(line, "[vvar"))
			nr += sscanf(line, "%" SCNxPTR "-%" SCNxPTR,
				     &ranges[nr].start, &ranges[nr].end) == 2;
	fclose(maps);
	return nr;
}

static uintptr_t vdso_symbol(const char *vdso, const char *name)
{
	const Elf_Ehdr *ehdr = (const void *)vdso;
	const Elf_Phdr *phdr = (const void *)(vdso + ehdr->e_phoff);
	const Elf_Dyn *dyn = NULL;
	const Elf_Sym *symbols = NULL;
	const char *strings = NULL;

	for (int i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(vdso + phdr[i].p_offset);
	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			symbols = (const void *)(vdso + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_STRTAB)
			strings = vdso + dyn->d_un.d_ptr;
	}
	/* The string table follows the symbols. */
	for (; (const char *)symbols < strings; symbols++)
		if (!strcmp(strings + symbols->st_name, name))
			return symbols->st_value;
	return 0;
}

static void move_vdso(const void *arg)
{
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	struct timespec before, after;
	struct range ranges[8];
	int nr = vdso_ranges(ranges, ARRAY_SIZE(ranges));
	uintptr_t base = ranges[0].start;
	int (*gettime)(clockid_t, struct timespec *);
	char *to;

	(void)arg;
	if (sizeof(long) == 4)
		test_skip("the C library makes its system calls there");
	REQUIRE(vdso && nr > 0);
	to = map(ranges[nr - 1].end - base, PROT_NONE);
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	gettime = (void *)(to + ((uintptr_t)vdso - base) +
			   vdso_symbol(vdso, "__vdso_clock_gettime"));
	for (int i = 0; i < nr; i++) {
		size_t len = ranges[i].end - ranges[i].start;

		CHECK_EQ(mremap((void *)ranges[i].start, len, len,
				MREMAP_MAYMOVE | MREMAP_FIXED,
				to + (ranges[i].start - base)),
			 (void *)(to + (ranges[i].start - base)));
	}
	CHECK_EQ(gettime(CLOCK_MONOTONIC, &after), 0);
	CHECK_GE(after.tv_sec, before.tv_sec);
	fault_catch();
	CHECK_EQ(fault_of_read(vdso), SIGSEGV);
	/* Signals and system calls do not need the old place. */
	CHECK_EQ(raise(SIGTRAP), 0);
	CHECK_EQ(fault.signo, SIGTRAP);
}

static const struct test tests[] = {
	{ "unmapped", unmapped, NULL, T_TWIN },
	{ "access_rights", access_rights, NULL, T_TWIN },
	{ "not_of_user", not_of_user, NULL, T_TWIN },
#ifndef __i386__
	{ "non_canonical", non_canonical, NULL, T_TWIN },
	{ "stack_non_canonical", stack_non_canonical, NULL, T_TWIN },
#endif
	{ "beyond_end_of_file", beyond_end_of_file, NULL, T_TWIN },
	{ "copy_on_write", copy_on_write, NULL, 0 },
	{ "zero_page", zero_page, NULL, 0 },
	{ "private_file", private_file, NULL, 0 },
	{ "stack_growth", stack_growth, NULL, 0 },
	{ "stack_overflow", stack_overflow, NULL, T_TWIN },
	{ "stack_overflow_dies", stack_overflow_dies, NULL, T_TWIN | T_DIES },
	{ "protect_often", protect_often, NULL, 0 },
	{ "flush_seldom", flush_seldom, NULL, 0 },
	{ "move_pages", move_pages, NULL, 0 },
	{ "huge_page", huge_page, NULL, 0 },
	{ "changing_code", changing_code, NULL, 0 },
	{ "userfault", userfault, NULL, 0 },
	{ "protection_key", protection_key, NULL, T_TWIN },
	{ "move_vdso", move_vdso, NULL, 0 },
};

TEST_MAIN(tests)
