// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an instruction raises: the signal, its siginfo and every register that
 * the handler sees, natively and in a context.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "regs.h"
#include "vctx_selftest.h"

/* Whatever signal Linux sends natively is the right one. */
#define AS_NATIVE	-1

struct insn {
	const char *bytes;
	size_t len;
	int signo;
	uint64_t rflags;
};

/* What the instructions may read or write; RDI and RSP + 8 n point to it. */
static char scratch[1024] __attribute__((aligned(64)));

/* Handlers go on behind the instruction; after a trap they go on where it stopped. */
static void insn_run(const void *arg)
{
	const struct insn *insn = arg;
	struct snippet snippet = snippet_load(insn->bytes, insn->len);
	struct regs regs = regs_pattern(1);

	/* The results of SGDT and others differ from CPU to CPU. */
	pin(0);
	regs.rdi = (uintptr_t)scratch + 128;
	regs.rsi = 3;
	regs.rcx = 0;
	regs.rdx = 0;
	regs.rax = 0;
	regs.rflags |= insn->rflags;
	fault_catch();
	fault_resume = snippet.ret;
	regs_call(&regs, snippet.start);
	regs_note("regs", &regs);
	fault_note();
	note_bytes("scratch", scratch, sizeof(scratch));
	if (insn->signo != AS_NATIVE)
		CHECK_EQ(fault.signo, insn->signo);
}

/* The whole siginfo and stack frame must be right with no handler, too. */
static void insn_die(const void *arg)
{
	const struct insn *insn = arg;
	struct snippet snippet = snippet_load(insn->bytes, insn->len);
	struct regs regs = regs_pattern(1);

	regs_call(&regs, snippet.start);
}

/* The kernel finds the code of x87 and SSE exceptions in the state of the unit. */
struct fp_exception {
	unsigned int unmasked;		/* the bit of MXCSR or the control word */
	double left, right;
	int code;
};

static void fp_exception(const struct fp_exception *fp, uint32_t control,
			 const void *code, size_t len)
{
	struct snippet snippet = snippet_load(code, len);
	struct regs regs = regs_pattern(1);

	memcpy(scratch, &control, sizeof(control));
	memcpy(scratch + 8, &fp->left, sizeof(fp->left));
	memcpy(scratch + 16, &fp->right, sizeof(fp->right));
	regs.rdi = (uintptr_t)scratch;
	fault_catch();
	fault_resume = snippet.ret;
	regs_call(&regs, snippet.start);
	fault_note();
	CHECK_EQ(fault.signo, SIGFPE);
	CHECK_EQ(fault.code, fp->code);
}

static void sse_exception(const void *arg)
{
	static const char code[] =
		"\x0f\xae\x17"			/* ldmxcsr (rdi) */
		"\xf2\x0f\x10\x47\x08"		/* movsd 8(rdi), xmm0 */
		"\xf2\x0f\x5e\x47\x10";		/* divsd 16(rdi), xmm0 */
	const struct fp_exception *fp = arg;
	uint32_t masked = 0x1f80, mxcsr;
	uint64_t result;

	fp_exception(fp, masked & ~(fp->unmasked << 7), code, sizeof(code) - 1);
	asm volatile("stmxcsr %0\n\tmovq %%xmm0, %1\n\tldmxcsr %2"
		     : "=m"(mxcsr), "=m"(result) : "m"(masked));
	note("mxcsr", mxcsr);
	note("result", result);
}

static void x87_exception(const void *arg)
{
	static const char code[] =
		"\xdb\xe3"			/* fninit */
		"\xd9\x2f"			/* fldcw (rdi) */
		"\xdd\x47\x08"			/* fldl 8(rdi) */
		"\xdc\x77\x10"			/* fdivl 16(rdi) */
		"\x9b";				/* fwait */
	const struct fp_exception *fp = arg;
	uint16_t status;

	fp_exception(fp, 0x37f & ~fp->unmasked, code, sizeof(code) - 1);
	asm volatile("fnstsw %0\n\tfninit" : "=m"(status));
	note("status", status);
}

/* A program sets TF by itself: the address of each step is compared. */
#define MAX_STEPS	64

static volatile uint64_t steps[MAX_STEPS];
static volatile int nr_steps;

static void on_step(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signo;
	if (nr_steps < MAX_STEPS)
		steps[nr_steps] = uc->uc_mcontext.gregs[REG_RIP];
	nr_steps++;
	note("code", info->si_code);
	note("addr", (uintptr_t)info->si_addr);
	note("efl", uc->uc_mcontext.gregs[REG_EFL]);
}

static void step_itself(const void *arg)
{
	static const char code[] =
		"\x9c\x81\x0c\x24\x00\x01\x00\x00"	/* pushf; or TF */
		"\x9d"					/* popf */
		"\x90\x90"				/* nop; nop */
		"\x8c\xd0\x8e\xd0\x90"			/* mov ss; nop */
		"\xb9\x03\x00\x00\x00\xf3\xaa"		/* rep stosb */
		"\x9c\x58"				/* pushf; pop rax */
		"\x9c\x81\x24\x24\xff\xfe\xff\xff"	/* pushf; and ~TF */
		"\x9d";					/* popf */
	struct sigaction action = {
		.sa_sigaction = on_step, .sa_flags = SA_SIGINFO,
	};
	struct snippet snippet = snippet_load(code, sizeof(code) - 1);
	struct regs regs = regs_pattern(1);

	(void)arg;
	regs.rdi = (uintptr_t)scratch;
	CHECK_EQ(sigaction(SIGTRAP, &action, NULL), 0);
	regs_call(&regs, snippet.start);
	CHECK_GE(nr_steps, 10);
	for (int i = 0; i < nr_steps && i < MAX_STEPS; i++)
		note("step", steps[i] - (uintptr_t)snippet.start);
	regs_note("regs", &regs);
	if (test_in_context)
		CHECK_GE(ctx_stats().native[VCTX_NATIVE_STEP], 1ULL);
}

/* The first bytes of an instruction are there, the rest is not. */
static void fetch_across_pages(const void *arg)
{
	static const char code[] = "\xc7\x07\x01\x02\x03\x04";	/* movl (rdi) */
	unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *start = page + 4096 - 3;
	struct snippet back = snippet_load("", 0);
	struct regs regs = regs_pattern(1);

	(void)arg;
	memcpy(start, code, 3);
	CHECK_EQ(mprotect(page + 4096, 4096, PROT_NONE), 0);
	fault_catch();
	fault_resume = back.ret;
	regs_call(&regs, start);
	fault_note();
	CHECK_EQ(fault.addr, (uintptr_t)page + 4096);
	CHECK_EQ(fault.gregs[REG_RIP], (uintptr_t)start);
}

static void branch(void *to)
{
	struct regs regs = regs_pattern(1);

	regs_call(&regs, to);
}

/*
 * A branch to where no code can be.  Whether the processor pushes the return
 * address before it faults depends on the vendor, so nothing goes on from there.
 */
static void jump_to(const void *arg)
{
	fault_catch();
	CHECK_EQ(fault_of(branch, *(void * const *)arg), SIGSEGV);
	fault_note();
}

/* The process may use ports, by its bitmap or by its I/O privilege level. */
#define POST_PORT	0x80

struct permission {
	int (*get)(void);
};

static void port_allowed(const void *arg)
{
	struct snippet snippet = snippet_load("\xe4\x80\xe6\x80\xfa\xfb", 6);
	struct regs regs = regs_pattern(1);
	const struct permission *permission = arg;

	if (permission->get())
		test_skip("no permission for ports");
	fault_catch();
	fault_resume = snippet.ret;
	regs_call(&regs, snippet.start);
	note("al", regs.rax & 0xff);
	fault_note();
	/* IN and OUT must have succeeded; only CLI may have failed. */
	CHECK(!fault.count ||
	      fault.gregs[REG_RIP] >= (uintptr_t)snippet.start + 4);
}

static int allow_port(void)
{
	return ioperm(POST_PORT, 1, 1);
}

static int allow_level(void)
{
	return iopl(3);
}

/*
 * The handler repairs the instruction and returns to it: a repaired fault leaves
 * no trace.
 */
static unsigned char *to_repair;

static void on_repair(int signo)
{
	(void)signo;
	to_repair[0] = 0x90;
	to_repair[1] = 0x90;
}

static void repair(const void *arg)
{
	struct snippet snippet = snippet_load("\x0f\x0b", 2);
	struct sigaction action = { .sa_handler = on_repair };
	struct regs regs = regs_pattern(3), before = regs;

	(void)arg;
	to_repair = snippet.start;
	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	regs_call(&regs, snippet.start);
	CHECK(!memcmp(&regs, &before, offsetof(struct regs, rflags)));
}

/* AMD's processors do not have it; Intel's come back in 32-bit code. */
static void sysenter(const void *arg)
{
	if (!cpu_has_svm())
		test_skip("this processor has SYSENTER");
	insn_run(arg);
}

#define INSN_FLAGS(name, code, signo, rflags)				\
	{ name, insn_run, &(const struct insn){				\
		code, sizeof(code) - 1, signo, rflags }, T_TWIN }
#define INSN(name, code, signo)	INSN_FLAGS(name, code, signo, 0)
#define HW_INSN(name, code)						\
	{ name, insn_run, &(const struct insn){				\
		code, sizeof(code) - 1, AS_NATIVE, 0 }, T_TWIN | T_HW_ON }
#define DIES(name, code)						\
	{ name, insn_die, &(const struct insn){				\
		code, sizeof(code) - 1, 0, 0 }, T_TWIN | T_DIES }
#define SSE(name, bit, left, right, code)				\
	{ name, sse_exception,						\
	  &(const struct fp_exception){ bit, left, right, code }, T_TWIN }
#define X87(name, bit, left, right, code)				\
	{ name, x87_exception,						\
	  &(const struct fp_exception){ bit, left, right, code }, T_TWIN }
#define JUMP(name, address)						\
	{ name, jump_to, &(const void * const){ (void *)(address) }, T_TWIN }

static const struct test tests[] = {
	INSN("ud2",		"\x0f\x0b", SIGILL),
	INSN("ud1",		"\x0f\xb9\xc0", SIGILL),
	INSN("lock_register",	"\xf0\x89\xc0", SIGILL),
#ifdef __i386__
	/* Only 32-bit code has these. */
	INSN("push_es",		"\x06\x58", 0),
	INSN("pop_ds",		"\x1e\x1f", 0),
	INSN("pop_ss",		"\x16\x17\x90", 0),
	INSN("into",		"\xce", 0),
	INSN("into_overflow",	"\xb0\x7f\xfe\xc0\xce", SIGSEGV),
	INSN("bound",		"\x62\x07", 0),
	INSN("bound_range",	"\xb8\x05\x00\x00\x00\x62\x07", SIGSEGV),
	INSN("daa",		"\x27", 0),
	INSN("aam_zero",	"\xd4\x00", SIGFPE),
	INSN("arpl",		"\x63\xc8", 0),
	INSN("pusha",		"\x60\x61", 0),
	INSN("les_null",	"\x06\xc4\x0f\x07", 0),
	INSN("lds_kernel",
	     "\xc7\x47\x04\x10\x00\x00\x00\xc5\x0f", SIGSEGV),
	INSN("far_call_null",	"\xff\x1f", SIGSEGV),
	INSN("far_call",	"\x9a\x00\x00\x00\x00\x10\x00", SIGSEGV),
	INSN("lret_kernel",	"\x6a\x10\x6a\x00\xcb", AS_NATIVE),
	INSN("swapgs",		"\x0f\x01\xf8", SIGILL),
	INSN("address_16",	"\x67\xa1\x10\x00", SIGSEGV),
#else
	INSN("push_es",		"\x06", SIGILL),
	INSN("into",		"\xce", SIGILL),
	INSN("mov_from_cr8",	"\x44\x0f\x20\xc0", SIGSEGV),
	INSN("swapgs",		"\x0f\x01\xf8", SIGSEGV),
	INSN("sysret",		"\x48\x0f\x07", SIGSEGV),
	INSN("sysexit",		"\x48\x0f\x35", AS_NATIVE),
#endif
	INSN("too_long",
	     "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90",
	     SIGSEGV),

	INSN("int3",		"\xcc", SIGTRAP),
	INSN("int_3",		"\xcd\x03", SIGTRAP),
	INSN("int_4",		"\xcd\x04", SIGSEGV),
	INSN("int_0",		"\xcd\x00", SIGSEGV),
	INSN("int_1",		"\xcd\x01", SIGSEGV),
	INSN("int_2",		"\xcd\x02", SIGSEGV),
	INSN("int_14",		"\xcd\x0e", SIGSEGV),
	INSN("int_0x20",	"\xcd\x20", SIGSEGV),
	INSN("int_0xff",	"\xcd\xff", SIGSEGV),
	INSN("icebp",		"\xf1", SIGTRAP),
	INSN("int3_carry",	"\xf9\xcc", SIGTRAP),

	INSN("divide_by_zero",	"\xf7\xf1", SIGFPE),
	INSN("divide_overflow",
	     "\xb8\x00\x00\x00\x80\x99\xb9\xff\xff\xff\xff\xf7\xf9", SIGFPE),

	SSE("sse_divide",	4, 1, 0, FPE_FLTDIV),
	SSE("sse_invalid",	1, 0, 0, FPE_FLTINV),
	SSE("sse_overflow",	8, 1e300, 1e-300, FPE_FLTOVF),
	SSE("sse_underflow",	16, 1e-300, 1e300, FPE_FLTUND),
	SSE("sse_inexact",	32, 1, 3, FPE_FLTRES),
	SSE("sse_denormal",	2, 1e-310, 1, FPE_FLTUND),
	X87("x87_divide",	4, 1, 0, FPE_FLTDIV),
	X87("x87_invalid",	1, 0, 0, FPE_FLTINV),

	INSN("hlt",		"\xf4", SIGSEGV),
	INSN("cli",		"\xfa", AS_NATIVE),
	INSN("sti",		"\xfb", AS_NATIVE),
	INSN("in",		"\xe4\x80", SIGSEGV),
	INSN("in_dx",		"\xec", SIGSEGV),
	INSN("out",		"\xe6\x80", SIGSEGV),
	INSN("ins",		"\x6c", SIGSEGV),
	INSN("outs",		"\x6e", SIGSEGV),
	INSN("mov_from_cr0",	"\x0f\x20\xc0", SIGSEGV),
	INSN("mov_to_cr3",	"\x0f\x22\xd8", SIGSEGV),
	INSN("mov_from_dr0",	"\x0f\x21\xc0", SIGSEGV),
	INSN("mov_to_dr7",	"\x0f\x23\xf8", SIGSEGV),
	INSN("clts",		"\x0f\x06", SIGSEGV),
	INSN("rdmsr",		"\x0f\x32", SIGSEGV),
	INSN("wrmsr",		"\x0f\x30", SIGSEGV),
	INSN("rdpmc",		"\x0f\x33", SIGSEGV),
	INSN("lgdt",		"\x0f\x01\x17", SIGSEGV),
	INSN("lidt",		"\x0f\x01\x1f", SIGSEGV),
	INSN("lldt",		"\x0f\x00\xd0", SIGSEGV),
	INSN("ltr",		"\x0f\x00\xd8", SIGSEGV),
	INSN("lmsw",		"\x0f\x01\xf0", SIGSEGV),
	INSN("invd",		"\x0f\x08", SIGSEGV),
	INSN("wbinvd",		"\x0f\x09", SIGSEGV),
	INSN("invlpg",		"\x0f\x01\x3f", SIGSEGV),
	INSN("invpcid",		"\x66\x0f\x38\x82\x07", AS_NATIVE),
	INSN("sysretl",		"\x0f\x07", AS_NATIVE),
	INSN("sysexitl",	"\x0f\x35", AS_NATIVE),
	INSN("xsetbv",		"\x0f\x01\xd1", AS_NATIVE),
	INSN("monitor",		"\x0f\x01\xc8", AS_NATIVE),
	INSN("mwait",		"\x0f\x01\xc9", AS_NATIVE),
	INSN("rsm",		"\x0f\xaa", SIGILL),
	INSN("getsec",		"\x0f\x37", AS_NATIVE),
	INSN("xgetbv",		"\x0f\x01\xd0", 0),
	INSN("xgetbv_1",	"\xb9\x01\x00\x00\x00\x0f\x01\xd0", AS_NATIVE),
	INSN("xgetbv_9",	"\xb9\x09\x00\x00\x00\x0f\x01\xd0", SIGSEGV),

	/*
	 * Instructions that a guest could execute and a process must not.  They raise #UD, or #GP on
	 * a processor in VMX operation or with SVM enabled, whoever runs there.
	 */
	HW_INSN("vmcall",	"\x0f\x01\xc1"),
	HW_INSN("vmlaunch",	"\x0f\x01\xc2"),
	HW_INSN("vmresume",	"\x0f\x01\xc3"),
	HW_INSN("vmxoff",	"\x0f\x01\xc4"),
	HW_INSN("vmfunc",	"\x0f\x01\xd4"),
	HW_INSN("vmclear",	"\x66\x0f\xc7\x37"),
	HW_INSN("vmptrld",	"\x0f\xc7\x37"),
	HW_INSN("vmptrst",	"\x0f\xc7\x3f"),
	HW_INSN("vmxon",	"\xf3\x0f\xc7\x37"),
	HW_INSN("vmread",	"\x0f\x78\xc0"),
	HW_INSN("vmwrite",	"\x0f\x79\xc0"),
	HW_INSN("invept",	"\x66\x0f\x38\x80\x07"),
	HW_INSN("invvpid",	"\x66\x0f\x38\x81\x07"),
	HW_INSN("vmmcall",	"\x0f\x01\xd9"),
	HW_INSN("vmrun",	"\x0f\x01\xd8"),
	HW_INSN("vmload",	"\x0f\x01\xda"),
	HW_INSN("vmsave",	"\x0f\x01\xdb"),
	HW_INSN("stgi",		"\x0f\x01\xdc"),
	HW_INSN("clgi",		"\x0f\x01\xdd"),
	HW_INSN("skinit",	"\x0f\x01\xde"),
	HW_INSN("invlpga",	"\x0f\x01\xdf"),
	{ "sysenter", sysenter,
	  &(const struct insn){ "\x0f\x34", 2, AS_NATIVE, 0 }, T_TWIN | T_HW_ON },
	INSN("encls",		"\x0f\x01\xcf", AS_NATIVE),
	INSN("enclu",		"\x0f\x01\xd7", AS_NATIVE),

	/* Natively, the kernel emulates these where the CPU has UMIP. */
	INSN("sgdt",		"\x0f\x01\x07", AS_NATIVE),
	INSN("sidt",		"\x0f\x01\x0f", AS_NATIVE),
	INSN("smsw",		"\x48\x0f\x01\xe0", AS_NATIVE),
	INSN("sldt",		"\x0f\x00\xc0", AS_NATIVE),
	INSN("str",		"\x0f\x00\xc8", AS_NATIVE),

	/* These are not privileged, and do nothing. */
	INSN("pause",		"\xf3\x90", 0),
	INSN("nt_flag",		"\x9c\x81\x0c\x24\x00\x40\x00\x00\x9d", 0),
	INSN("id_flag",		"\x9c\x81\x0c\x24\x00\x00\x20\x00\x9d", 0),
	INSN("iopl_flag",	"\x9c\x81\x0c\x24\x00\x30\x00\x00\x9d", 0),
	INSN("if_flag",		"\x9c\x81\x24\x24\xff\xfd\xff\xff\x9d", 0),
	INSN("clflush",		"\x0f\xae\x3f", 0),

	INSN_FLAGS("alignment",	"\x8b\x47\x01", SIGBUS, RFLAGS_AC),
	INSN_FLAGS("alignment_aligned",	"\x8b\x07", 0, RFLAGS_AC),
	INSN_FLAGS("ud2_direction",	"\x0f\x0b", SIGILL, RFLAGS_DF),
	INSN_FLAGS("ud2_nt",		"\x0f\x0b", SIGILL, RFLAGS_NT),
	INSN_FLAGS("ud2_id",		"\x0f\x0b", SIGILL, RFLAGS_ID),
	INSN("fxsave_misaligned", "\x0f\xae\x47\x01", SIGSEGV),
	INSN("movaps_misaligned", "\x0f\x28\x47\x01", SIGSEGV),

	DIES("dies_of_ud2",	"\x0f\x0b"),
	DIES("dies_of_int3",	"\xcc"),
	DIES("dies_of_hlt",	"\xf4"),
	DIES("dies_of_division", "\x31\xc9\xf7\xf1"),

	JUMP("jump_null",		NULL),
	JUMP("jump_unmapped",		0x10000),
#ifdef __i386__
	JUMP("jump_top",		0xffffdff0),
	JUMP("jump_kernel",		0xfffff000),
	JUMP("jump_last",		0xffffffff),
#else
	JUMP("jump_non_canonical",	0x100000000000000),
	JUMP("jump_top",		0x7fffffffeff0),
	JUMP("jump_kernel",		0xffffffff81000000),
	JUMP("jump_kernel_direct_map",	0xffff888000000000),
#endif
	JUMP("jump_data",		scratch),

	{ "ioperm", port_allowed, &(const struct permission){ allow_port },
	  T_TWIN },
	{ "iopl", port_allowed, &(const struct permission){ allow_level },
	  T_TWIN },
	{ "fetch_across_pages", fetch_across_pages, NULL, T_TWIN },
	{ "step_itself", step_itself, NULL, T_TWIN },
	{ "repair", repair, NULL, T_TWIN },
};

TEST_MAIN(tests)
