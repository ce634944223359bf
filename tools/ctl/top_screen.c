// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl top on a terminal.
 */
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "error.h"
#include "table.h"
#include "top_screen.h"

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
	for (i = 0; top_sorts[i].name; i++) {
		if (top->sort == &top_sorts[i])
			attron(A_BOLD | A_UNDERLINE);
		printw("%c %s", top_sorts[i].key, top_sorts[i].name);
		attroff(A_BOLD | A_UNDERLINE);
		addstr("  ");
	}
	clrtoeol();
}

/* The next line overwrites the end of one that is too long. */
static void draw(const struct top *top)
{
	size_t size, rows = LINES > 3 ? LINES - 3 : 0;
	char *text, *line, *rest;
	FILE *file = must(open_memstream(&text, &size));
	int y = 0;

	top_write_summary(top, file);
	table_write(top_table(top, rows), file);
	fclose(must(file));

	erase();
	for (line = strtok_r(must(text), "\n", &rest); line && y < LINES - 1;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (y == 1 && !top->choice.no_headings)
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

static const struct top_sort *find_sort(int key)
{
	const struct top_sort *sort;

	for (sort = top_sorts; sort->name; sort++)
		if (key == sort->key)
			return sort;
	return NULL;
}

/* Obey keys until it is time for another sample; false to quit. */
static bool attend(struct top *top)
{
	uint64_t end_ns = top->now.time_ns + top->delay_ns, now;

	while (!interrupted && (now = now_ns()) < end_ns) {
		const struct top_sort *chosen;
		int key;

		timeout((end_ns - now) / 1000000 + 1);
		key = getch();
		chosen = find_sort(key);
		if (chosen)
			top->sort = chosen;
		else if (key == 'r')
			top->reverse = !top->reverse;
		else if (key == 'q')
			return false;
		else if (key == ' ')
			return true;
		if (key != ERR) {
			top_sort(top);
			draw(top);
		}
	}
	return !interrupted;
}

int top_run_screen(struct top *top)
{
	struct sigaction action = { .sa_handler = interrupt };
	SCREEN *screen;
	int err;

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
		err = top_update(top);
		if (!err)
			draw(top);
	} while (!err && (!top->left || --top->left) && attend(top));
	endwin();
	delscreen(screen);
	if (err)
		return failure("cannot list the contexts: %s", nl_error());
	return EXIT_DONE;
}
