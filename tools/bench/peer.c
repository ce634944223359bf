// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread beside the one that is measured.
 */
#include <stdatomic.h>
#include <string.h>

#include "peer.h"

static void *start(void *arg)
{
	struct peer *peer = arg;

	sample_pin(peer->sample, peer->cpu);
	sample_enter(peer->sample, peer->flags);
	pthread_barrier_wait(&peer->ready);
	peer->fn(peer->arg);
	return NULL;
}

void peer_start(struct peer *peer)
{
	int err;

	pthread_barrier_init(&peer->ready, NULL, 2);
	err = pthread_create(&peer->thread, NULL, start, peer);
	if (err)
		sample_give_up(peer->sample, "cannot create a thread: %s",
			       strerror(err));
	pthread_barrier_wait(&peer->ready);
}

void peer_compute(void *over)
{
	while (!atomic_load((const atomic_bool *)over))
		;
}

void peer_join(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
}
