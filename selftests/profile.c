// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profilers: a sample of perf's clock is of the program, not of the module, and as many
 * samples come as natively.
 */
#define _GNU_SOURCE
#include <asm/perf_regs.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vctx_selftest.h"

#define PERIOD_NS	NSEC_PER_MSEC
#define SPIN_NS		(200 * NSEC_PER_MSEC)
#define PAGES		32
#define MOST_TRIES	20

/* How the samples are taken. */
struct how {
	bool cpu;	/* all threads of a CPU are sampled, and not one thread */
	bool tickless;	/* the thread holds the tick */
};

struct samples {
	uint64_t work;		/* calls of the function that computes */
	unsigned int all;
	unsigned int user;	/* in user mode */
	unsigned int inside;	/* of these, in the function that computes */
	unsigned int called;	/* of these, with the function's caller in the chain */
	unsigned int regs;	/* of these, with the instruction pointer in the registers */
};

struct profile {
	int fd;
	struct perf_event_mmap_page *page;
};

/* The linker puts the functions between the two symbols of their section. */
extern const char __start_text_computes[], __stop_text_computes[];
extern const char __start_text_calls[], __stop_text_calls[];

__attribute__((noipa, section("text_computes")))
static uint64_t computes(uint64_t n)
{
	uint64_t sum = 1;

	/* A profiler finds the caller by the frame pointer. */
	asm volatile("" : : "r" (__builtin_frame_address(0)));
	while (n--)
		sum = sum * 6364136223846793005ULL + n;
	return sum;
}

/* Returns how often the function was called. */
__attribute__((noipa, section("text_calls")))
static uint64_t calls(uint64_t ns)
{
	uint64_t until = now_ns() + ns, work;

	for (work = 0; now_ns() < until; work++)
		computes(20000);
	return work;
}

static bool is_inside(uint64_t ip, const char *start, const char *stop)
{
	return ip >= (uintptr_t)start && ip < (uintptr_t)stop;
}

static struct profile begin(const struct how *how)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD_NS,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN |
			       PERF_SAMPLE_REGS_USER,
		.sample_regs_user = 1ULL << PERF_REG_X86_IP,
		.exclude_callchain_kernel = 1,
		/* With the kernel, a sample of the module would be seen. */
		.exclude_kernel = !how->cpu,
	};
	struct profile profile;

	profile.fd = syscall(SYS_perf_event_open, &attr, how->cpu ? -1 : 0,
			     how->cpu ? nr_cpus() - 1 : -1, -1, 0);
	if (profile.fd < 0)
		test_skip("perf cannot sample: %m");
	profile.page = mmap(NULL, (1 + PAGES) * 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED, profile.fd, 0);
	REQUIRE(profile.page != MAP_FAILED);
	return profile;
}

static void add(struct samples *samples, uint16_t misc, const uint64_t *at)
{
	uint64_t ip = *at++, depth = *at++, i;
	bool called = false;

	samples->all++;
	if ((misc & PERF_RECORD_MISC_CPUMODE_MASK) != PERF_RECORD_MISC_USER)
		return;
	samples->user++;
	if (!is_inside(ip, __start_text_computes, __stop_text_computes))
		return;
	samples->inside++;
	for (i = 0; i < depth; i++)
		called |= is_inside(*at++, __start_text_calls, __stop_text_calls);
	samples->called += called;
	if (*at++ != PERF_SAMPLE_REGS_ABI_NONE)
		samples->regs += *at == ip;
}

/* Records are small, and the buffer has room for all: none wraps. */
static struct samples end(const struct profile *profile)
{
	const char *data = (char *)profile->page + profile->page->data_offset;
	uint64_t head = __atomic_load_n(&profile->page->data_head,
					__ATOMIC_ACQUIRE);
	const struct perf_event_header *header;
	struct samples samples = { };

	REQUIRE(head < PAGES * 4096);
	for (uint64_t at = 0; at < head; at += header->size) {
		header = (const void *)(data + at);
		if (header->type == PERF_RECORD_SAMPLE)
			add(&samples, header->misc, (const void *)(header + 1));
	}
	munmap(profile->page, (1 + PAGES) * 4096);
	close(profile->fd);
	return samples;
}

static struct samples measure(const struct how *how)
{
	struct profile profile = begin(how);
	uint64_t work = calls(SPIN_NS);
	struct samples samples;

	REQUIRE(!ioctl(profile.fd, PERF_EVENT_IOC_DISABLE, 0));
	samples = end(&profile);
	samples.work = work;
	return samples;
}

static void add_up(struct samples *sum, const struct samples *samples)
{
	sum->work += samples->work;
	sum->all += samples->all;
	sum->inside += samples->inside;
	sum->called += samples->called;
	sum->regs += samples->regs;
}

/*
 * Most samples are of the function; some are of others on the CPU, and of system calls.  An
 * interrupt at the first instruction finds no frame yet.
 */
#define INSIDE_PERCENT	75
#define CALLED_PERCENT	95

static bool are_right(const struct samples *sum)
{
	return sum->inside * 100 >= sum->all * INSIDE_PERCENT &&
	       sum->called * 100 >= sum->inside * CALLED_PERCENT;
}

static void check_samples(const struct samples *sum)
{
	CHECK_GE(sum->inside * 100, sum->all * INSIDE_PERCENT);
	CHECK_GE(sum->called * 100, sum->inside * CALLED_PERCENT);
	CHECK_EQ(sum->regs, sum->inside);
}

/*
 * None is lost, and none comes twice.  An interrupt takes a context out of the guest, which
 * takes a tenth of QEMU's time: so there are more samples for the same work, and far more on
 * a debug kernel.
 */
#define LEAST_PERCENT	95
#define MOST_PERCENT	(130 * (slowness() > 1 ? 2 : 1))

/*
 * An emulator on a busy machine stands still now and then, more in one run than in the
 * other, and loses the samples of that time.  It does not compute then, either: so samples
 * are compared for the same work, and the sums of some tries if one does not do.
 */
static void sampled(const void *arg)
{
	struct samples samples, native = { }, context = { };
	const struct how *how = arg;
	struct vctx_stats stats;
	uint64_t one, other;

	pin(nr_cpus() - 1);
	for (int i = 0; i < MOST_TRIES; i++) {
		samples = measure(how);
		add_up(&native, &samples);
		if (how->tickless)
			ctx_enter_tickless(SPIN_NS);
		else
			ctx_enter(0);
		samples = measure(how);
		add_up(&context, &samples);
		stats = ctx_stats();
		ctx_leave();
		CHECK_GE(stats.guest_ns, SPIN_NS / 4);
		one = native.inside * context.work;
		other = context.inside * native.work * 100;
		if (are_right(&native) && are_right(&context) &&
		    other >= one * LEAST_PERCENT && other <= one * MOST_PERCENT)
			break;
	}
	check_samples(&native);
	check_samples(&context);
	CHECK_GE(other, one * LEAST_PERCENT);
	CHECK_GE(one * MOST_PERCENT, other);
}

#define CASE(name, ...)							\
	{ #name, sampled, &(const struct how) { __VA_ARGS__ },		\
	  T_SELF | T_DEVICE }

static const struct test tests[] = {
	CASE(thread),
	CASE(cpu, .cpu = true),
	CASE(cpu_tickless, .cpu = true, .tickless = true),
};

TEST_MAIN(tests)
