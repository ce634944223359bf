// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only 32-bit programs have: their ways into the kernel, their signal
 * frames, segments that matter, and neighbours of the other width.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

#define PAGE		4096UL

#define GDT_SELECTOR(entry)	((entry) << 3 | 3)
#define LDT_SELECTOR(entry)	((entry) << 3 | 7)

uint32_t wide_call(const void *code64, uint32_t value);
extern const char wide_registers[], wide_syscall[], wide_int80[];

/* Ways into the kernel */

static const void *int80(void)
{
	return snippet_load("\xcd\x80", 2).start;
}

/* The vDSO chooses what the processor has: SYSENTER, SYSCALL or INT 0x80. */
static const void *vsyscall(void)
{
	return (const void *)getauxval(AT_SYSINFO);
}

struct call {
	const void *(*way)(void);
	long nr;
	uint32_t flags;
};

/* These are the rules; the twin compares all the rest. */
static void call(const void *arg)
{
	const struct call *call = arg;
	struct regs regs = regs_pattern(7), before;

	regs.rax = call->nr;
	regs.rflags |= call->flags;
	before = regs;
	regs_call(&regs, call->way());
	regs_note("regs", &regs);
	CHECK_EQ(regs.rflags, before.rflags);
	before.rax = regs.rax;
	CHECK(!memcmp(&regs, &before, sizeof(regs)));
}

/* This call works only if each of its six arguments is in its place. */
static void six_arguments(const void *arg)
{
	const struct call *call = arg;
	char path[] = "/tmp/vctx-compat-XXXXXX";
	int fd = mkstemp(path);
	char *hint = mmap(NULL, 8 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct regs regs = {
		.rax = SYS_mmap2, .rbx = (uintptr_t)hint + PAGE,
		.rcx = 2 * PAGE, .rdx = PROT_READ,
		.rsi = MAP_PRIVATE | MAP_FIXED, .rdi = fd, .rbp = 3,
		.rflags = RFLAGS_FIXED,
	};

	unlink(path);
	CHECK_EQ(pwrite(fd, "right", 5, 3 * PAGE), 5);
	regs_call(&regs, call->way());
	CHECK_EQ(regs.rax, (uintptr_t)hint + PAGE);
	CHECK_EQ(regs.rbp, 3UL);
	CHECK(!memcmp(hint + PAGE, "right", 5));
	close(fd);
}

static void errors(const void *arg)
{
	static const struct {
		long nr, first, second;
		int error;
	} calls[] = {
		{ SYS_read, -1, 0, EBADF },
		{ SYS_pipe2, 1, 0, EFAULT },
		{ SYS_pipe2, -PAGE, 0, EFAULT },
		{ SYS_lseek, 0, 0, 0 },
		{ SYS_unlink, (long)"/tmp/no such file", 0, ENOENT },
		{ 0xffff, 0, 0, ENOSYS },
		{ -1, 0, 0, ENOSYS },
		{ LONG_MIN, 0, 0, ENOSYS },
		{ 0x40000000 | SYS_getuid, 0, 0, ENOSYS },
	};
	const void *way = ((const struct call *)arg)->way();

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct regs regs = regs_pattern(i);

		regs.rax = calls[i].nr;
		regs.rbx = calls[i].first;
		regs.rcx = calls[i].second;
		regs.rdx = 99;
		regs_call(&regs, way);
		regs_note("regs", &regs);
		if (calls[i].error)
			CHECK_EQ((int)regs.rax, -calls[i].error);
	}
}

/* Of many calls none is lost, and none is made twice. */
static void many(const void *arg)
{
	const void *way = ((const struct call *)arg)->way();
	struct regs regs = regs_pattern(1);
	char byte = 0, seen;
	int fds[2];

	REQUIRE(!pipe(fds));
	for (int i = 0; i < 500; i++, byte++) {
		regs.rax = SYS_write;
		regs.rbx = fds[1];
		regs.rcx = (uintptr_t)&byte;
		regs.rdx = 1;
		regs_call(&regs, way);
		CHECK_EQ(regs.rax, 1UL);
		CHECK_EQ(read(fds[0], &seen, 1), 1);
		CHECK_EQ(seen, byte);
	}
	if (test_in_context)
		CHECK_GE(ctx_stats().exits[VCTX_EXIT_SYSCALL], 1000ULL);
}

/* The instruction is the last one that is mapped. */
static void call_at_end(const void *arg)
{
	struct snippet back = snippet_load("", 0);
	unsigned char *page = mmap(NULL, 2 * PAGE,
				   PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct regs regs = regs_pattern(5);

	(void)arg;
	CHECK_EQ(munmap(page + PAGE, PAGE), 0);
	memcpy(page + PAGE - 2, "\xcd\x80", 2);
	fault_catch();
	fault_resume = back.ret;
	regs.rax = SYS_getuid32;
	regs_call(&regs, page + PAGE - 2);
	regs_note("regs", &regs);
	fault_note();
	CHECK_EQ(fault.addr, (uintptr_t)page + PAGE);
}

/*
 * Signal frames: the old one, for handlers without SA_SIGINFO, and the one of
 * real-time signals.  Each returns by code of the vDSO, or of the program.
 */
struct kernel_action {
	const void *handler;
	unsigned long flags;
	const void *restorer;
	unsigned long mask[2];
};

#define SA_RESTORER	0x04000000

asm(".pushsection .text\n"
	"restore_old:\n\t"
	"popl %eax\n\t"
	"movl $119, %eax\n\t"		/* sigreturn() */
	"int $0x80\n"
	"restore_rt:\n\t"
	"movl $173, %eax\n\t"		/* rt_sigreturn() */
	"int $0x80\n\t"
	".popsection");
extern const char restore_old[], restore_rt[];

static void note_frame(const struct sigcontext *frame)
{
	note_bytes("frame", frame, offsetof(struct sigcontext, fpstate));
	note("cr2", frame->cr2);
}

static void change_frame(volatile struct sigcontext *frame)
{
	frame->eax = ~frame->eax;
	frame->ebx = ~frame->ebx;
	frame->ecx = ~frame->ecx;
	frame->edx = ~frame->edx;
	frame->esi = ~frame->esi;
	frame->edi = ~frame->edi;
	frame->ebp = ~frame->ebp;
	frame->eflags |= RFLAGS_CF | RFLAGS_DF;
	frame->eip += 2;		/* UD2 */
}

/* The frame lies where an argument by value would. */
static void on_old(int signo, struct sigcontext frame)
{
	note("signo", signo);
	note_frame(&frame);
	change_frame(&frame);
	asm volatile("" : : "r"(&frame) : "memory");
}

static void on_rt(int signo, siginfo_t *info, void *context)
{
	mcontext_t *frame = &((ucontext_t *)context)->uc_mcontext;

	note("signo", signo);
	note("code", info->si_code);
	note("addr", (uintptr_t)info->si_addr);
	note_frame((struct sigcontext *)frame);
	change_frame((struct sigcontext *)frame);
}

static void frame(const void *arg)
{
	struct kernel_action action = *(const struct kernel_action *)arg;
	struct snippet snippet = snippet_load("\x0f\x0b", 2);
	struct regs regs = regs_pattern(11);

	CHECK_EQ(syscall(SYS_rt_sigaction, SIGILL, &action, NULL, 8), 0L);
	regs_call(&regs, snippet.start);
	regs_note("regs", &regs);
	CHECK_EQ(regs.rbp, ~regs_pattern(11).rbp);
	CHECK_EQ(regs.rflags & RFLAGS_DF, RFLAGS_DF);
}

/* Segments */

static uint16_t selector_of_gs(void)
{
	uint16_t selector;

	asm volatile("mov %%gs, %0" : "=r"(selector));
	return selector;
}

/* Load a selector into ES, FS or GS, make a call, spin, and see what is left. */
struct segment_load {
	const char *to, *from;		/* MOV sreg, EAX; MOV EAX, sreg */
	uint16_t selector;
};

static uint16_t without_rpl_of_null(uint16_t selector)
{
	return selector > 3 ? selector : 0;
}

static void kept(const void *arg)
{
	const struct segment_load *load = arg;
	char code[64] =
		"\x06\x0f\xa0\x0f\xa8"		/* push es, fs, gs */
		"\x90\x90"			/* load */
		"\xb8\x9e\x00\x00\x00\xcd\x80"	/* sched_yield() */
		"\xb9\x80\x84\x1e\x00"		/* mov 2000000, ecx */
		"\x49\x75\xfd"			/* dec; jnz */
		"\xb8\x9e\x00\x00\x00\xcd\x80"
		"\x90\x90"			/* store */
		"\x0f\xa9\x0f\xa1\x07";		/* pop gs, fs, es */
	struct snippet snippet;
	struct regs regs = regs_pattern(1);
	pid_t hog;

	memcpy(code + 5, load->to, 2);
	memcpy(code + 29, load->from, 2);
	snippet = snippet_load(code, 36);
	pin(current_cpu());
	hog = hog_start(current_cpu());
	regs.rax = load->selector;
	regs_call(&regs, snippet.start);
	hog_stop(hog);
	CHECK_EQ(without_rpl_of_null(regs.rax),
		 without_rpl_of_null(load->selector));
}

/* What a descriptor allows that the thread has installed, and where it ends. */
static uint32_t area[4 * PAGE / 4] __attribute__((aligned(4096)));

/* The base is inside the buffer, since offsets may be negative. */
#define BASE		((uintptr_t)area + PAGE)

/* The offset to access, and what to do there. */
struct access {
	uint16_t selector;
	uint32_t offset;
	bool write;
};

/* The access is by FS, which the C library does not use here. */
static void access_by_fs(const struct access *access)
{
	/* mov fs, eax; mov ecx, fs:(edx) or back; mov fs, 0 */
	const char *code = access->write ?
		"\x8e\xe0\x64\x89\x0a\x31\xc0\x8e\xe0" :
		"\x8e\xe0\x64\x8b\x0a\x31\xc0\x8e\xe0";
	struct snippet snippet = snippet_load(code, 9);
	struct regs regs = regs_pattern(3);

	fault.count = 0;
	fault_resume = snippet.start + 5;
	regs.rax = access->selector;
	regs.rdx = access->offset;
	regs_call(&regs, snippet.start);
	regs_note("regs", &regs);
	note("faults", fault.count);
	if (fault.count)
		fault_note();
	munmap(snippet.start, PAGE);
}

static void access_all(uint16_t selector)
{
	static const uint32_t offsets[] = {
		0, 4, 0x7fc, 0xffc, 0xffd, 0x1000, 0x1ffc, 0x2000,
		-4U, -3U,
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(offsets); i++)
		access_by_fs(&(struct access){
			selector, offsets[i / 2], i % 2 });
}

/* What LAR and LSL say of a selector. */
static void note_descriptor(uint32_t selector)
{
	uint32_t rights = 0, limit = 0;

	asm volatile("lar %1, %0" : "+r"(rights) : "r"(selector) : "cc");
	asm volatile("lsl %1, %0" : "+r"(limit) : "r"(selector) : "cc");
	/* The accessed bit may be set at any time. */
	note("rights", rights & ~0x100U);
	note("limit", limit);
}

static const struct user_desc descriptors[] = {
	{ .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 },
	{ .limit = 0xfff, .seg_32bit = 1, .useable = 1 },
	{ .limit = 0, .seg_32bit = 1, .limit_in_pages = 1 },
	{ .limit = 0xffe, .seg_32bit = 1 },
	{ .limit = 0xfff, .seg_32bit = 0 },
	{ .limit = 0xfff, .seg_32bit = 1, .read_exec_only = 1 },
	/* expand-down */
	{ .limit = 0x7ff, .seg_32bit = 1, .contents = 1 },
	{ .limit = 0x7ff, .seg_32bit = 0, .contents = 1 },
	{ .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
	  .seg_not_present = 1 },
};

static void thread_areas(const void *arg)
{
	struct user_desc desc;
	int entry = -1;

	(void)arg;
	fault_catch();
	for (size_t i = 0; i < ARRAY_SIZE(descriptors); i++) {
		desc = descriptors[i];
		desc.entry_number = entry;
		desc.base_addr = BASE;
		note(NOTE_HEAD "descriptor", i);
		/* An entry of the GDT cannot have all that one of an LDT can. */
		if (syscall(SYS_set_thread_area, &desc)) {
			CHECK_EQ(errno, EINVAL);
			continue;
		}
		entry = desc.entry_number;
		note("entry", entry);
		note_descriptor(GDT_SELECTOR(entry));
		access_all(GDT_SELECTOR(entry));
	}
}

/* The same by an LDT: all of it runs natively. */
static void ldt(const void *arg)
{
	(void)arg;
	fault_catch();
	for (size_t i = 0; i < ARRAY_SIZE(descriptors); i++) {
		struct user_desc desc = descriptors[i];

		desc.entry_number = 2;
		desc.base_addr = BASE;
		if (syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
			test_skip("modify_ldt: %s", strerror(errno));
		note(NOTE_HEAD "descriptor", i);
		note_descriptor(LDT_SELECTOR(2));
		access_all(LDT_SELECTOR(2));
	}
	if (test_in_context)
		CHECK_GE(ctx_stats().native[VCTX_NATIVE_SEGMENT], 1ULL);
}

/* When a descriptor changes that is loaded, the kernel loads it again. */
static void changed_under(const void *arg)
{
	static uint32_t data[2] = { 0x1111, 0x2222 };
	struct user_desc desc = descriptors[0];
	uint16_t libc = selector_of_gs();
	uint32_t seen[2];
	long result;

	(void)arg;
	desc.entry_number = -1;
	desc.base_addr = (uintptr_t)&data[0];
	CHECK_EQ(syscall(SYS_set_thread_area, &desc), 0L);
	desc.base_addr = (uintptr_t)&data[1];
	asm volatile("mov %[selector], %%gs\n\t"
		     "mov %%gs:0, %[first]\n\t"
		     "int $0x80\n\t"
		     "mov %%gs:0, %[second]\n\t"
		     "mov %[libc], %%gs"
		     : "=a"(result), [first] "=&S"(seen[0]),
		       [second] "=&D"(seen[1])
		     : "0"(SYS_set_thread_area), "b"(&desc),
		       [selector] "c"(GDT_SELECTOR(desc.entry_number)),
		       [libc] "d"(libc)
		     : "memory");
	CHECK_EQ(result, 0L);
	CHECK_EQ(seen[0], data[0]);
	CHECK_EQ(seen[1], data[1]);
}

/* The same with its limit: the access behind it faults. */
static void limit_changed_under(const void *arg)
{
	/* mov fs, eax; getppid(), so that FS is loaded for a stay of its own */
	static const char code[] = "\x8e\xe0\xb8\x40\x00\x00\x00\xcd\x80"
		/* set_thread_area(ebx); mov ecx, fs:(edx); mov fs, 0 */
		"\xb8\xf3\x00\x00\x00\xcd\x80\x64\x8b\x0a\x31\xc0\x8e\xe0";
	struct user_desc desc = descriptors[0];
	struct regs regs = regs_pattern(3);
	struct snippet snippet = snippet_load(code, sizeof(code) - 1);

	(void)arg;
	fault_catch();
	desc.entry_number = -1;
	desc.base_addr = BASE;
	*(volatile uint32_t *)(BASE + 4) = 0;	/* so that it does not fault for its page */
	CHECK_EQ(syscall(SYS_set_thread_area, &desc), 0L);
	desc.limit = 3;
	desc.limit_in_pages = 0;
	fault_resume = snippet.start + 19;
	regs.rax = GDT_SELECTOR(desc.entry_number);
	regs.rbx = (uintptr_t)&desc;
	regs.rdx = 4;
	regs_call(&regs, snippet.start);
	note("faults", fault.count);	/* one, but for QEMU, which knows no limits */
	if (fault.count)
		fault_note();
}

/* Each thread has the same selector, with a segment of its own behind it. */
#define THREADS		4

static __thread unsigned long own;

static void *thread_main(void *arg)
{
	own = (uintptr_t)arg;
	for (int i = 0; i < 50; i++) {
		close(-1);
		CHECK_EQ(errno, EBADF);
		errno = own;
		sched_yield();
		burn(NSEC_PER_MSEC / 10);
		CHECK_EQ(errno, (int)(uintptr_t)arg);
		CHECK_EQ(own, (uintptr_t)arg);
	}
	return (void *)own;
}

static void threads(const void *arg)
{
	pthread_t threads[THREADS];
	void *result;

	(void)arg;
	for (uintptr_t i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, thread_main,
					(void *)(i + 1)));
	for (uintptr_t i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((uintptr_t)result, i + 1);
	}
}

static void threads_one_cpu(const void *arg)
{
	pin(current_cpu());
	threads(arg);
}

/* Near 4 GiB */

static void high_addresses(const void *arg)
{
	/* These are the highest pages that a program may map below its stack. */
	unsigned char *top = (unsigned char *)0xffffb000;
	struct regs regs = regs_pattern(2);
	unsigned char *page;

	(void)arg;
	fault_catch();
	for (; ; top -= PAGE) {
		page = mmap(top, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);
		if (page != MAP_FAILED)
			break;
	}
	CHECK_GE((uintptr_t)page, 0xf0000000UL);
	/* mov (ecx), eax; xchg; ret */
	memcpy(page, "\x8b\x01\x89\x59\x04\xc3", 6);
	*(uint32_t *)(page + 64) = 0xfeed;
	regs.rcx = (uintptr_t)page + 64;
	regs_call(&regs, page);
	CHECK_EQ(regs.rax, 0xfeedUL);
	CHECK_EQ(*(uint32_t *)(page + 68), regs.rbx);
	for (uintptr_t at = 0xffffe000; at; at += PAGE) {
		note("read", fault_of_read((void *)at));
		fault_note();
	}
	note("read", fault_of_read((void *)-1));
	fault_note();
}

/* Accesses across 4 GiB, directly and with a base that carries over it. */
static void wrap_around(const void *arg)
{
	static const char codes[][6] = {
		{ "\x90\xa1\xfe\xff\xff\xff" },	/* mov -2, eax */
		{ "\x8b\x80\xfc\xff\xff\xff" },	/* mov -4(eax), eax */
		{ "\x65\xa1\xfc\xff\xff\xff" },	/* mov gs:-4, eax */
		{ "\x65\xa1\x00\x00\x00\x00" },	/* mov gs:0, eax */
	};

	(void)arg;
	fault_catch();
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct snippet snippet = snippet_load(codes[i], 6);
		struct regs regs = regs_pattern(i);

		fault_resume = snippet.ret;
		fault.count = 0;
		regs.rax = 2;
		regs_call(&regs, snippet.start);
		note("rax", regs.rax);
		note("faults", fault.count);
		if (fault.count)
			fault_note();
	}
}

/* The other width */

static void wide(const void *arg)
{
	(void)arg;
	CHECK_EQ(wide_call(wide_registers, 3000000), 3000001U);
	for (int i = 0; i < 50; i++) {
		CHECK_EQ(wide_call(wide_syscall, 0), getuid());
		CHECK_EQ(wide_call(wide_int80, 0), getuid());
	}
}

static void call_wide(void *code)
{
	wide_call(code, 0);
}

static void wide_faults(const void *arg)
{
	/* ud2; movabs to an address that no 32-bit code can name */
	struct snippet illegal = snippet_load("\x0f\x0b", 2);
	struct snippet far = snippet_load("\x48\xa1\x01\x02\x03\x04\x05\x06\x00\x00",
					  10);

	(void)arg;
	fault_catch();
	CHECK_EQ(fault_of(call_wide, illegal.start), SIGILL);
	fault_note();
	CHECK_EQ(fault_of(call_wide, far.start), SIGSEGV);
	fault_note();
}

/* hop and hop_32 execute each other. */
static void exec_hops(const char *name, const char *hops, bool by_vfork)
{
	char path[256] = "";
	pid_t pid;

	CHECK_GE(readlink("/proc/self/exe", path, sizeof(path) - 16), 1);
	strcpy(strrchr(path, '/') + 1, name);
	pid = by_vfork ? vfork() : fork();
	if (!pid) {
		execl(path, name, hops, NULL);
		_exit(97);
	}
	CHECK_EQ(wait_exit(pid), test_in_context);
}

static void exec_other(const void *arg)
{
	(void)arg;
	exec_hops("hop", "0", false);
	exec_hops("hop", "1", false);
	exec_hops("hop_32", "1", false);
	exec_hops("hop_32", "4", false);
	if (test_in_context)
		CHECK_GE(ctx_tally().contexts, 5ULL);
}

/* The parent of vfork() waits in memory that it shares. */
static void vfork_other(const void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++)
		exec_hops("hop", "2", true);
}

static void personality_3gb(const void *arg)
{
	(void)arg;
	REQUIRE(personality(PER_LINUX32_3GB) >= 0);
	exec_hops("hop_32", "3", false);
}

/*
 * A loop in 32-bit code spends its time in the guest.  A CPU of QEMU is a thread of a
 * machine that may have other work for half of the time, but not ten times in a row.
 */
static void in_guest(const void *arg)
{
	struct watch spent;
	int tries = 0;

	(void)arg;
	burn(5 * NSEC_PER_MSEC);
	do {
		spent = watch_start();
		burn(50 * NSEC_PER_MSEC);
		spent = watch_stop(spent);
	} while (spent.guest_ns * 100 < spent.wall_ns * 50 && ++tries < 10);
	if (test_in_context)
		CHECK_GE(spent.guest_ns * 100, spent.wall_ns * 50);
}

#define WAY(name, fn)							\
	{ name "_int80", fn, &(const struct call){ int80, 0, 0 }, T_TWIN }, \
	{ name "_vsyscall", fn, &(const struct call){ vsyscall, 0, 0 }, T_TWIN }
#define CALL(name, nr, flags)						\
	{ name "_int80", call,						\
	  &(const struct call){ int80, nr, flags }, T_TWIN },		\
	{ name "_vsyscall", call,					\
	  &(const struct call){ vsyscall, nr, flags }, T_TWIN }
#define FRAME(name, handler, flags, restorer)				\
	{ name, frame, &(const struct kernel_action){			\
		handler, flags, restorer, { 0 } }, T_TWIN }
#define KEPT(name, to, from, selector)					\
	{ name, kept, &(const struct segment_load){ to, from, selector }, 0 }

static const struct test tests[] = {
	{ "in_guest", in_guest, NULL, 0 },
	CALL("getuid",		SYS_getuid32, 0),
	CALL("error",		SYS_close, 0),
	CALL("bad_number",	0xfffff, 0),
	CALL("direction",	SYS_getuid32, RFLAGS_DF),
	CALL("ac",		SYS_getuid32, RFLAGS_AC),
	CALL("id",		SYS_getuid32, RFLAGS_ID),
	WAY("six_arguments",	six_arguments),
	WAY("errors",		errors),
	WAY("many",		many),
	{ "call_at_end", call_at_end, NULL, T_TWIN },
	FRAME("frame", on_old, 0, NULL),
	FRAME("frame_restorer", on_old, SA_RESTORER, restore_old),
	FRAME("frame_siginfo", on_rt, SA_SIGINFO, NULL),
	FRAME("frame_siginfo_restorer", on_rt, SA_SIGINFO | SA_RESTORER,
	      restore_rt),
	KEPT("kept_es_0",	"\x8e\xc0", "\x8c\xc0", 0),
	KEPT("kept_es_3",	"\x8e\xc0", "\x8c\xc0", 3),
	KEPT("kept_es_0x2b",	"\x8e\xc0", "\x8c\xc0", 0x2b),
	KEPT("kept_fs_0x2b",	"\x8e\xe0", "\x8c\xe0", 0x2b),
	KEPT("kept_fs_0x23",	"\x8e\xe0", "\x8c\xe0", 0x23),
	KEPT("kept_gs_0",	"\x8e\xe8", "\x8c\xe8", 0),
	KEPT("kept_gs_0x2b",	"\x8e\xe8", "\x8c\xe8", 0x2b),
	{ "thread_areas", thread_areas, NULL, T_TWIN },
	{ "ldt", ldt, NULL, T_TWIN },
	{ "changed_under", changed_under, NULL, 0 },
	{ "limit_changed_under", limit_changed_under, NULL, T_TWIN },
	{ "threads", threads, NULL, 0 },
	{ "threads_one_cpu", threads_one_cpu, NULL, 0 },
	{ "high_addresses", high_addresses, NULL, T_TWIN },
	{ "wrap_around", wrap_around, NULL, T_TWIN },
	{ "wide", wide, NULL, 0 },
	{ "wide_faults", wide_faults, NULL, T_TWIN },
	{ "exec_other", exec_other, NULL, 0 },
	{ "vfork_other", vfork_other, NULL, 0 },
	{ "personality_3gb", personality_3gb, NULL, 0 },
};

TEST_MAIN(tests)
