// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd N [RINGS]: a process of N threads that sleep until it is killed.  It says "ready"
 * when all are there.  With RINGS, the first thread has a bell, which it rings so often
 * before that.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vctx.h>

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

__attribute__((target("general-regs-only")))
static void hear(uint64_t rung, struct vctx_bell_frame *where, void *unused)
{
	(void)rung;
	(void)where;
	(void)unused;
}

static int ring(int rings)
{
	int err = vctx_bell_open(hear, NULL, 0);
	int fd = err ? err : vctx_bell_fd(0);

	for (err = fd < 0 ? fd : 0; !err && rings; rings--)
		err = vctx_ring(fd);
	return err;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	pthread_attr_t attr;
	pthread_t thread;
	int i, err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	for (i = 1; i < threads; i++) {
		err = pthread_create(&thread, &attr, sleep_on, NULL);
		if (err) {
			fprintf(stderr, "crowd: thread %d: %s\n", i, strerror(err));
			return 1;
		}
	}
	err = argc > 2 ? ring(atoi(argv[2])) : 0;
	if (err) {
		fprintf(stderr, "crowd: the bell: %s\n", vctx_strerror(err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	sleep_on(NULL);
}
