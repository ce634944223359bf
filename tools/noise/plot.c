// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures of measurements, drawn by gnuplot: for each one when it was
 * interrupted and for how long, and all histograms.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot.h"

extern char **environ;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define WIDTH		1000
#define PANEL_HEIGHT	150	/* of one measurement */
#define REST_HEIGHT	330	/* title and histogram */

static const struct {
	const char *suffix;
	const char *terminal;
} formats[] = {
	{ ".png", "pngcairo" },
	{ ".svg", "svg" },
};

/* Strong on white, and apart for all eyes. */
static const char *const colours[] = {
	"#4477aa", "#cc3311", "#228833", "#aa3377", "#ee7733", "#000000",
};

static const char *colour(size_t index)
{
	return colours[index % ARRAY_SIZE(colours)];
}

static const char *terminal(const char *path)
{
	size_t length = strlen(path);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (length > 4 && !strcmp(path + length - 4, formats[i].suffix))
			return formats[i].terminal;
	return NULL;
}

/* ---- gnuplot ---- */

static const char no_gnuplot[] = "there is no gnuplot; install the package gnuplot-nox";

/* Start it with a pipe to its standard input; what it says goes to @output. */
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
	const char *why;
	pid_t pid;

	if (!terminal(path))
		return "its name has to end in .png or .svg";
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

/* ---- the script ---- */

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

static void put_panel_title(FILE *out, const struct noise *noise)
{
	char text[512];

	if (noise->reason)
		snprintf(text, sizeof(text), "%s: not measured: %s",
			 noise->label, noise->reason);
	else if (noise->interruptions)
		snprintf(text, sizeof(text),
			 "%s: %.1f interruptions per second, %.4f %% of the time lost, longest %.1f us",
			 noise->label, noise_per_second(noise),
			 noise_lost_percent(noise), noise->max_ns / 1e3);
	else
		snprintf(text, sizeof(text), "%s: no interruption", noise->label);
	fputs("set title ", out);
	put_string(out, text);
	fputs(" offset 0,-0.7\n", out);
}

struct range {
	double seconds;
	double least_us, most_us;
};

/* One for all panels, so that they can be compared. */
static struct range range_of(const struct noise *noises, size_t count)
{
	struct range range = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		const struct noise *noise = &noises[i];

		if (noise->reason)
			continue;
		if (noise->duration_ns / 1e9 > range.seconds)
			range.seconds = noise->duration_ns / 1e9;
		if (!range.least_us || noise->threshold_ns / 1e3 < range.least_us)
			range.least_us = noise->threshold_ns / 1e3;
		if (noise->max_ns / 1e3 > range.most_us)
			range.most_us = noise->max_ns / 1e3;
	}
	if (!range.seconds)
		range.seconds = 1;
	if (!range.least_us)
		range.least_us = 1;
	if (range.most_us < range.least_us * 10)
		range.most_us = range.least_us * 10;
	return range;
}

static void put_panel(FILE *out, const struct noise *noise, size_t index)
{
	unsigned int i;

	put_panel_title(out, noise);
	if (noise->interruptions) {
		fputs("$panel << EOD\n", out);
		for (i = 0; i < NOISE_SLICES; i++)
			if (noise->timeline[i])
				fprintf(out, "%g %g\n",
					(i + 0.5) * noise->slice_ns / 1e9,
					noise->timeline[i] / 1e3);
		fputs("EOD\n", out);
	}
	/* NaN draws the frame where there is nothing else to draw. */
	fputs("plot NaN notitle", out);
	if (noise->interruptions)
		fprintf(out, ", $panel with impulses lc rgb '%s' lw 1.5 notitle",
			colour(index));
	fputc('\n', out);
}

static void put_histograms(FILE *out, const struct noise *noises, size_t count)
{
	size_t i;
	unsigned int bucket;

	for (i = 0; i < count; i++) {
		if (!noises[i].interruptions)
			continue;
		fprintf(out, "$histogram%zu << EOD\n", i);
		for (bucket = 0; bucket < NOISE_BUCKETS; bucket++)
			if (noises[i].histogram[bucket])
				fprintf(out, "%g %g\n",
					(UINT64_C(1) << bucket) / 1e3 * 1.414,
					noises[i].histogram[bucket] * 1e9 /
					noises[i].duration_ns);
		fputs("EOD\n", out);
	}
	fputs("plot NaN notitle", out);
	for (i = 0; i < count; i++) {
		if (noises[i].reason)
			continue;
		if (noises[i].interruptions)
			fprintf(out, ", $histogram%zu", i);
		else
			fputs(", keyentry", out);
		fprintf(out, " with linespoints lc rgb '%s' pt 7 ps 0.7 title ",
			colour(i));
		put_string(out, noises[i].label);
	}
	fputc('\n', out);
}

static void put_script(FILE *out, const char *path,
		       const struct noise *noises, size_t count)
{
	struct range range = range_of(noises, count);
	unsigned int height = REST_HEIGHT + PANEL_HEIGHT * count;
	double rest = (double)REST_HEIGHT / height;
	double bottom = 45.0 / height;	/* room for a label */
	size_t i;

	fprintf(out, "set terminal %s noenhanced size %u,%u\n", terminal(path),
		WIDTH, height);
	if (!strcmp(terminal(path), "svg"))
		fputs("set object rectangle from screen 0,0 to screen 1,1 behind fc rgb 'white' fs noborder\n",
		      out);
	fputs("set output ", out);
	put_string(out, path);
	fputs("\nset multiplot title 'What interrupted a thread that spins, and for how long'\n"
	      "unset key\n"
	      "set lmargin 11\nset rmargin 3\nset grid y lc rgb '#dddddd'\nset tics nomirror\n"
	      "set logscale y\nset format y '%g'\n"
	      "set samples 2\nset ylabel 'us'\n", out);
	fprintf(out, "set xrange [0:%g]\nset yrange [%g:%g]\n", range.seconds,
		range.least_us, range.most_us * 1.5);
	for (i = 0; i < count; i++) {
		double top = 1 - 40.0 / height - (double)i * PANEL_HEIGHT / height;

		fprintf(out, "set tmargin at screen %g\nset bmargin at screen %g\n",
			top - 22.0 / height, top - 118.0 / height);
		if (i + 1 == count)
			fputs("set xlabel 'seconds' offset 0,0.5\n", out);
		put_panel(out, &noises[i], i);
	}
	fprintf(out, "set title 'interruptions per second, by length' offset 0,-0.7\n"
		"set tmargin at screen %g\nset bmargin at screen %g\n"
		"set logscale x\nset format x '%%g'\nset xrange [%g:%g]\n"
		"set yrange [%g:*]\nset xlabel 'us' offset 0,0.5\nset ylabel 'per second'\n"
		"set key top right\n",
		rest - 100.0 / height, bottom, range.least_us / 2,
		range.most_us * 3, 0.5 / range.seconds);
	put_histograms(out, noises, count);
	fputs("unset multiplot\nset output\n", out);
}

const char *plot_draw(const char *path, const struct noise *noises, size_t count)
{
	static char *const argv[] = { "gnuplot", "-", NULL };
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	const char *why;
	FILE *script;
	int input, err;
	pid_t pid;

	err = start(argv, &input, STDERR_FILENO, &pid);
	if (err)
		return err == ENOENT ? no_gnuplot : strerror(err);
	script = fdopen(input, "w");
	if (script) {
		put_script(script, path, noises, count);
		fclose(script);
	} else {
		close(input);
	}
	why = finish(pid);
	signal(SIGPIPE, old);
	return why;
}
