/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code of the running kernel, as it has patched it.
 */
#ifndef KERNEL_CODE_H
#define KERNEL_CODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * @module:	where it is to be, unless it is built in; NULL: in the kernel itself
 * @address:	out: 0 if there is none
 */
struct kernel_symbol {
	const char *name;
	const char *module;
	uint64_t address;
};

/*
 * Look symbols up in /proc/kallsyms.  Returns 0 or -errno: -EACCES if the kernel hides
 * addresses.
 */
int kernel_code_find(struct kernel_symbol *symbols, size_t count);

/* Open /proc/kcore.  Returns a file descriptor or -errno. */
int kernel_code_open(void);

/* Read code.  Returns how many bytes, maybe fewer than @size, or -errno. */
int kernel_code_read(int kcore, uint64_t address, void *bytes, size_t size);

#endif /* KERNEL_CODE_H */
