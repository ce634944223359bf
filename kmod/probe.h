/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes on the kernel's own tracepoints.  Tracepoints are not exported by name, but
 * a walk over all of them finds one.
 */
#ifndef VCTX_PROBE_H
#define VCTX_PROBE_H

struct tracepoint;

struct vctx_probe {
	const char *name;
	void *function;
	struct tracepoint *tp;	/* found by vctx_probe_register() */
};

int vctx_probe_register(struct vctx_probe *probes, int n);
void vctx_probe_unregister(struct vctx_probe *probes, int n);

#endif /* VCTX_PROBE_H */
