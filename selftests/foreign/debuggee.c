// SPDX-License-Identifier: GPL-2.0-only
/* The program that the debugger looks into. */
#include <signal.h>
#include <stdio.h>

static volatile int watched;

static __attribute__((noipa)) int step(int value)
{
	watched = value * value;
	return watched + 1;
}

static void on_signal(int signo)
{
	printf("signal %d\n", signo);
}

int main(void)
{
	double sum = 0;

	signal(SIGUSR1, on_signal);
	for (int i = 1; i <= 5; i++)
		sum += step(i) * 0.5;
	raise(SIGUSR1);
	printf("sum %g\n", sum);
	return 3;
}
