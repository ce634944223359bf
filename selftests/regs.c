// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regs.h"
#include "vctx_selftest.h"

#define SNIPPET_BYTES	4096

#define RET		0xc3

static const char * const reg_names[] = {
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",
#ifdef __x86_64__
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
#endif
	"rflags",
};

struct regs regs_pattern(uint64_t seed)
{
	struct regs regs;
	unsigned long *reg = &regs.rax;

	for (size_t i = 0; i < ARRAY_SIZE(reg_names); i++)
		reg[i] = (seed + i) * 0x0123456789abcdefULL;
	regs.rflags = RFLAGS_FIXED;
	return regs;
}

void regs_note(const char *name, const struct regs *regs)
{
	const unsigned long *reg = &regs->rax;
	char label[64];

	for (size_t i = 0; i < ARRAY_SIZE(reg_names); i++) {
		snprintf(label, sizeof(label), "%s.%s", name, reg_names[i]);
		note(label, reg[i]);
	}
}

struct snippet snippet_load(const void *bytes, size_t len)
{
	return snippet_load_at(NULL, bytes, len);
}

struct snippet snippet_load_at(void *at, const void *bytes, size_t len)
{
	struct snippet snippet;

	snippet.start = mmap(at, SNIPPET_BYTES,
			     PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS |
			     (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
	REQUIRE(snippet.start != MAP_FAILED && len < SNIPPET_BYTES);
	memcpy(snippet.start, bytes, len);
	snippet.ret = snippet.start + len;
	*snippet.ret = RET;
	return snippet;
}
