// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of isolation, in a file of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "ctl/error.h"
#include "isolation.h"

#define STATE_FILE	ISOLATION_FOLDER "/state.json"
#define NEW_FILE	ISOLATION_FOLDER "/state.json.new"
#define LOCK_FILE	ISOLATION_FOLDER "/lock"

#define FORMAT		1	/* to be raised when an older vctxctl would misread it */

/* ---- records ---- */

static int compare(const void *a, const void *b)
{
	const struct movable *one = a, *other = b;
	int order = strcmp(one->id, other->id);

	return order ? order : strcmp(one->kind->name, other->kind->name);
}

struct isolation_record *isolation_find(const struct isolation *state,
					const struct movable_kind *kind,
					const char *id)
{
	struct movable key = { .kind = kind, .id = (char *)id };
	struct isolation_record **found = tfind(&key, &state->tree, compare);

	return found ? *found : NULL;
}

struct isolation_record *isolation_add(struct isolation *state,
				       const struct movable *found,
				       const char *cpus)
{
	struct isolation_record *record = must(calloc(1, sizeof(*record)));

	record->movable = *found;
	record->movable.id = xstrdup(found->id);
	record->movable.name = xstrdup(found->name);
	record->movable.cpus = xstrdup(cpus);
	if (found->effective)
		record->movable.effective = xstrdup(found->effective);

	state->records = xgrow(state->records, state->nr_records + 1,
			       sizeof(*state->records));
	state->records[state->nr_records++] = record;
	must(tsearch(record, &state->tree, compare));
	return record;
}

/* ---- reading ---- */

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       json_object_get_string(value) : NULL;
}

static int number_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       json_object_get_int(value) : 0;
}

static size_t array_of(struct json_object *object, const char *key,
		       struct json_object **array)
{
	return json_object_object_get_ex(object, key, array) &&
	       json_object_is_type(*array, json_type_array) ?
	       json_object_array_length(*array) : 0;
}

static const struct movable_kind *kind_called(const char *name)
{
	const struct movable_kind *const *kind;

	for (kind = movable_kinds; *kind; kind++)
		if (!strcmp((*kind)->name, name))
			break;
	return *kind;
}

static bool read_record(struct isolation *state, struct json_object *object)
{
	const char *kind = text_of(object, "kind");
	struct movable movable = {
		.kind = kind ? kind_called(kind) : NULL,
		.id = (char *)text_of(object, "id"),
		.name = (char *)text_of(object, "name"),
		.effective = (char *)text_of(object, "effective"),
		.keeps = number_of(object, "keeps"),
		.unbound = number_of(object, "unbound"),
		.process = number_of(object, "process"),
	};
	const char *cpus = text_of(object, "cpus");
	struct cpulist parsed;

	if (!movable.kind || !movable.id || !movable.name || !cpus ||
	    !cpulist_parse(&parsed, cpus))
		return false;
	isolation_add(state, &movable, cpus);
	return true;
}

static bool read_state(struct isolation *state, struct json_object *object)
{
	const char *cpus = text_of(object, "cpus");
	struct json_object *array;
	size_t i, length;

	if (number_of(object, "format") != FORMAT || !cpus ||
	    !cpulist_parse(&state->cpus, cpus))
		return false;

	state->nr_sets = array_of(object, "sets", &array);
	state->sets = xgrow(NULL, state->nr_sets + 1, sizeof(*state->sets));
	for (i = 0; i < state->nr_sets; i++) {
		const char *set = json_object_get_string(
				json_object_array_get_idx(array, i));

		if (!set || !cpulist_parse(&state->sets[i], set))
			return false;
	}
	length = array_of(object, "records", &array);
	for (i = 0; i < length; i++)
		if (!read_record(state, json_object_array_get_idx(array, i)))
			return false;
	return true;
}

static bool make_folder(void)
{
	if ((mkdir("/run/vcontext", 0755) && errno != EEXIST) ||
	    (mkdir(ISOLATION_FOLDER, 0755) && errno != EEXIST)) {
		failure("cannot make " ISOLATION_FOLDER ": %s", strerror(errno));
		return false;
	}
	return true;
}

/* The lock is held until the process ends. */
static bool lock(struct isolation *state)
{
	if (!make_folder())
		return false;
	state->lock = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (state->lock < 0 || flock(state->lock, LOCK_EX)) {
		failure("cannot lock " LOCK_FILE ": %s", strerror(errno));
		return false;
	}
	return true;
}

bool isolation_load(struct isolation *state, bool change)
{
	struct json_object *object;
	bool known;

	*state = (struct isolation){ .lock = -1 };
	if (change && !lock(state))
		return false;
	if (access(STATE_FILE, F_OK)) {
		state->sets = xgrow(NULL, 1, sizeof(*state->sets));
		state->sets[0] = (struct cpulist){ };
		state->nr_sets = 1;
		return true;
	}
	object = json_object_from_file(STATE_FILE);
	known = object && read_state(state, object);
	json_object_put(object);
	if (!known)
		failure("cannot read " STATE_FILE ": another version of vctxctl has written it; a reboot undoes all isolation");
	return known;
}

/* ---- writing ---- */

static void add_text(struct json_object *object, const char *key,
		     const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, int number)
{
	if (number)
		json_object_object_add(object, key,
				       json_object_new_int(number));
}

static struct json_object *record_object(const struct movable *movable)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "kind", movable->kind->name);
	add_text(object, "id", movable->id);
	add_text(object, "name", movable->name);
	add_text(object, "cpus", movable->cpus);
	if (movable->effective)
		add_text(object, "effective", movable->effective);
	add_number(object, "keeps", movable->keeps);
	add_number(object, "unbound", movable->unbound);
	add_number(object, "process", movable->process);
	return object;
}

static struct json_object *list_object(const struct cpulist *cpus)
{
	char *text = must(cpulist_format(cpus));
	struct json_object *object = json_object_new_string(text);

	free(text);
	return object;
}

static struct json_object *state_object(const struct isolation *state)
{
	struct json_object *object = json_object_new_object();
	struct json_object *sets = json_object_new_array();
	struct json_object *records = json_object_new_array();
	size_t i;

	add_number(object, "format", FORMAT);
	json_object_object_add(object, "cpus", list_object(&state->cpus));
	for (i = 0; i < state->nr_sets; i++)
		json_object_array_add(sets, list_object(&state->sets[i]));
	json_object_object_add(object, "sets", sets);
	for (i = 0; i < state->nr_records; i++)
		json_object_array_add(records, record_object(
				&state->records[i]->movable));
	json_object_object_add(object, "records", records);
	return object;
}

bool isolation_save(const struct isolation *state)
{
	struct json_object *object;
	bool done;

	if (cpulist_empty(&state->cpus)) {
		done = !unlink(STATE_FILE) || errno == ENOENT;
	} else {
		object = state_object(state);
		done = !json_object_to_file_ext(NEW_FILE, object,
						JSON_C_TO_STRING_PLAIN) &&
		       !rename(NEW_FILE, STATE_FILE);
		json_object_put(object);
	}
	if (!done)
		failure("cannot write " STATE_FILE ": %s", strerror(errno));
	return done;
}
