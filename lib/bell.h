/* SPDX-License-Identifier: MIT */
/* What bell.c and bell_entry.S agree on: words of vctx_bell_area.program, by number. */
#ifndef VCTX_LIB_BELL_H
#define VCTX_LIB_BELL_H

#define BELL_FN		0	/* the handler, */
#define BELL_ARG	1	/* its argument, */
#define BELL_XSAVE	2	/* and the bytes for XSAVE below the frame; 0 is none */

/* Offsets in struct vctx_bell_area, which bell.c checks. */
#define AREA_PENDING	0
#define AREA_IN_HANDLER	8
#define AREA_MASKED	12
#define AREA_PROGRAM	16

/* The area is right above the frame. */
#define FRAME_SIZE	40

#endif /* VCTX_LIB_BELL_H */
