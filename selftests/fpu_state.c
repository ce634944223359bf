// SPDX-License-Identifier: GPL-2.0-only
/* x87, SSE, AVX: no state is lost, and none of another thread is seen. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

/*
 * x87, SSE, AVX, and the three parts of AVX-512: the components that can hold any value.
 * 32-bit code has the lower half of the vector registers.
 */
#ifdef __i386__
#define XFEATURES	0x67ULL
#define LEGACY_END	288
#define HALVED		(XFEATURE_AVX | XFEATURE_ZMM_HI256)
#else
#define XFEATURES	0xe7ULL
#define LEGACY_END	416
#define HALVED		0
#endif
#define XFEATURE_FP_SSE	0x3ULL
#define XFEATURE_AVX	0x4ULL
#define XFEATURE_ZMM_HI256 0x40ULL

#define XSAVE_MAX	8192

#define LEGACY_MXCSR	24
#define LEGACY_ST0	32
#define LEGACY_XMM	160
#define HEADER		512
#define EXTENDED	576

#define MXCSR_DEFAULT	0x1f80

static bool have_xsave;
static uint64_t mask;
static size_t area_size;

struct area {
	unsigned char bytes[XSAVE_MAX];
} __attribute__((aligned(64)));

static void detect(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	have_xsave = ecx & bit_OSXSAVE;
	mask = XFEATURE_FP_SSE;
	area_size = HEADER;
	if (!have_xsave)
		return;
	asm volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
	mask = eax & XFEATURES;
	__cpuid_count(0xd, 0, eax, ebx, ecx, edx);
	area_size = ebx;
	REQUIRE(area_size <= XSAVE_MAX);
}

/* Fill those components that both the mask and the CPU have. */
static void fill(struct area *area, unsigned char seed)
{
	unsigned int eax, ebx, ecx, edx;

	memset(area, 0, sizeof(*area));
	*(uint16_t *)area->bytes = 0x37f;
	*(uint32_t *)(area->bytes + LEGACY_MXCSR) = MXCSR_DEFAULT;
	for (int at = LEGACY_XMM; at < LEGACY_END; at++)
		area->bytes[at] = seed + at;
	for (int reg = 0; reg < 8; reg++)
		for (int byte = 0; byte < 10; byte++)
			area->bytes[LEGACY_ST0 + 16 * reg + byte] = seed ^ byte;
	/* The abridged tag word: all eight in use. */
	area->bytes[4] = 0xff;
	if (!have_xsave)
		return;
	*(uint64_t *)(area->bytes + HEADER) = mask;
	for (int component = 2; component < 8; component++) {
		if (!(mask & 1ULL << component))
			continue;
		__cpuid_count(0xd, component, eax, ebx, ecx, edx);
		if (HALVED & 1ULL << component)
			eax /= 2;
		for (unsigned int at = 0; at < eax; at++)
			area->bytes[ebx + at] = seed * 3 + at;
	}
}

#ifdef __i386__
#define WIDTH	""
#define FIRST	"ebx"
#define SECOND	"ecx"
#define CALL	"int $0x80"
/* FXSAVE's image in a signal frame follows FSAVE's. */
#define FRAME_IMAGE	112
#else
#define WIDTH	"64"
#define FIRST	"rdi"
#define SECOND	"rsi"
#define CALL	"syscall"
#define FRAME_IMAGE	0
#endif

struct trip {
	const struct area *in;
	struct area *out;
	long nr, first, second, third;
	unsigned long spin;
	uint32_t mask;
	uint32_t xsave;
};

/*
 * Load all registers, make a system call (none if negative), spin, store all
 * registers.  No other code runs in between, which might use them.
 */
static void through(const struct trip *given)
{
	struct trip trip = *given;

	trip.mask = mask;
	trip.xsave = have_xsave;
	memset(trip.out, 0, sizeof(*trip.out));
	asm volatile("mov %[in], %%" R "cx\n\t"
		     "mov %[mask], %%eax\n\t"
		     "xor %%edx, %%edx\n\t"
		     "cmpl $0, %[xsave]\n\t"
		     "je 1f\n\t"
		     "xrstor" WIDTH " (%%" R "cx)\n\t"
		     "jmp 2f\n"
		     "1:\tfxrstor" WIDTH " (%%" R "cx)\n"
		     "2:\tmov %[nr], %%" R "ax\n\t"
		     "test %%" R "ax, %%" R "ax\n\t"
		     "js 4f\n\t"
		     "mov %[first], %%" FIRST "\n\t"
		     "mov %[second], %%" SECOND "\n\t"
		     "mov %[third], %%" R "dx\n\t"
		     CALL "\n"
		     "4:\tmov %[spin], %%" R "cx\n\t"
		     "j" R "cxz 6f\n"
		     "5:\tdec %%" R "cx\n\t"
		     "jnz 5b\n"
		     "6:\tmov %[out], %%" R "cx\n\t"
		     "mov %[mask], %%eax\n\t"
		     "xor %%edx, %%edx\n\t"
		     "cmpl $0, %[xsave]\n\t"
		     "je 7f\n\t"
		     "xsave" WIDTH " (%%" R "cx)\n\t"
		     "jmp 8f\n"
		     "7:\tfxsave" WIDTH " (%%" R "cx)\n"
		     "8:\tfninit\n\t"
		     "ldmxcsr %[mxcsr]"
		     : : [in] "m"(trip.in), [out] "m"(trip.out),
		       [mask] "m"(trip.mask), [xsave] "m"(trip.xsave),
		       [nr] "m"(trip.nr), [first] "m"(trip.first),
		       [second] "m"(trip.second), [third] "m"(trip.third),
		       [spin] "m"(trip.spin),
		       [mxcsr] "m"((const int){ MXCSR_DEFAULT })
		     : R "ax", R "bx", R "cx", R "dx", R "si", R "di",
#ifdef __x86_64__
		       "r11",
#endif
		       "memory", "cc");
}

/* The components are compared; the bytes that FXSAVE leaves to software are not. */
static void check_same(const struct area *in, const struct area *out)
{
	CHECK(!memcmp(in->bytes, out->bytes, LEGACY_MXCSR + 4));
	CHECK(!memcmp(in->bytes + LEGACY_ST0, out->bytes + LEGACY_ST0,
		      LEGACY_END - LEGACY_ST0));
	if (!have_xsave)
		return;
	CHECK_EQ(*(uint64_t *)(out->bytes + HEADER) & mask, mask);
	CHECK(!memcmp(in->bytes + EXTENDED, out->bytes + EXTENDED,
		      area_size - EXTENDED));
}

static void round_trip(unsigned char seed, long nr, long first, long second,
		       long third, unsigned long spin)
{
	static __thread struct area in, out;

	fill(&in, seed);
	through(&(struct trip){ &in, &out, nr, first, second, third, spin,
				0, 0 });
	check_same(&in, &out);
}

static void by_syscall(const void *arg)
{
	(void)arg;
	detect();
	for (int i = 0; i < 20; i++)
		round_trip(i, SYS_getppid, 0, 0, 0, 0);
}

/* System calls in which the kernel uses SSE itself, or sleeps. */
static void by_sleep(const void *arg)
{
	struct timespec sleep = { 0, 1000000 };

	(void)arg;
	detect();
	for (int i = 0; i < 5; i++)
		round_trip(i, SYS_nanosleep, (long)&sleep, 0, 0, 0);
}

static void by_interrupts(const void *arg)
{
	(void)arg;
	detect();
	for (int i = 0; i < 5; i++)
		round_trip(i, -1, 0, 0, 0, 2000000);
}

/* Several threads on one CPU have values of their own. */
static void *switch_main(void *arg)
{
	unsigned char seed = (uintptr_t)arg;

	for (int i = 0; i < 20; i++) {
		round_trip(seed + i, SYS_sched_yield, 0, 0, 0, 2000);
		round_trip(seed - i, -1, 0, 0, 0, 100000);
	}
	return NULL;
}

static void by_threads(const void *arg)
{
	pthread_t threads[3];

	(void)arg;
	detect();
	pin(current_cpu());
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, switch_main,
					(void *)(i * 50 + 1)));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

static void switch_process(void)
{
	switch_main((void *)99);
}

static void by_processes(const void *arg)
{
	(void)arg;
	detect();
	pin(current_cpu());
	pid_t hog = hog_start(current_cpu());

	in_child(switch_process);
	hog_stop(hog);
}

/* The state follows a thread from CPU to CPU and back. */
static void by_migration(const void *arg)
{
	(void)arg;
	detect();
	for (int i = 0; i < 40; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i % 2, &set);
		round_trip(i, SYS_sched_setaffinity, 0, sizeof(set), (long)&set,
			   i % 3 * 1000);
		CHECK_EQ(current_cpu(), i % 2);
	}
}

/* A child starts with the state of its parent. */
static void by_fork(const void *arg)
{
	static struct area in, out;
	pid_t child, parent = getpid();

	(void)arg;
	detect();
	fill(&in, 77);
	/* clone(SIGCHLD, 0, 0): both come back here with the registers. */
	through(&(struct trip){ &in, &out, SYS_clone, SIGCHLD, 0, 0, 0, 0, 0 });
	check_same(&in, &out);
	if (getpid() != parent)
		_exit(0);
	child = wait(NULL);
	CHECK_GE(child, 1);
}

/* The frame of a signal holds the state, and sigreturn loads it. */

static const double frame_in[4] __attribute__((aligned(32))) = {
	1.5, 2.5, 3.5, 4.5,
};
static double frame_out[4] __attribute__((aligned(32)));
static bool have_avx;

static void on_frame(int signo, siginfo_t *info, void *context)
{
	unsigned char *raw = (void *)((ucontext_t *)context)->uc_mcontext.fpregs;

	(void)signo;
	(void)info;
	if (FRAME_IMAGE)
		note_bytes("fsave", raw, FRAME_IMAGE);
	raw += FRAME_IMAGE;
	note_bytes("control", raw, 2);
	note_bytes("mxcsr", raw + LEGACY_MXCSR, 4);
	note_bytes("xmm7", raw + LEGACY_XMM + 7 * 16, 16);
	/* software-reserved: magic, size, features */
	note_bytes("reserved", raw + 464, 48);
	if (have_avx) {
		note_bytes("header", raw + HEADER, 8);
		note_bytes("ymm7", raw + EXTENDED + 7 * 16, 16);
		asm volatile("vzeroall" ::: "memory");
	}
	asm volatile("pcmpeqd %%xmm6, %%xmm6" ::: "xmm6");
	/* This value must be there after the return. */
	((double *)(raw + LEGACY_XMM + 7 * 16))[1] = 9.5;
}

static void frame_avx(void)
{
	asm volatile("vmovapd %[in], %%ymm7\n\t"
		     "vmovapd %[in], %%ymm6\n\t"
		     "ud2\n\t"
		     "vmovapd %%ymm7, %[out]\n\t"
		     "vaddpd %%ymm6, %%ymm6, %%ymm6\n\t"
		     "vaddpd %[out], %%ymm6, %%ymm6\n\t"
		     "vmovapd %%ymm6, %[out]\n\t"
		     "vzeroupper"
		     : [out] "=m"(frame_out) : [in] "m"(frame_in)
		     : "xmm6", "xmm7", "memory");
}

static void frame_sse(void)
{
	asm volatile("movapd %[in], %%xmm7\n\t"
		     "movapd %[in], %%xmm6\n\t"
		     "ud2\n\t"
		     "movapd %%xmm7, %[out]\n\t"
		     "addpd %%xmm6, %%xmm6\n\t"
		     "addpd %[out], %%xmm6\n\t"
		     "movapd %%xmm6, %[out]"
		     : [out] "=m"(frame_out) : [in] "m"(frame_in)
		     : "xmm6", "xmm7", "memory");
}

static void on_frame_skip(int signo, siginfo_t *info, void *context)
{
	on_frame(signo, info, context);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void signal_frame(const void *arg)
{
	struct sigaction action = {
		.sa_sigaction = on_frame_skip, .sa_flags = SA_SIGINFO,
	};

	(void)arg;
	detect();
	have_avx = mask & 4;
	CHECK_EQ(sigaction(SIGILL, &action, NULL), 0);
	(have_avx ? frame_avx : frame_sse)();
	CHECK(frame_out[0] == 1.5 * 3 && frame_out[1] == 2.5 * 2 + 9.5);
	if (have_avx)
		CHECK(frame_out[2] == 3.5 * 3 && frame_out[3] == 4.5 * 3);
}

/* A handler starts with the default control words; the interrupted code keeps its own. */
static uint32_t read_mxcsr(void)
{
	uint32_t mxcsr;

	asm volatile("stmxcsr %0" : "=m"(mxcsr));
	return mxcsr;
}

static uint16_t read_control(void)
{
	uint16_t control;

	asm volatile("fnstcw %0" : "=m"(control));
	return control;
}

static void on_control(int signo)
{
	(void)signo;
	note("mxcsr in handler", read_mxcsr());
	note("control in handler", read_control());
}

static void control_words(const void *arg)
{
	const uint32_t mxcsr = 0x7f80;		/* round to zero */
	const uint16_t control = 0xf7f;		/* round to zero */

	(void)arg;
	signal(SIGUSR1, on_control);
	asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(control));
	raise(SIGUSR1);
	sched_yield();
	burn(5 * NSEC_PER_MSEC);
	note("mxcsr", read_mxcsr());
	note("control", read_control());
	CHECK_EQ(read_mxcsr() & 0x6000, 0x6000U);
	CHECK_EQ(read_control(), control);
	/* The next process must not inherit this value: see reset_fpu(). */
	asm volatile("ldmxcsr %0" : : "m"((const int){ MXCSR_DEFAULT }));
}

static const struct test tests[] = {
	{ "by_syscall", by_syscall, NULL, 0 },
	{ "by_sleep", by_sleep, NULL, 0 },
	{ "by_interrupts", by_interrupts, NULL, 0 },
	{ "by_threads", by_threads, NULL, 0 },
	{ "by_processes", by_processes, NULL, 0 },
	{ "by_migration", by_migration, NULL, T_SMP },
	{ "by_fork", by_fork, NULL, 0 },
	{ "signal_frame", signal_frame, NULL, T_TWIN },
	{ "control_words", control_words, NULL, T_TWIN },
};

TEST_MAIN(tests)
