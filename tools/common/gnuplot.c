// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures by gnuplot: a tool writes the data, and a script of its own draws them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "gnuplot.h"

extern char **environ;

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
static bool find_script(const char *script, char path[PATH_MAX])
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

		if (snprintf(name, room, "%s%s", places[i], script) < room &&
		    !access(path, R_OK))
			return true;
	}
	return false;
}

static const char no_gnuplot[] = "there is no gnuplot; install the package gnuplot-nox";
static const char no_script[] = "the script of the picture is not installed";

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

const char *gnuplot_check(const char *path, const char *script)
{
	static char *const argv[] = { "gnuplot", "--version", NULL };
	int input, output, err;
	char place[PATH_MAX];
	const char *why;
	pid_t pid;

	if (!format_of(path))
		return "its name has to end in .png or .svg";
	if (!find_script(script, place))
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

/* A string of gnuplot's: a quote is doubled. */
void gnuplot_string(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

static void load(FILE *out, const char *script)
{
	fputs("load ", out);
	gnuplot_string(out, script);
	fputc('\n', out);
}

const char *gnuplot_draw(const char *path, const char *script,
			 void (*put)(FILE *out, const void *data), const void *data)
{
	static char *const argv[] = { "gnuplot", "-", NULL };
	char place[PATH_MAX];
	const char *why;
	FILE *out;
	void (*old)(int);
	int input, err;
	pid_t pid;

	if (!find_script(script, place))
		return no_script;
	err = start(argv, &input, STDERR_FILENO, &pid);
	if (err)
		return err == ENOENT ? no_gnuplot : strerror(err);
	/* If gnuplot ends early, its exit status tells. */
	old = signal(SIGPIPE, SIG_IGN);
	out = fdopen(input, "w");
	if (out) {
		fputs("output = ", out);
		gnuplot_string(out, path);
		fprintf(out, "\nformat = '%s'\n", format_of(path));
		put(out, data);
		load(out, place);
		fclose(out);
	} else {
		close(input);
	}
	why = finish(pid);
	signal(SIGPIPE, old);
	return why;
}
