// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements as JSON, and back.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/object.h"
#include "noise.h"

static const struct {
	const char *name;
	size_t offset;
} integers[] = {
#define INTEGER(field)	{ #field, offsetof(struct noise, field) }
	INTEGER(duration_ns),
	INTEGER(interruptions),
	INTEGER(unrecorded),
	INTEGER(lost_ns),
	INTEGER(median_ns),
	INTEGER(p99_ns),
	INTEGER(p999_ns),
	INTEGER(max_ns),
	INTEGER(slice_ns),
}, context_integers[] = {
	INTEGER(stats.entries),
	INTEGER(stats.guest_ns),
	INTEGER(stats.ticks_held),
	INTEGER(stats.longest_ns),
}, reals[] = {
	INTEGER(tsc_hz),
	INTEGER(loop_ns),
	INTEGER(threshold_ns),
};

/* The name without the struct that the field is in. */
static const char *key(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : name;
}

#define FIELD(type, noise, offset)	(*(type *)((char *)(noise) + (offset)))

/* ---- writing ---- */

static struct json_object *histogram(const struct noise *noise)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < NOISE_BUCKETS; i++) {
		struct json_object *bucket;

		if (!noise->histogram[i])
			continue;
		bucket = json_object_new_object();
		object_add(bucket, "from_ns", UINT64_C(1) << i);
		object_add(bucket, "count", noise->histogram[i]);
		json_object_array_add(array, bucket);
	}
	return array;
}

static struct json_object *timeline(const struct noise *noise)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < NOISE_SLICES; i++)
		json_object_array_add(array,
				      json_object_new_uint64(noise->timeline[i]));
	return array;
}

static struct json_object *context(const struct noise *noise)
{
	struct json_object *object = json_object_new_object();
	struct json_object *held = json_object_new_object();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(context_integers); i++)
		object_add(object, key(context_integers[i].name),
		    FIELD(const uint64_t, noise, context_integers[i].offset));
	for (i = 0; vctx_held_name(i); i++)
		object_add(held, vctx_held_name(i), noise->stats.held[i]);
	json_object_object_add(object, "held", held);
	return object;
}

static struct json_object *row(const struct noise *noise)
{
	struct json_object *object = json_object_new_object();
	unsigned int i;

	object_add_text(object, "label", noise->label);
	object_add_text(object, "mode", noise->mode);
	object_add(object, "cpu", noise->cpu);
	object_add(object, "fifo", noise->fifo);
	if (noise->reason) {
		object_add_text(object, "reason", noise->reason);
		return object;
	}
	object_add_real(object, "per_second", noise_per_second(noise));
	object_add_real(object, "lost_percent", noise_lost_percent(noise));
	for (i = 0; i < ARRAY_SIZE(reals); i++)
		object_add_real(object, reals[i].name,
			 FIELD(const double, noise, reals[i].offset));
	for (i = 0; i < ARRAY_SIZE(integers); i++)
		object_add(object, integers[i].name,
		    FIELD(const uint64_t, noise, integers[i].offset));
	json_object_object_add(object, "histogram", histogram(noise));
	json_object_object_add(object, "timeline_ns", timeline(noise));
	if (noise->stats.entries)
		json_object_object_add(object, "context", context(noise));
	return object;
}

int noise_write(FILE *out, const struct noise *noises, size_t count)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_array_add(array, row(&noises[i]));
	object_add_text(object, "program", "vctx-noise " VCTX_VERSION);
	json_object_object_add(object, "results", array);
	return object_write(out, object);
}

/* ---- reading ---- */

static struct json_object *get(struct json_object *from, const char *name,
			       enum json_type type)
{
	struct json_object *value;

	return json_object_object_get_ex(from, name, &value) &&
	       json_object_is_type(value, type) ? value : NULL;
}

static bool read_integer(struct json_object *from, const char *name,
			 uint64_t *value)
{
	struct json_object *number = get(from, name, json_type_int);

	if (number)
		*value = json_object_get_uint64(number);
	return number;
}

/* A number that happens to be whole may have no point. */
static bool read_real(struct json_object *from, const char *name, double *value)
{
	struct json_object *number = get(from, name, json_type_double);

	if (!number)
		number = get(from, name, json_type_int);
	if (number)
		*value = json_object_get_double(number);
	return number;
}

static bool read_text(struct json_object *from, const char *name, char **value)
{
	struct json_object *text = get(from, name, json_type_string);

	*value = text ? strdup(json_object_get_string(text)) : NULL;
	return *value;
}

static bool read_histogram(struct json_object *from, struct noise *noise)
{
	struct json_object *array = get(from, "histogram", json_type_array);
	size_t i;

	if (!array)
		return false;
	for (i = 0; i < json_object_array_length(array); i++) {
		struct json_object *bucket = json_object_array_get_idx(array, i);
		uint64_t from_ns, count;

		if (!read_integer(bucket, "from_ns", &from_ns) || !from_ns ||
		    !read_integer(bucket, "count", &count))
			return false;
		noise->histogram[63 - __builtin_clzll(from_ns)] = count;
	}
	return true;
}

static bool read_timeline(struct json_object *from, struct noise *noise)
{
	struct json_object *array = get(from, "timeline_ns", json_type_array);
	size_t i;

	if (!array || json_object_array_length(array) != NOISE_SLICES)
		return false;
	for (i = 0; i < NOISE_SLICES; i++)
		noise->timeline[i] = json_object_get_uint64(
				json_object_array_get_idx(array, i));
	return true;
}

static bool read_context(struct json_object *from, struct noise *noise)
{
	struct json_object *object = get(from, "context", json_type_object);
	struct json_object *held;
	unsigned int i;

	if (!object)
		return true;
	for (i = 0; i < ARRAY_SIZE(context_integers); i++)
		if (!read_integer(object, key(context_integers[i].name),
				  &FIELD(uint64_t, noise, context_integers[i].offset)))
			return false;
	held = get(object, "held", json_type_object);
	for (i = 0; held && vctx_held_name(i); i++) {
		uint64_t value = 0;

		read_integer(held, vctx_held_name(i), &value);
		noise->stats.held[i] = value;
	}
	return held;
}

static bool read_row(struct json_object *from, struct noise *noise)
{
	uint64_t cpu, fifo;
	unsigned int i;

	if (!read_text(from, "label", &noise->label) ||
	    !read_text(from, "mode", &noise->mode) ||
	    !read_integer(from, "cpu", &cpu) ||
	    !read_integer(from, "fifo", &fifo))
		return false;
	noise->cpu = cpu;
	noise->fifo = fifo;
	if (read_text(from, "reason", &noise->reason))
		return true;
	for (i = 0; i < ARRAY_SIZE(reals); i++)
		if (!read_real(from, reals[i].name,
			       &FIELD(double, noise, reals[i].offset)))
			return false;
	for (i = 0; i < ARRAY_SIZE(integers); i++)
		if (!read_integer(from, integers[i].name,
				  &FIELD(uint64_t, noise, integers[i].offset)))
			return false;
	return noise->slice_ns && read_histogram(from, noise) &&
	       read_timeline(from, noise) && read_context(from, noise);
}

static bool read_rows(struct json_object *object, struct noise **noises,
		      size_t *count)
{
	struct json_object *array = get(object, "results", json_type_array);
	size_t more = array ? json_object_array_length(array) : 0;
	struct noise *longer;
	size_t i;

	if (!more)
		return false;
	longer = realloc(*noises, (*count + more) * sizeof(*longer));
	if (!longer)
		return false;
	*noises = longer;
	memset(longer + *count, 0, more * sizeof(*longer));
	for (i = 0; i < more; i++)
		if (!read_row(json_object_array_get_idx(array, i),
			      &longer[(*count)++]))
			return false;
	return true;
}

const char *noise_read(const char *path, struct noise **noises, size_t *count)
{
	struct json_object *object;
	bool good;

	object = json_object_from_file(strcmp(path, "-") ? path : "/dev/stdin");
	if (!object)
		return errno ? strerror(errno) : "it is not JSON";
	good = read_rows(object, noises, count);
	json_object_put(object);
	return good ? NULL : "it is not what vctx-noise --json writes";
}
