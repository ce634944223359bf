// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl isolate, vctxctl release - move what can be moved off CPUs, and put it
 * back.
 *
 * New things show up meanwhile: threads are forked by those that were not moved
 * yet, interrupts are requested.  So all is looked through until nothing is left
 * to move.  The state is written before what it tells of is done: whoever kills
 * this command can release what it has isolated.
 */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "ctl/cli.h"
#include "ctl/error.h"
#include "ctl/json.h"
#include "ctl/table.h"
#include "cpu.h"
#include "isolation.h"
#include "movable.h"

/* Should something fork faster than we look, it is told so. */
#define MOST_PASSES	20

/*
 * @state:	what is isolated already
 * @cpus:	to be isolated, or released
 * @target:	isolated when this is done
 * @pending:	what this pass moves
 */
struct operation {
	struct isolation state;
	bool release;
	bool dry_run;
	bool force;
	struct cpulist cpus;
	struct cpulist target;
	struct cpulist online;
	int pass;
	struct isolation_record **pending;
	struct cpulist *from;
	size_t nr_pending;
	size_t nr_new;
	size_t nr_failed;
	bool irqbalance;
	struct json_object *moved;
	struct json_object *left;
	struct json_object *hints;
};

/* ---- what is told ---- */

static void add_list(struct json_object *object, const char *key,
		     const struct cpulist *cpus)
{
	char *text = must(cpulist_format(cpus));

	json_add_text(object, key, text);
	free(text);
}

static struct json_object *describe(const struct movable *movable)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "kind", movable->kind->name);
	json_add_text(object, "name", movable->name);
	return object;
}

static void note_moved(struct operation *op, const struct movable *movable,
		       const struct cpulist *from, const struct cpulist *to)
{
	struct json_object *object = describe(movable);

	add_list(object, "from", from);
	add_list(object, "to", to);
	json_object_array_add(op->moved, object);
}

static void note_left(struct operation *op, const struct movable *movable,
		      const char *why)
{
	struct json_object *object = describe(movable);

	json_add_text(object, "why", why);
	json_object_array_add(op->left, object);
}

static void hint(struct operation *op, const char *text)
{
	json_object_array_add(op->hints, json_object_new_string(text));
}

/* ---- where things belong ---- */

static struct cpulist parsed(const char *list)
{
	struct cpulist cpus;

	if (!cpulist_parse(&cpus, list))
		cpus = (struct cpulist){ };
	return cpus;
}

/* Online, and not set apart, now or at boot: there everything can go. */
static struct cpulist housekeeping(const struct operation *op,
				   const struct cpulist *isolated)
{
	struct cpulist apart = cpu_isolated_at_boot();

	apart = cpulist_or(&apart, isolated);
	return cpulist_minus(&op->online, &apart);
}

/* Where a thing that was on @was belongs while CPUs are isolated. */
static struct cpulist place(const struct operation *op,
			    const struct movable *movable,
			    const struct cpulist *was,
			    const struct cpulist *isolated)
{
	struct cpulist rest = cpulist_minus(was, isolated);

	if (cpulist_equal(&rest, was) ||
	    cpulist_intersects(&rest, &op->online))
		return rest;
	return movable->keeps ? *was : housekeeping(op, isolated);
}

/* CPUs that are offline come and go in masks by themselves. */
static bool same_online(const struct operation *op, const struct cpulist *a,
			const struct cpulist *b)
{
	struct cpulist one = cpulist_and(a, &op->online);
	struct cpulist other = cpulist_and(b, &op->online);

	return cpulist_equal(&one, &other);
}

/* Whether something that was on @was can be on @now by our doing. */
static bool placed_by_us(const struct operation *op,
			 const struct movable *movable,
			 const struct cpulist *was, const struct cpulist *now)
{
	struct cpulist could;
	size_t i;

	/* On its way home: see set_interrupt(). */
	if (op->state.nr_sets > 1 && movable->effective) {
		could = parsed(movable->effective);
		if (same_online(op, &could, now))
			return true;
	}
	for (i = 0; i < op->state.nr_sets; i++) {
		could = place(op, movable, was, &op->state.sets[i]);
		if (same_online(op, &could, now))
			return true;
	}
	return false;
}

/* ---- what is new ---- */

/* The record of a thread of this process that was moved to where @now is. */
static struct isolation_record *relative(const struct operation *op,
					 pid_t process,
					 const struct cpulist *now)
{
	struct isolation_record *record;
	struct cpulist was;
	size_t i;

	for (i = 0; i < op->state.nr_records; i++) {
		record = op->state.records[i];
		if (record->movable.kind != &movable_thread ||
		    record->movable.process != process)
			continue;
		was = parsed(record->movable.cpus);
		if (placed_by_us(op, &record->movable, &was, now))
			return record;
	}
	return NULL;
}

/*
 * A thread has its mask from the thread that made it: one of its process, or else
 * of its parent.  The first process that is known has the answer.
 */
static struct isolation_record *ancestor(const struct operation *op,
					 pid_t process,
					 const struct cpulist *now)
{
	unsigned long long start;
	pid_t parent;
	bool known;
	char *id;

	for (; process > 0; process = parent) {
		if (!movable_process(process, &parent, &start))
			return NULL;
		id = xasprintf("%d:%llu", process, start);
		known = isolation_find(&op->state, &movable_thread, id);
		free(id);
		if (known)
			return relative(op, process, now);
	}
	return NULL;
}

/* The record of what a new interrupt or queue has its mask from. */
static struct isolation_record *pattern(const struct operation *op,
					const struct movable_kind *kind,
					const struct cpulist *now)
{
	struct isolation_record *record;
	struct cpulist was;
	size_t i;

	for (i = 0; kind && i < op->state.nr_records; i++) {
		record = op->state.records[i];
		was = parsed(record->movable.cpus);
		if (record->movable.kind == kind &&
		    placed_by_us(op, &record->movable, &was, now))
			return record;
	}
	return NULL;
}

/*
 * What has come since the first CPU was isolated may have its mask from something
 * that was moved.  Then it belongs where that belongs.
 */
static struct isolation_record *add_new(struct operation *op,
					const struct movable *found)
{
	struct cpulist now = parsed(found->cpus);
	struct isolation_record *record, *from;

	from = found->kind == &movable_thread ?
	       ancestor(op, found->process, &now) :
	       pattern(op, found->kind->heir_of, &now);
	record = isolation_add(&op->state, found,
			       from ? from->movable.cpus : found->cpus);
	if (from)
		record->movable.unbound = from->movable.unbound;
	op->nr_new++;
	return record;
}

/* ---- one pass ---- */

/* Somebody else has moved it since: that is where it belongs now. */
static bool taken_over(struct operation *op, struct isolation_record *record,
		       const struct movable *found)
{
	struct cpulist was = parsed(record->movable.cpus);
	struct cpulist now = parsed(found->cpus);

	if (same_online(op, &was, &now) ||
	    placed_by_us(op, &record->movable, &was, &now))
		return false;
	if (op->release && cpulist_intersects(&was, &op->cpus))
		note_left(op, &record->movable,
			  "somebody else has moved it meanwhile");
	free(record->movable.cpus);
	record->movable.cpus = xstrdup(found->cpus);
	record->movable.unbound = found->unbound;
	return true;
}

/* What cannot be moved is told if it is there, and only there. */
static void consider_fixed(struct operation *op, const struct movable *found)
{
	struct cpulist now = parsed(found->effective ? found->effective :
						       found->cpus);

	if (!op->release && !op->pass && cpulist_within(&now, &op->cpus) &&
	    !found->idle)
		note_left(op, found, found->fixed);
}

static void consider(const struct movable *found, void *context)
{
	struct cpulist was, to, now = parsed(found->cpus);
	struct operation *op = context;
	struct isolation_record *record;

	if (found->fixed) {
		consider_fixed(op, found);
		return;
	}
	if (found->kind == &movable_thread && strstr(found->name, " irqbalance"))
		op->irqbalance = true;
	record = isolation_find(&op->state, found->kind, found->id);
	/* An interrupt that nobody uses gets the default when somebody does. */
	if (!record && found->idle)
		return;
	if (!record)
		record = add_new(op, found);
	record->found = op->pass + 1;
	record->movable.idle = found->idle;
	if (record->tried ||
	    (taken_over(op, record, found) && op->release))
		return;

	was = parsed(record->movable.cpus);
	to = place(op, &record->movable, &was, &op->target);
	if (!cpulist_equal(&now, &to)) {
		op->pending = xgrow(op->pending, op->nr_pending + 1,
				    sizeof(*op->pending));
		op->from = xgrow(op->from, op->nr_pending + 1,
				 sizeof(*op->from));
		op->from[op->nr_pending] = now;
		op->pending[op->nr_pending++] = record;
	} else if (!op->release && cpulist_intersects(&now, &op->cpus)) {
		note_left(op, found, "somebody has bound it to isolated CPUs only");
	} else {
		return;
	}
	record->tried = true;
}

static void move(struct operation *op, struct isolation_record *record,
		 const struct cpulist *from)
{
	const struct movable *movable = &record->movable;
	struct cpulist was = parsed(movable->cpus), where;
	struct cpulist to = place(op, movable, &was, &op->target);
	int error = op->dry_run ? 0 : movable->kind->set(movable, &to);
	const char *why;

	if (!error) {
		note_moved(op, movable, from, &to);
		return;
	}
	if (error == -ENOENT || error == -ESRCH)
		return;		/* gone */

	why = (error == -EIO || error == -EINVAL) && movable->kind->refused ?
	      movable->kind->refused : strerror(-error);
	if (op->release) {
		op->nr_failed++;
	} else {
		where = parsed(movable->effective ? movable->effective :
						    movable->cpus);
		if (movable->idle || !cpulist_intersects(&where, &op->cpus))
			return;
	}
	note_left(op, movable, why);
}

/* Returns whether there may be more to do, or -1 if nothing can be done. */
static int pass(struct operation *op)
{
	const struct movable_kind *const *kind;
	struct isolation *state = &op->state;
	size_t i;

	op->nr_pending = 0;
	op->nr_new = 0;
	for (kind = movable_kinds; *kind; kind++)
		(*kind)->scan(*kind, consider, op);

	if (!op->pass) {
		/* Not before: what was found was not moved by us to there. */
		state->sets = xgrow(state->sets, state->nr_sets + 1,
				    sizeof(*state->sets));
		state->sets[state->nr_sets++] = op->target;
		state->cpus = cpulist_or(&state->cpus, &op->cpus);
	}
	if (!op->dry_run && (!op->pass || op->nr_new) && !isolation_save(state))
		return -1;
	for (i = 0; i < op->nr_pending; i++)
		move(op, op->pending[i], &op->from[i]);
	return op->nr_pending > 0;
}

/* Only what is there now has to be known from now on. */
static void forget_gone(struct operation *op)
{
	struct isolation *state = &op->state;
	size_t i, kept = 0;

	for (i = 0; i < state->nr_records; i++)
		if (state->records[i]->found == op->pass)
			state->records[kept++] = state->records[i];
	state->nr_records = kept;
}

static bool run(struct operation *op)
{
	struct isolation *state = &op->state;
	int more;

	op->online = cpu_online();
	op->moved = json_object_new_array();
	op->left = json_object_new_array();
	op->hints = json_object_new_array();
	do {
		more = pass(op);
		op->pass++;
	} while (more > 0 && !op->dry_run && op->pass < MOST_PASSES);
	if (more < 0)
		return false;
	if (more && !op->dry_run)
		hint(op, "threads are forked faster than they can be moved; run it again");
	if (op->dry_run || (op->nr_failed && !op->force))
		return true;

	forget_gone(op);
	state->sets[0] = op->target;
	state->nr_sets = 1;
	state->cpus = op->target;
	return isolation_save(state);
}

/* ---- hints ---- */

static void hint_siblings(struct operation *op)
{
	struct cpulist siblings, busy = { };
	unsigned int cpu;
	char *list, *text;

	for (cpu = 0; cpu < CPULIST_MAX; cpu++) {
		if (!cpulist_has(&op->cpus, cpu))
			continue;
		siblings = cpu_siblings(cpu);
		busy = cpulist_or(&busy, &siblings);
	}
	busy = cpulist_minus(&busy, &op->target);
	if (cpulist_empty(&busy))
		return;
	list = must(cpulist_format(&busy));
	text = xasprintf("CPU %s shares the core; isolate it, too", list);
	hint(op, text);
	free(text);
	free(list);
}

static void add_hints(struct operation *op)
{
	long value;

	if (op->release)
		return;
	if (op->irqbalance)
		hint(op, "irqbalance runs and may move interrupts back; stop it, or set IRQBALANCE_BANNED_CPULIST");
	if (textfile_number("/proc/sys/kernel/timer_migration", &value) && !value)
		hint(op, "timers stay on CPUs where they were set; sysctl kernel.timer_migration=1 lets idle CPUs give them away");
	hint_siblings(op);
}

/* ---- output ---- */

static void print_json(const struct operation *op)
{
	struct json_object *object = json_object_new_object();

	add_list(object, op->release ? "released" : "isolated", &op->cpus);
	add_list(object, "now_isolated", op->dry_run ? &op->state.sets[0] :
						       &op->state.cpus);
	json_add_bool(object, "dry_run", op->dry_run);
	json_object_object_add(object, "moved", op->moved);
	json_object_object_add(object, "left", op->left);
	json_object_object_add(object, "hints", op->hints);
	json_print(object);
}

static const char *member(struct json_object *array, size_t i, const char *key)
{
	struct json_object *value;

	json_object_object_get_ex(json_object_array_get_idx(array, i), key,
				  &value);
	return json_object_get_string(value);
}

static void print_moves(const struct operation *op)
{
	static const struct heading headings[] = {
		LEFT("KIND"), LEFT("NAME"), LEFT("FROM"), LEFT("TO"),
	};
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	size_t i, count = json_object_array_length(op->moved);

	for (i = 0; i < count; i++) {
		table_cell(table, COLOR_NONE, "%s", member(op->moved, i, "kind"));
		table_cell(table, COLOR_NONE, "%s", member(op->moved, i, "name"));
		table_cell(table, COLOR_NONE, "%s", member(op->moved, i, "from"));
		table_cell(table, COLOR_NONE, "%s", member(op->moved, i, "to"));
	}
	table_print(table);
}

static size_t count_kind(struct json_object *array, const char *kind)
{
	size_t i, found = 0;

	for (i = 0; i < json_object_array_length(array); i++)
		found += !strcmp(member(array, i, "kind"), kind);
	return found;
}

static void print_counts(const struct operation *op)
{
	static const struct heading headings[] = {
		LEFT("KIND"), RIGHT("MOVED"), RIGHT("LEFT"),
	};
	struct table *table = table_new(headings, ARRAY_SIZE(headings));
	const struct movable_kind *const *kind;

	for (kind = movable_kinds; *kind; kind++) {
		size_t moved = count_kind(op->moved, (*kind)->name);
		size_t left = count_kind(op->left, (*kind)->name);

		if (!moved && !left)
			continue;
		table_cell(table, COLOR_NONE, "%s", (*kind)->name);
		table_cell(table, COLOR_NONE, "%zu", moved);
		table_cell(table, left ? COLOR_WARN : COLOR_NONE, "%zu", left);
	}
	table_print(table);
}

/* One line for all of a kind that are left for the same reason. */
static void print_left(const struct operation *op)
{
	static const struct heading headings[] = {
		LEFT("LEFT"), LEFT("WHY"), LEFT("WHICH"),
	};
	size_t count = json_object_array_length(op->left), i, j;
	struct table *table;
	char *names, *more;

	if (!count)
		return;
	putchar('\n');
	table = table_new(headings, ARRAY_SIZE(headings));
	for (i = 0; i < count; i++) {
		const char *kind = member(op->left, i, "kind");
		const char *why = member(op->left, i, "why");

		names = NULL;
		for (j = 0; j < count; j++) {
			if (strcmp(kind, member(op->left, j, "kind")) ||
			    strcmp(why, member(op->left, j, "why")))
				continue;
			if (j < i)
				break;	/* told already */
			more = names ? xasprintf("%s, %s", names,
						 member(op->left, j, "name")) :
				       xstrdup(member(op->left, j, "name"));
			free(names);
			names = more;
		}
		if (!names)
			continue;
		table_cell(table, COLOR_NONE, "%s", kind);
		table_cell(table, COLOR_NONE, "%s", why);
		table_cell(table, COLOR_NONE, "%s", names);
		free(names);
	}
	table_print(table);
}

static void print_title(const struct operation *op)
{
	const char *what = op->release ? "released" : "isolated";
	char *list = must(cpulist_format(&op->cpus));

	if (op->dry_run)
		printf("CPU %s, if it were %s:\n", list, what);
	else
		printf("CPU %s is %s%s:\n", list,
		       op->nr_failed && !op->force ? "not wholly " : "", what);
	free(list);
}

static void print_text(const struct operation *op, bool verbose)
{
	size_t i;

	if (cpulist_empty(&op->cpus)) {
		puts("No CPU is isolated.");
		return;
	}
	print_title(op);
	if (op->dry_run || verbose)
		print_moves(op);
	else
		print_counts(op);
	print_left(op);
	for (i = 0; i < json_object_array_length(op->hints); i++)
		printf("%sHint: %s\n", i ? "" : "\n",
		       json_object_get_string(json_object_array_get_idx(
				op->hints, i)));
}

/* ---- the commands ---- */

/* Says why these CPUs cannot be isolated now; EXIT_DONE if they can. */
static int check_isolate(const struct operation *op, const char *list)
{
	struct cpulist online = cpu_online(), rest;
	char *both;
	int status;

	rest = cpulist_and(&op->cpus, &op->state.cpus);
	if (!cpulist_empty(&rest)) {
		both = must(cpulist_format(&rest));
		status = failure("CPU %s is isolated already; 'vctxctl release %s' ends that",
				 both, both);
		free(both);
		return status;
	}
	rest = cpu_isolated_at_boot();
	rest = cpulist_or(&rest, &op->target);
	rest = cpulist_minus(&online, &rest);
	if (cpulist_empty(&rest))
		return failure("cannot isolate CPU %s: none would be left for everything else; leave out one at least",
			       list);
	return EXIT_DONE;
}

static int check_release(const struct operation *op)
{
	struct cpulist rest = cpulist_minus(&op->cpus, &op->state.cpus);
	char *away, *isolated;
	int status;

	if (cpulist_empty(&rest))
		return EXIT_DONE;
	away = must(cpulist_format(&rest));
	isolated = must(cpulist_format(&op->state.cpus));
	status = failure("CPU %s is not isolated; those that are: %s", away,
			 *isolated ? isolated : "none");
	free(away);
	free(isolated);
	return status;
}

static int change(struct operation *op, char **words, bool verbose)
{
	const char *verb = op->release ? "release" : "isolate";
	bool all = op->release && !strcmp(words[0], "all") && !words[1];
	int status;
	char *list;

	if (!all && !cpu_parse_words(&op->cpus, words, !op->release))
		return EXIT_USAGE;
	if (geteuid() && !op->dry_run)
		return failure("cannot %s CPUs: this takes root; with --dry-run it only tells what it would do",
			       verb);
	if (!isolation_load(&op->state, !op->dry_run))
		return EXIT_FAILED;
	if (all)
		op->cpus = op->state.cpus;
	op->target = op->release ? cpulist_minus(&op->state.cpus, &op->cpus) :
				   cpulist_or(&op->state.cpus, &op->cpus);

	list = must(cpulist_format(&op->cpus));
	status = op->release ? check_release(op) : check_isolate(op, list);
	free(list);
	if (status != EXIT_DONE)
		return status;
	if (!run(op))
		return EXIT_FAILED;
	add_hints(op);
	if (options.json)
		print_json(op);
	else
		print_text(op, verbose);
	status = flush_output();
	if (status == EXIT_DONE && op->nr_failed && !op->force)
		status = failure("not all could be put back, see above; try again, or give up on the rest with --force");
	return status;
}

static int run_isolate(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dry-run",	no_argument,	NULL, 'n' },
		{ "verbose",	no_argument,	NULL, 'v' },
		{ }
	};
	struct operation op = { };
	bool verbose = false;
	int c;

	while ((c = cli_option(argc, argv, "nv", longs)) != -1) {
		if (c == 'n')
			op.dry_run = true;
		else if (c == 'v')
			verbose = true;
		else
			return EXIT_USAGE;
	}
	if (optind == argc)
		return usage_error("which CPU is to be isolated?");
	return change(&op, argv + optind, verbose);
}

static int run_release(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dry-run",	no_argument,	NULL, 'n' },
		{ "force",	no_argument,	NULL, 'f' },
		{ "verbose",	no_argument,	NULL, 'v' },
		{ }
	};
	struct operation op = { .release = true };
	bool verbose = false;
	int c;

	while ((c = cli_option(argc, argv, "nfv", longs)) != -1) {
		if (c == 'n')
			op.dry_run = true;
		else if (c == 'f')
			op.force = true;
		else if (c == 'v')
			verbose = true;
		else
			return EXIT_USAGE;
	}
	if (optind == argc)
		return usage_error("which CPU is to be released?");
	return change(&op, argv + optind, verbose);
}

const struct command isolate_command = {
	.name = "isolate",
	.usage = "[OPTION]... CPU...",
	.summary = "move interrupts, threads and other work off CPUs",
	.help =
	"CPU is a number or a list such as 2-3,5.  Threads that are bound to these CPUs\n"
	"only stay.  'vctxctl release' puts back the rest as it was.\n"
	"\n"
	"  -n, --dry-run          only tell what would be moved\n"
	"  -v, --verbose          tell of each thing that was moved",
	.run = run_isolate,
};

const struct command release_command = {
	.name = "release",
	.usage = "[OPTION]... CPU...|all",
	.summary = "put back what 'isolate' has moved",
	.help =
	"CPU is a number or a list such as 2-3,5.  What somebody else has moved meanwhile\n"
	"is left alone.\n"
	"\n"
	"  -n, --dry-run          only tell what would be put back\n"
	"  -f, --force            forget what cannot be put back\n"
	"  -v, --verbose          tell of each thing that was put back",
	.run = run_release,
};
