// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways in which two threads tell each other that it is the other's turn.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel.h"
#include "peer.h"

/*
 * The two ends: 0 is the measured thread's.  What is sent to an end, by the other
 * one, is counted in @turn, or comes out of @in and was put into @out.
 */
struct ends {
	const struct channel *channel;
	int in[2], out[2];
	struct {
		_Alignas(64) atomic_int turn;
	} line[2];
	_Alignas(64) atomic_bool over;
};

/*
 * @open:	makes the descriptors, if there are any: 0 or -1
 * @send:	tells end @to that it is its turn
 * @receive:	waits for the turn of end @at
 */
struct channel {
	int (*open)(struct ends *ends);
	void (*send)(struct ends *ends, int to);
	void (*receive)(struct ends *ends, int at);
};

/* ---- descriptors: a count of 8 bytes suits eventfd, and the others, too ---- */

static void write_end(struct ends *ends, int to)
{
	uint64_t one = 1;

	if (write(ends->out[to], &one, sizeof(one)) != sizeof(one))
		_exit(1);
}

static void read_end(struct ends *ends, int at)
{
	uint64_t count;

	if (read(ends->in[at], &count, sizeof(count)) != sizeof(count))
		_exit(1);
}

static int open_pipe(struct ends *ends)
{
	int fds[2], i;

	for (i = 0; i < 2; i++) {
		if (pipe(fds))
			return -1;
		ends->in[i] = fds[0];
		ends->out[i] = fds[1];
	}
	return 0;
}

static int open_eventfd(struct ends *ends)
{
	int i;

	for (i = 0; i < 2; i++) {
		ends->in[i] = ends->out[i] = eventfd(0, 0);
		if (ends->in[i] < 0)
			return -1;
	}
	return 0;
}

/* One end writes to its own socket what the other end reads. */
static int open_socket(struct ends *ends)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	ends->in[0] = ends->out[1] = fds[0];
	ends->in[1] = ends->out[0] = fds[1];
	return 0;
}

const struct channel channel_pipe = { open_pipe, write_end, read_end };
const struct channel channel_eventfd = { open_eventfd, write_end, read_end };
const struct channel channel_socket = { open_socket, write_end, read_end };

/* ---- memory ---- */

static int open_nothing(struct ends *ends)
{
	(void)ends;
	return 0;
}

static long futex(atomic_int *word, int operation, int value)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value,
		       NULL, NULL, 0);
}

static void wake_end(struct ends *ends, int to)
{
	atomic_store(&ends->line[to].turn, 1);
	futex(&ends->line[to].turn, FUTEX_WAKE, 1);
}

static void sleep_end(struct ends *ends, int at)
{
	while (!atomic_exchange(&ends->line[at].turn, 0))
		futex(&ends->line[at].turn, FUTEX_WAIT, 0);
}

static void store_end(struct ends *ends, int to)
{
	atomic_store(&ends->line[to].turn, 1);
}

static void spin_end(struct ends *ends, int at)
{
	while (!atomic_load(&ends->line[at].turn))
		__builtin_ia32_pause();
	atomic_store_explicit(&ends->line[at].turn, 0, memory_order_relaxed);
}

const struct channel channel_futex = { open_nothing, wake_end, sleep_end };
const struct channel channel_line = { open_nothing, store_end, spin_end };

/* ---- the round trip ---- */

static void answer(void *arg)
{
	struct ends *ends = arg;

	for (;;) {
		ends->channel->receive(ends, 1);
		if (atomic_load(&ends->over))
			return;
		ends->channel->send(ends, 0);
	}
}

static void round_trip(void *arg)
{
	struct ends *ends = arg;

	ends->channel->send(ends, 1);
	ends->channel->receive(ends, 0);
}

double channel_round_trip(struct sample *sample, const struct channel *channel,
			  int cpu)
{
	static struct ends ends;
	struct peer peer = {
		.sample = sample,
		.cpu = cpu,
		.flags = sample->peer,
		.fn = answer,
		.arg = &ends,
	};
	double ticks;

	ends.channel = channel;
	if (channel->open(&ends))
		sample_give_up(sample, "%s", strerror(errno));
	peer_start(&peer);
	sample_enter(sample, sample->self);
	ticks = sample_median(sample, round_trip, &ends);
	atomic_store(&ends.over, true);
	channel->send(&ends, 1);
	peer_join(&peer);
	return ticks;
}
