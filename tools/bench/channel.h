/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways in which two threads tell each other that it is the other's turn.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "sample.h"

struct channel;

extern const struct channel channel_pipe, channel_futex, channel_eventfd,
			    channel_socket, channel_line;

/*
 * The median of a round trip between the measured thread and one on @cpu, in
 * ticks; the two are in the modes that @sample says.
 */
double channel_round_trip(struct sample *sample, const struct channel *channel,
			  int cpu);

#endif /* CHANNEL_H */
