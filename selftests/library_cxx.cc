// SPDX-License-Identifier: GPL-2.0-only
// libvcontext from C++: lambdas without captures, exceptions, threads.
#include <cerrno>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <vctx.h>

extern "C" {
#include "vctx_selftest.h"
}

namespace {

// Runs any callable in a context.
template <typename Function> long in_context(Function &function)
{
	return vctx_run([](void *arg) -> long {
		return (*static_cast<Function *>(arg))();
	}, &function);
}

void expect_in(bool in)
{
	CHECK_EQ(vctx_in_context(), test_in_context && in ? 1 : 0);
}

void lambda(const void *)
{
	std::vector<int> values;
	auto fill = [&values] {
		expect_in(true);
		for (int i = 0; i < 1000; i++)
			values.push_back(i);
		return static_cast<long>(values.size());
	};

	CHECK_EQ(in_context(fill), 1000L);
	CHECK_EQ(values.back(), 999);
	expect_in(false);
}

// The exception is thrown and caught within the context.
void exception_inside(const void *)
{
	auto work = [] {
		try {
			throw std::runtime_error("inside");
		} catch (const std::exception &error) {
			expect_in(true);
			return std::string("inside") == error.what() ? 1L : 0L;
		}
	};

	for (int i = 0; i < 10; i++)
		CHECK_EQ(in_context(work), 1L);
	expect_in(false);
}

// The exception passes through vctx_run(), which leaves the context on its way.
void exception_through(const void *)
{
	auto work = []() -> long { throw std::out_of_range("through"); };
	bool caught = false;

	for (int i = 0; i < 10; i++) {
		try {
			in_context(work);
		} catch (const std::out_of_range &) {
			caught = true;
		}
		CHECK(caught);
		expect_in(false);
		caught = false;
	}
}

void threads(const void *)
{
	std::vector<std::thread> threads;

	for (long i = 0; i < 4; i++)
		threads.emplace_back([i] {
			auto work = [i] {
				expect_in(true);
				return i;
			};

			CHECK_EQ(in_context(work), i);
			expect_in(false);
		});
	for (auto &thread : threads)
		thread.join();
}

// The attributes initialise, and the flags are usable, in C++ as well.
void attributes(const void *)
{
	vctx_attr attr = VCTX_ATTR_INIT;
	long result = 0;
	auto work = [](void *) -> long { return 7; };

	attr.flags = VCTX_INHERIT | VCTX_KEEP_EXEC;
	CHECK_EQ(vctx_run_attr(&attr, work, nullptr, &result),
		 test_in_context ? 1 : 0);
	CHECK_EQ(result, 7L);
	attr.size = 1;
	CHECK_EQ(vctx_run_attr(&attr, work, nullptr, &result), -EINVAL);
}

const struct test tests[] = {
	{ "lambda", lambda, nullptr, T_SELF | T_UNUSED },
	{ "exception_inside", exception_inside, nullptr, T_SELF | T_UNUSED },
	{ "exception_through", exception_through, nullptr, T_SELF | T_UNUSED },
	{ "threads", threads, nullptr, T_SELF | T_UNUSED },
	{ "attributes", attributes, nullptr, T_SELF | T_UNUSED },
};

} // namespace

TEST_MAIN(tests)
