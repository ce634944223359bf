// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "probe.h"

static void find(struct tracepoint *tp, void *probe)
{
	struct vctx_probe *this = probe;

	if (!strcmp(tp->name, this->name))
		this->tp = tp;
}

/**
 * vctx_probe_register - attach all probes, or none
 * @probes: their names and functions
 * @n: how many there are
 *
 * Return: 0 or -errno; then the log names the tracepoint.
 */
int vctx_probe_register(struct vctx_probe *probes, int n)
{
	int i, ret;

	for (i = 0; i < n; i++) {
		for_each_kernel_tracepoint(find, &probes[i]);
		ret = -ENOENT;
		if (probes[i].tp)
			ret = tracepoint_probe_register(probes[i].tp,
							probes[i].function,
							NULL);
		if (ret) {
			pr_err("cannot attach to the tracepoint %s (%d)\n",
			       probes[i].name, ret);
			vctx_probe_unregister(probes, i);
			return ret;
		}
	}
	return 0;
}

/**
 * vctx_probe_unregister - detach probes, and wait until none runs any more
 * @probes: registered ones
 * @n: how many there are
 */
void vctx_probe_unregister(struct vctx_probe *probes, int n)
{
	while (n--)
		tracepoint_probe_unregister(probes[n].tp, probes[n].function,
					    NULL);
	tracepoint_synchronize_unregister();
}
