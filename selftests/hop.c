// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests execute "hop NUMBER": it executes the program of the other width with a
 * NUMBER that is less by one.  At zero the exit status says whether it has a
 * context.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vctx_selftest.h"

#ifdef __i386__
#define OTHER	"hop"
#else
#define OTHER	"hop_32"
#endif

int main(int argc, char **argv)
{
	int hops = argc > 1 ? atoi(argv[1]) : 0;
	char path[256] = "", number[16];

	for (int i = 0; i < 20; i++)
		getppid();
	if (!hops)
		return ctx_here();
	if (readlink("/proc/self/exe", path, sizeof(path) - 16) < 0)
		return 98;
	strcpy(strrchr(path, '/') + 1, OTHER);
	snprintf(number, sizeof(number), "%d", hops - 1);
	execl(path, OTHER, number, NULL);
	return 99;
}
