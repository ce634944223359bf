// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads pay that share data: round trips, shootdowns, connections.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/alloc.h"
#include "channel.h"
#include "group.h"
#include "peer.h"

#define PAGE	4096UL

static void run_round_trip(struct sample *sample)
{
	sample->value = channel_round_trip(sample, sample->figure->arg,
					   sample->conditions->other);
}

/* ---- munmap() while other CPUs run threads of the process ---- */

static void map_and_unmap(void *arg)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	if (page == MAP_FAILED)
		_exit(1);
	*(volatile char *)page = 1;
	munmap(page, PAGE);
}

/* The CPUs of the others are those that are allowed, but the measured thread's. */
static unsigned int start_others(struct sample *sample, struct peer *peers,
				 unsigned int most, atomic_bool *over)
{
	const struct conditions *conditions = sample->conditions;
	unsigned int count = 0;
	int cpu;

	for (cpu = 0; cpu < CPULIST_MAX && count < most; cpu++) {
		if (cpu == conditions->cpu ||
		    !cpulist_has(&conditions->allowed, cpu))
			continue;
		peers[count] = (struct peer) {
			.sample = sample,
			.cpu = cpu,
			.flags = sample->peer,
			.fn = peer_compute,
			.arg = over,
		};
		peer_start(&peers[count++]);
	}
	return count;
}

static const unsigned int one = 1, all = UINT32_MAX;

static void run_shootdown(struct sample *sample)
{
	unsigned int others = sample->conditions->cpus - 1, count;
	unsigned int most = *(const unsigned int *)sample->figure->arg;
	struct peer *peers = must(calloc(others, sizeof(*peers)));
	atomic_bool over = false;

	if (most > 1 && others < 2)
		sample_give_up(sample, "it takes three CPUs");
	count = start_others(sample, peers, most < others ? most : others, &over);
	sample_enter(sample, sample->self);
	sample->value = sample_median(sample, map_and_unmap, NULL);
	atomic_store(&over, true);
	while (count)
		peer_join(&peers[--count]);
}

/* ---- connections over the loopback interface ---- */

struct server {
	int fd;
	struct sockaddr_in address;
};

/*
 * The server resets each connection, so that neither end is left waiting for a minute:
 * there are not so many ports.
 */
static void serve(void *arg)
{
	const struct linger reset = { .l_onoff = 1 };
	const struct server *server = arg;
	int fd;

	/* It ends when its own socket is shut down. */
	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
}

static void read_nothing(int fd)
{
	char byte;

	if (read(fd, &byte, 1) > 0)
		_exit(1);
}

/* It waits for the server, whose queue would be full otherwise. */
static void connection(void *arg)
{
	const struct server *server = arg;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* The reset may come before connect() returns. */
	if (!connect(fd, (const struct sockaddr *)&server->address,
		     sizeof(server->address)))
		read_nothing(fd);
	else if (errno != ECONNRESET)
		_exit(1);
	close(fd);
}

static void listen_at(struct sample *sample, struct server *server)
{
	socklen_t size = sizeof(server->address);

	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	server->address = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	if (server->fd < 0 ||
	    bind(server->fd, (struct sockaddr *)&server->address, size) ||
	    listen(server->fd, 16) ||
	    getsockname(server->fd, (struct sockaddr *)&server->address, &size))
		sample_give_up(sample, "cannot listen on the loopback interface: %s",
			       strerror(errno));
}

static void run_connection(struct sample *sample)
{
	struct server server;
	struct peer peer = {
		.sample = sample,
		.cpu = sample->conditions->other,
		.flags = sample->peer,
		.fn = serve,
		.arg = &server,
	};
	double ticks;

	listen_at(sample, &server);
	peer_start(&peer);
	sample_enter(sample, sample->self);
	ticks = sample_median(sample, connection, &server);
	shutdown(server.fd, SHUT_RDWR);
	peer_join(&peer);
	sample->value = sample->conditions->hz / ticks;
}

const struct figure sharing_figures[] = {
	{ "round trip, pipe", .flags = FIGURE_PEER, .run = run_round_trip, .arg = &channel_pipe },
	{ "round trip, futex", .flags = FIGURE_PEER, .run = run_round_trip, .arg = &channel_futex },
	{ "round trip, eventfd", .flags = FIGURE_PEER, .run = run_round_trip, .arg = &channel_eventfd },
	{ "round trip, Unix socket", .flags = FIGURE_PEER, .run = run_round_trip, .arg = &channel_socket },
	{ "round trip, shared line", .flags = FIGURE_PEER | FIGURE_CPUS, .run = run_round_trip,
	  .arg = &channel_line },
	{ "munmap, one other CPU", .flags = FIGURE_PEER | FIGURE_CPUS, .run = run_shootdown, .arg = &one },
	{ "munmap, all other CPUs", .flags = FIGURE_PEER | FIGURE_CPUS, .run = run_shootdown, .arg = &all },
	{ "connections, loopback", .unit = UNIT_PER_SECOND, .flags = FIGURE_PEER, .run = run_connection },
	{ }
};
