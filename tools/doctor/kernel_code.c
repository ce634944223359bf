// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code of the running kernel, as it has patched it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_code.h"

#define KALLSYMS	"/proc/kallsyms"
#define KCORE		"/proc/kcore"

/* A line begins with the address in 16 digits and the type, each with a blank. */
#define NAME_AT	19

static bool is_named(const char *name, const char *end, const char *wanted)
{
	size_t length = strlen(wanted);

	return (size_t)(end - name) == length && !memcmp(name, wanted, length);
}

/* After the name comes "\t[MODULE]" if it is in a module.  There are 200,000 lines. */
static void take_line(const char *line, struct kernel_symbol *symbols, size_t count)
{
	const char *name = line + NAME_AT;
	const char *end = name + strcspn(name, "\t\n");
	const char *module = end[0] == '\t' ? end + 2 : NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (!symbols[i].address && is_named(name, end, symbols[i].name) &&
		    (!module || (symbols[i].module &&
				 is_named(module, strchrnul(module, ']'),
					  symbols[i].module))))
			symbols[i].address = strtoull(line, NULL, 16);
}

int kernel_code_find(struct kernel_symbol *symbols, size_t count)
{
	FILE *file = fopen(KALLSYMS, "re");
	char *line = NULL;
	size_t size = 0, i;
	ssize_t length;

	if (!file)
		return -errno;
	while ((length = getline(&line, &size, file)) > 0)
		if (length > NAME_AT)
			take_line(line, symbols, count);
	free(line);
	fclose(file);
	for (i = 0; i < count; i++)
		if (symbols[i].address)
			return 0;
	return -EACCES;
}

int kernel_code_open(void)
{
	int kcore = open(KCORE, O_RDONLY | O_CLOEXEC);

	return kcore < 0 ? -errno : kcore;
}

/* The segment of the core file that has an address. */
static int find_segment(int kcore, uint64_t address, Elf64_Phdr *segment)
{
	Elf64_Ehdr header;
	int i;

	if (pread(kcore, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_phentsize != sizeof(*segment))
		return -EIO;
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(kcore, segment, sizeof(*segment),
			  header.e_phoff + i * sizeof(*segment)) != sizeof(*segment))
			return -EIO;
		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz)
			return 0;
	}
	return -ENOENT;
}

int kernel_code_read(int kcore, uint64_t address, void *bytes, size_t size)
{
	Elf64_Phdr segment;
	int error = find_segment(kcore, address, &segment);
	uint64_t offset = address - segment.p_vaddr;
	ssize_t got;

	if (error)
		return error;
	if (size > segment.p_filesz - offset)
		size = segment.p_filesz - offset;
	got = pread(kcore, bytes, size, segment.p_offset + offset);
	return got < 0 ? -errno : (int)got;
}
