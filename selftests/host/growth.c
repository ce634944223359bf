// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run by growth.sh with a later library, whose structures are larger than those
 * here: nothing beyond ours is written, and ours are accepted.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <vctx.h>

#define GUARD	0xa5

static bool is_intact(const unsigned char *guard, size_t size)
{
	while (size && guard[size - 1] == GUARD)
		size--;
	return !size;
}

int main(void)
{
	struct {
		struct vctx_stats stats;
		unsigned char guard[256];
	} out;
	struct {
		struct vctx_attr attr;
		unsigned char guard[256];
	} in = { .attr = VCTX_ATTR_INIT };
	int err, failed = 0;

	memset(&out, GUARD, sizeof(out));
	err = vctx_stats(&out.stats, sizeof(out.stats));
	if (err != -ENOENT || !is_intact(out.guard, sizeof(out.guard))) {
		printf("vctx_stats: %d, %s\n", err,
		       is_intact(out.guard, sizeof(out.guard)) ?
		       "nothing written beyond" : "written beyond the structure");
		failed = 1;
	}

	memset(in.guard, GUARD, sizeof(in.guard));
	err = vctx_enter(&in.attr);
	if (err != -ENOENT || !is_intact(in.guard, sizeof(in.guard))) {
		printf("vctx_enter: %d\n", err);
		failed = 1;
	}
	return failed;
}
