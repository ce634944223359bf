/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a command ends, and how it says why.
 */
#ifndef ERROR_H
#define ERROR_H

/* Exit statuses, as in vctxctl(8). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* standard error says what could not be done, and why */
	EXIT_USAGE = 2,		/* the command line is wrong */
};

/* The command that runs, to whose help usage_error() points; NULL: none yet. */
void error_set_command(const char *name);

/* Report on standard error what is wrong with the command line: EXIT_USAGE. */
int usage_error(const char *format, ...)
	__attribute__((__format__(printf, 1, 2)));

/*
 * Report "vctxctl: cannot ...: why; what helps", of which the text after the
 * program's name is given, on standard error: EXIT_FAILED.
 */
int failure(const char *format, ...)
	__attribute__((__format__(printf, 1, 2)));

/*
 * Write out what is buffered.  A command that prints ends with this: it returns
 * EXIT_DONE, or EXIT_FAILED after it has reported the error.
 */
int flush_output(void);

#endif /* ERROR_H */
