// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd N: a process of N threads that sleep until it is killed.  It says "ready"
 * when all are there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
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
	puts("ready");
	fflush(stdout);
	sleep_on(NULL);
}
