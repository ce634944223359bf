/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread beside the one that is measured.
 */
#ifndef PEER_H
#define PEER_H

#include <pthread.h>
#include <stdint.h>

#include "sample.h"

/*
 * @sample:	of the measured thread
 * @cpu:	where it runs
 * @flags:	of its context; 0 is none
 * @fn:		what it does, with @arg
 */
struct peer {
	struct sample *sample;
	int cpu;
	uint64_t flags;
	void (*fn)(void *arg);
	void *arg;
	pthread_t thread;
	pthread_barrier_t ready;
};

/*
 * Start the thread, and wait until it is where it should be.  A thread that is to be
 * native has to start before its parent enters, for contexts are inherited.
 */
void peer_start(struct peer *peer);

/* For @fn: compute until @over, an atomic_bool, is true. */
void peer_compute(void *over);

/* Wait for its end. */
void peer_join(struct peer *peer);

#endif /* PEER_H */
