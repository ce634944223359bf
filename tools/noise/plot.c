// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures of measurements: the data for noise.gp, by which gnuplot draws them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "plot.h"

extern char **environ;

#define SCRIPT	"noise.gp"

static const char *const formats[] = { "png", "svg" };

/* The format of a picture by its suffix, or NULL. */
static const char *format_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot && dot != path && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(dot + 1, formats[i]))
			return formats[i];
	return NULL;
}

/*
 * Find the script: beside the program in the build tree, else where it is
 * installed.
 */
static bool find_script(char path[PATH_MAX])
{
	static const char *const places[] = { "", "../share/vcontext/" };
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *name;
	size_t i;

	if (length < 0)
		return false;
	path[length] = '\0';
	name = strrchr(path, '/') + 1;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		int room = path + PATH_MAX - name;

		if (snprintf(name, room, "%s" SCRIPT, places[i]) < room &&
		    !access(path, R_OK))
			return true;
	}
	return false;
}

/* ---- gnuplot ---- */

static const char no_gnuplot[] = "there is no gnuplot; install the package gnuplot-nox";
static const char no_script[] = "its script " SCRIPT " is not installed";

/* Start gnuplot with a pipe to its standard input; its output goes to @output. */
static int start(char *const argv[], int *input, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	int err;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
	if (err)
		close(ends[1]);
	*input = ends[1];
	return err;
}

static const char *finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return strerror(errno);
	return status ? "gnuplot has failed" : NULL;
}

const char *plot_check(const char *path)
{
	static char *const argv[] = { "gnuplot", "--version", NULL };
	int input, output, err;
	char script[PATH_MAX];
	const char *why;
	pid_t pid;

	if (!format_of(path))
		return "its name has to end in .png or .svg";
	if (!find_script(script))
		return no_script;
	output = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (output < 0)
		return strerror(errno);
	err = start(argv, &input, output, &pid);
	close(output);
	if (err)
		return err == ENOENT ? no_gnuplot : strerror(err);
	close(input);
	why = finish(pid);
	if (why)
		return why;

	output = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (output < 0)
		return strerror(errno);
	close(output);
	return NULL;
}

/* ---- the data, which noise.gp describes ---- */

/* A string of gnuplot's: a quote is doubled. */
static void put_string(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

static void put_texts(FILE *out, const struct noise *noises, size_t count)
{
	size_t i;

	fprintf(out, "array label[%zu]\narray reason[%zu]\n", count, count);
	for (i = 0; i < count; i++) {
		fprintf(out, "label[%zu] = ", i + 1);
		put_string(out, noises[i].label);
		fprintf(out, "\nreason[%zu] = ", i + 1);
		put_string(out, noises[i].reason ? noises[i].reason : "");
		fputc('\n', out);
	}
}

static double seconds(const struct noise *noise)
{
	return noise->duration_ns / 1e9;
}

static double threshold(const struct noise *noise)
{
	return noise->threshold_ns / 1e3;
}

static double longest(const struct noise *noise)
{
	return noise->max_ns / 1e3;
}

static double interruptions(const struct noise *noise)
{
	return noise->interruptions;
}

static void put_numbers(FILE *out, const struct noise *noises, size_t count)
{
	static const struct {
		const char *name;
		double (*value)(const struct noise *noise);
	} numbers[] = {
		{ "seconds", seconds },
		{ "threshold", threshold },
		{ "longest", longest },
		{ "interruptions", interruptions },
		{ "per_second", noise_per_second },
		{ "lost", noise_lost_percent },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		fprintf(out, "array %s[%zu]\n", numbers[i].name, count);
		for (j = 0; j < count; j++)
			fprintf(out, "%s[%zu] = %.9e\n", numbers[i].name, j + 1,
				numbers[i].value(&noises[j]));
	}
}

static void put_timeline(FILE *out, const struct noise *noise)
{
	unsigned int i;

	for (i = 0; i < NOISE_SLICES; i++)
		if (noise->timeline[i])
			fprintf(out, "%g %g\n", (i + 0.5) * noise->slice_ns / 1e9,
				noise->timeline[i] / 1e3);
}

static void put_histogram(FILE *out, const struct noise *noise)
{
	unsigned int i;

	for (i = 0; i < NOISE_BUCKETS; i++)
		if (noise->histogram[i])
			fprintf(out, "%g %g\n", (UINT64_C(1) << i) / 1e3,
				noise->histogram[i] * 1e9 / noise->duration_ns);
}

/* A block of lines for each measurement, with two empty lines between them. */
static void put_blocks(FILE *out, const char *name,
		       void (*put)(FILE *out, const struct noise *noise),
		       const struct noise *noises, size_t count)
{
	size_t i;

	fprintf(out, "$%s << EOD\n", name);
	for (i = 0; i < count; i++) {
		if (noises[i].interruptions)
			put(out, &noises[i]);
		else
			fputs("NaN NaN\n", out);
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

static void put_all(FILE *out, const char *path, const char *script,
		    const struct noise *noises, size_t count)
{
	fputs("output = ", out);
	put_string(out, path);
	fprintf(out, "\nformat = '%s'\ncount = %zu\n", format_of(path), count);
	put_texts(out, noises, count);
	put_numbers(out, noises, count);
	put_blocks(out, "timeline", put_timeline, noises, count);
	put_blocks(out, "histogram", put_histogram, noises, count);
	fputs("load ", out);
	put_string(out, script);
	fputc('\n', out);
}

const char *plot_draw(const char *path, const struct noise *noises, size_t count)
{
	static char *const argv[] = { "gnuplot", "-", NULL };
	char script[PATH_MAX];
	const char *why;
	FILE *out;
	void (*old)(int);
	int input, err;
	pid_t pid;

	if (!find_script(script))
		return no_script;
	err = start(argv, &input, STDERR_FILENO, &pid);
	if (err)
		return err == ENOENT ? no_gnuplot : strerror(err);
	/* If gnuplot ends early, its exit status tells. */
	old = signal(SIGPIPE, SIG_IGN);
	out = fdopen(input, "w");
	if (out) {
		put_all(out, path, script, noises, count);
		fclose(out);
	} else {
		close(input);
	}
	why = finish(pid);
	signal(SIGPIPE, old);
	return why;
}
