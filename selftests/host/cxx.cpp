// SPDX-License-Identifier: GPL-2.0-only
/*
 * libvcontext from C++: the header compiles, and exceptions pass through.
 */
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <vctx.h>

static unsigned int tests;
static unsigned int failures;

static void check(const char *name, bool passed)
{
	std::printf("%s %u - %s\n", passed ? "ok" : "not ok", ++tests, name);
	failures += !passed;
}

static long add_one(void *arg)
{
	return *static_cast<long *>(arg) + 1;
}

static long complain(void *)
{
	throw std::runtime_error("from within");
}

int main()
{
	vctx_attr attr = VCTX_ATTR_INIT;
	long value = 41;
	long result = 0;
	bool caught = false;

	check("vctx_run", vctx_run(add_one, &value) == 42);
	check("vctx_run_attr",
	      vctx_run_attr(&attr, add_one, &value, &result) >= 0 && result == 42);
	try {
		vctx_run(complain, nullptr);
	} catch (const std::runtime_error &error) {
		caught = true;
	}
	check("an exception passes through vctx_run", caught);
	/* Whatever the machine has, the exception has left no context entered. */
	check("... and leaves the context", vctx_leave() == -ENXIO);

	struct vctx_stats stats;
	check("the structure and the function of one name live together",
	      vctx_stats(&stats, sizeof(stats)) < 0 || stats.size == sizeof(stats));

	std::printf("1..%u\n", tests);
	return !!failures;
}
