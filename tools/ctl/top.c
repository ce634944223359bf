// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl top: what contexts do now, again and again.
 */
#include <inttypes.h>
#include <limits.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/duration.h"
#include "context.h"
#include "filter.h"
#include "names.h"
#include "out.h"
#include "sample.h"
#include "vctxctl.h"

#define DEFAULT_DELAY_NS	UINT64_C(2000000000)

struct top {
	struct nl_context filter;
	const struct sort *sort;
	bool reverse;
	bool batch;
	uint64_t left;		/* screens, 0 is no end */
	uint64_t delay_ns;
	struct sample before, now;
	struct rates *rates;	/* of now */
};

/* ---- in which order ---- */

/* Those that say more come first. */
#define COMPARE(name, a, b) \
static int by_##name(const void *one, const void *other) \
{ \
	const struct rates *first = one, *second = other; \
	\
	return (b) > (a) ? 1 : (b) < (a) ? -1 : \
	       first->context->id > second->context->id ? 1 : -1; \
}

COMPARE(guest, first->guest, second->guest)
COMPARE(exits, first->exits, second->exits)
COMPARE(native, first->native, second->native)
COMPARE(ticks, first->ticks_held, second->ticks_held)
COMPARE(age, first->context->age_ns, second->context->age_ns)
COMPARE(id, second->context->id, first->context->id)

static const struct sort {
	char key;
	const char *name;
	int (*compare)(const void *one, const void *other);
} sorts[] = {
	{ 'g', "guest", by_guest },
	{ 'e', "exits", by_exits },
	{ 'n', "native", by_native },
	{ 't', "ticks", by_ticks },
	{ 'a', "age", by_age },
	{ 'i', "id", by_id },
};

static const struct sort *find_sort(int key, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sorts); i++)
		if (name ? !strcmp(name, sorts[i].name) : key == sorts[i].key)
			return &sorts[i];
	return NULL;
}

/* The i-th to be shown. */
static const struct rates *shown(const struct top *top, size_t i)
{
	return &top->rates[top->reverse ? top->now.count - 1 - i : i];
}

static void sort(struct top *top)
{
	qsort(top->rates, top->now.count, sizeof(*top->rates),
	      top->sort->compare);
}

/* ---- samples ---- */

static bool update(struct top *top)
{
	sample_free(&top->before);
	top->before = top->now;
	top->now = (struct sample) { };
	free(top->rates);
	top->rates = NULL;
	if (sample_take(&top->now, &top->filter))
		return false;
	top->rates = sample_rates(&top->before, &top->now);
	sort(top);
	return true;
}

static void end(struct top *top)
{
	sample_free(&top->before);
	sample_free(&top->now);
	free(top->rates);
}

/* ---- text ---- */

static const char *time_of_day(void)
{
	static char text[16];
	time_t now = time(NULL);

	strftime(text, sizeof(text), "%T", localtime(&now));
	return text;
}

static void write_summary(const struct top *top, FILE *file)
{
	double exits = 0, native = 0, ticks = 0;
	size_t i, guest = 0;

	for (i = 0; i < top->now.count; i++) {
		const struct rates *rates = &top->rates[i];

		guest += rates->context->state == VCTX_CONTEXT_GUEST;
		exits += rates->exits;
		native += rates->native;
		ticks += rates->ticks_held;
	}
	fprintf(file, "%s  %zu contexts, %zu in guest mode; per s: %.0f exits, %.0f native, %.0f ticks held\n",
		time_of_day(), top->now.count, guest, exits, native, ticks);
}

static void write_table(const struct top *top, FILE *file, size_t most)
{
	static const struct column columns[] = {
		RIGHT("ID"), RIGHT("TID"), LEFT("USER"), RIGHT("CPU"),
		LEFT("STATE"), RIGHT("GUEST"), RIGHT("EXITS/s"),
		RIGHT("NATIVE/s"), RIGHT("TICKS/s"), RIGHT("AGE"),
		LEFT("COMMAND"),
	};
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	char word[WORD_SIZE];
	size_t i;

	for (i = 0; i < top->now.count && i < most; i++) {
		const struct rates *rates = shown(top, i);
		const struct nl_context *context = rates->context;

		table_cell(table, COLOR_NONE, "%" PRIu32, context->id);
		table_cell(table, COLOR_NONE, "%" PRIu32, context->tid);
		table_cell(table, COLOR_NONE, "%s", context_user(context->uid));
		table_cell(table, COLOR_NONE, "%" PRIu32, context->cpu);
		table_cell(table, context_state_color(context->state), "%s",
			   name_of_context_state(context->state));
		table_cell(table, COLOR_NONE, "%.1f%%", 100 * rates->guest);
		table_cell(table, COLOR_NONE, "%.1f", rates->exits);
		table_cell(table, COLOR_NONE, "%.1f", rates->native);
		table_cell(table, COLOR_NONE, "%.1f", rates->ticks_held);
		table_cell(table, COLOR_NONE, "%s",
			   word_time(word, context->age_ns));
		table_cell(table, COLOR_NONE, "%s", context->comm);
	}
	table_write(table, file);
}

/* ---- without a terminal ---- */

static struct json_object *rates_json(const struct rates *rates)
{
	const struct nl_context *context = rates->context;
	struct json_object *object = json_object_new_object();

	json_add_u64(object, "id", context->id);
	json_add_u64(object, "pid", context->pid);
	json_add_u64(object, "tid", context->tid);
	json_add_text(object, "user", context_user(context->uid));
	json_add_text(object, "comm", context->comm);
	json_add_u64(object, "cpu", context->cpu);
	json_add_text(object, "state", name_of_context_state(context->state));
	json_add_u64(object, "age_ns", context->age_ns);
	json_add_double(object, "guest", rates->guest);
	json_add_double(object, "exits_per_s", rates->exits);
	json_add_double(object, "native_per_s", rates->native);
	json_add_double(object, "ticks_held_per_s", rates->ticks_held);
	return object;
}

static void print_json(const struct top *top)
{
	struct json_object *object = json_object_new_object();
	struct json_object *contexts = json_object_new_array();
	size_t i;

	json_add_text(object, "time", time_of_day());
	for (i = 0; i < top->now.count; i++)
		json_object_array_add(contexts, rates_json(shown(top, i)));
	json_add(object, "contexts", contexts);
	json_print_line(object);
}

static int run_batch(struct top *top)
{
	const struct timespec delay = {
		.tv_sec = top->delay_ns / 1000000000,
		.tv_nsec = top->delay_ns % 1000000000,
	};
	int status;

	for (;;) {
		if (!update(top))
			return failure("cannot list the contexts: %s", nl_error());
		if (options.json) {
			print_json(top);
		} else {
			write_summary(top, stdout);
			write_table(top, stdout, SIZE_MAX);
		}
		status = out_flush();
		if (status != EXIT_DONE || (top->left && !--top->left))
			return status;
		if (!options.json)
			putchar('\n');
		nanosleep(&delay, NULL);
	}
}

/* ---- on a terminal ---- */

static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	interrupted = sig;
}

static void draw_keys(const struct top *top)
{
	size_t i;

	move(LINES - 1, 0);
	addstr("q quit  r reverse  sort by: ");
	for (i = 0; i < ARRAY_SIZE(sorts); i++) {
		if (top->sort == &sorts[i])
			attron(A_BOLD | A_UNDERLINE);
		printw("%c %s", sorts[i].key, sorts[i].name);
		attroff(A_BOLD | A_UNDERLINE);
		addstr("  ");
	}
	clrtoeol();
}

/* A line that is too long is drawn over by the next. */
static void draw(const struct top *top)
{
	size_t size, rows = LINES > 3 ? LINES - 3 : 0;
	char *text, *line, *rest;
	FILE *file = must(open_memstream(&text, &size));
	int y = 0;

	write_summary(top, file);
	write_table(top, file, rows);
	fclose(must(file));

	erase();
	for (line = strtok_r(must(text), "\n", &rest); line && y < LINES - 1;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (y == 1)
			attron(A_REVERSE);
		mvaddstr(y++, 0, line);
		clrtoeol();
		attroff(A_REVERSE);
	}
	draw_keys(top);
	refresh();
	free(text);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Deal with keys until it is time for another sample; false to quit. */
static bool attend(struct top *top)
{
	uint64_t end_ns = top->now.time_ns + top->delay_ns, now;

	while (!interrupted && (now = now_ns()) < end_ns) {
		const struct sort *chosen;
		int key;

		timeout((end_ns - now) / 1000000 + 1);
		key = getch();
		chosen = key > 0 && key < 128 ? find_sort(key, NULL) : NULL;
		if (chosen)
			top->sort = chosen;
		else if (key == 'r')
			top->reverse = !top->reverse;
		else if (key == 'q')
			return false;
		else if (key == ' ')
			return true;
		if (key != ERR) {
			sort(top);
			draw(top);
		}
	}
	return !interrupted;
}

static int run_screen(struct top *top)
{
	struct sigaction action = { .sa_handler = interrupt };
	SCREEN *screen;
	bool good;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return failure("cannot use a terminal of type '%s'; set TERM, or use --batch",
			       getenv("TERM") ? getenv("TERM") : "");
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	do {
		good = update(top);
		if (good)
			draw(top);
	} while (good && (!top->left || --top->left) && attend(top));
	endwin();
	delscreen(screen);
	if (!good)
		return failure("cannot list the contexts: %s", nl_error());
	return EXIT_DONE;
}

/* ---- command line ---- */

static const struct option longs[] = {
	FILTER_LONGS,
	{ "batch",	no_argument,		NULL, 'b' },
	{ "count",	required_argument,	NULL, 'n' },
	{ "delay",	required_argument,	NULL, 'd' },
	{ "sort",	required_argument,	NULL, 's' },
	{ }
};

static int parse_option(struct top *top, int c, const char *value)
{
	switch (c) {
	case '?':
		return EXIT_USAGE;
	case 'b':
		top->batch = true;
		return EXIT_DONE;
	case 'n':
		if (parse_number(value, 1, UINT64_MAX, &top->left))
			return EXIT_DONE;
		return usage_error("'%s' is not how often to show it", value);
	case 'd':
		if (duration_parse(value, 1000000000, &top->delay_ns))
			return EXIT_DONE;
		return usage_error("cannot wait for '%s': that is not "
				   DURATION_EXAMPLES, value);
	case 's':
		top->sort = find_sort(0, value);
		if (top->sort)
			return EXIT_DONE;
		return usage_error("cannot sort by '%s': that is not guest, exits, native, ticks, age or id",
				   value);
	default:
		return filter_option(&top->filter, c, value) ? EXIT_DONE :
							       EXIT_USAGE;
	}
}

static int run(int argc, char **argv)
{
	struct top top = { .sort = &sorts[0], .delay_ns = DEFAULT_DELAY_NS };
	int c, status = EXIT_DONE;

	while ((c = next_option(argc, argv, FILTER_SHORTS "bn:d:s:", longs)) != -1) {
		status = parse_option(&top, c, optarg);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind < argc)
		return usage_error("'%s' is too much", argv[optind]);
	if (options.watch_ns)
		return usage_error("it goes on by itself; --delay says how fast");
	/* As top(1) does in a pipe. */
	if (top.batch || options.json || !isatty(STDOUT_FILENO))
		status = run_batch(&top);
	else
		status = run_screen(&top);
	end(&top);
	return status;
}

const struct command top_command = {
	.name = "top",
	.usage = "[OPTION]... [FILTER]...",
	.summary = "what contexts do now, per second",
	.help =
	"  -b, --batch            print it, as is done if standard output is no terminal\n"
	"  -n, --count COUNT      so often, then end\n"
	"  -d, --delay TIME       between two times, for example 500ms; 2s if not given\n"
	"  -s, --sort KEY         guest, exits, native, ticks, age, id; guest if not given\n"
	FILTER_HELP
	"\n"
	"\n"
	"On a terminal, the keys are in the last line.  The first time, and for a context\n"
	"that is new, rates are those since it was entered.  With --json, one object on\n"
	"each line.",
	.run = run,
};
