// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl monitor: events as they happen.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "common/array.h"
#include "common/number.h"
#include "common/say.h"
#include "cli.h"
#include "color.h"
#include "error.h"
#include "json.h"
#include "names.h"
#include "nl.h"
#include "word.h"

#define TIME_SIZE	64

struct monitor {
	uint32_t types;		/* a bit for each that is wanted; 0: all */
	uint64_t left;		/* events to print; 0: no end */
	bool done;
};

/* ---- one event ---- */

/* People get their time zone, programs UTC. */
static const char *word_when(char word[TIME_SIZE], uint64_t ns, bool utc)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	size_t length;

	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	length = strftime(word, TIME_SIZE, utc ? "%FT%T" : "%F %T", &tm);
	snprintf(word + length, TIME_SIZE - length, ".%06" PRIu64 "%s",
		 ns % 1000000000 / 1000, utc ? "Z" : "");
	return word;
}

static bool has(const struct nl_event *event, int attribute)
{
	return event->has & NL_BIT(attribute);
}

static struct json_object *event_json(const struct nl_event *event)
{
	struct json_object *object = json_object_new_object();
	char when[TIME_SIZE];

	json_add_text(object, "time", word_when(when, event->time_ns, true));
	json_add_u64(object, "time_ns", event->time_ns);
	json_add_text(object, "event", name_of_event(event->type));
	if (has(event, VCTX_A_EVENT_CPU))
		json_add_u64(object, "cpu", event->cpu);
	if (has(event, VCTX_A_EVENT_ID))
		json_add_u64(object, "id", event->id);
	if (has(event, VCTX_A_EVENT_PID))
		json_add_u64(object, "pid", event->pid);
	if (has(event, VCTX_A_EVENT_TID))
		json_add_u64(object, "tid", event->tid);
	if (has(event, VCTX_A_EVENT_COMM))
		json_add_text(object, "comm", event->comm);
	if (has(event, VCTX_A_EVENT_REASON))
		json_add_text(object, "reason", name_of_native(event->reason));
	if (has(event, VCTX_A_EVENT_ENTRIES))
		json_add_u64(object, "entries", event->entries);
	if (has(event, VCTX_A_EVENT_GUEST_NS))
		json_add_u64(object, "guest_ns", event->guest_ns);
	if (has(event, VCTX_A_EVENT_TICKS_HELD))
		json_add_u64(object, "ticks_held", event->ticks_held);
	if (has(event, VCTX_A_EVENT_ERROR))
		json_add_u64(object, "error", event->error);
	return object;
}

static enum color event_color(uint32_t type)
{
	switch (type) {
	case VCTX_EVENT_ENTERED:
		return COLOR_GOOD;
	case VCTX_EVENT_FELL_BACK:
	case VCTX_EVENT_EVICTED:
		return COLOR_WARN;
	case VCTX_EVENT_HARDWARE_LOST:
		return COLOR_BAD;
	default:
		return COLOR_NONE;
	}
}

static void print_event(const struct nl_event *event)
{
	enum color shade = event_color(event->type);
	char word[TIME_SIZE], comm[NL_COMM_SIZE];

	printf("%s  %s%-15s%s", word_when(word, event->time_ns, false),
	       shade == COLOR_NONE ? "" : color(shade),
	       name_of_event(event->type),
	       shade == COLOR_NONE ? "" : color(COLOR_NONE));
	if (has(event, VCTX_A_EVENT_CPU))
		printf("  cpu %" PRIu32, event->cpu);
	if (has(event, VCTX_A_EVENT_ID)) {
		snprintf(comm, sizeof(comm), "%s", event->comm);
		word_printable(comm);
		printf("  id %" PRIu32 "  pid %" PRIu32 "  tid %" PRIu32 "  comm %s",
		       event->id, event->pid, event->tid, comm);
	}
	if (has(event, VCTX_A_EVENT_REASON))
		printf("  reason %s", name_of_native(event->reason));
	if (has(event, VCTX_A_EVENT_ENTRIES))
		printf("  entries %" PRIu64, event->entries);
	if (has(event, VCTX_A_EVENT_GUEST_NS))
		printf("  guest %s", word_time(word, event->guest_ns));
	if (has(event, VCTX_A_EVENT_TICKS_HELD))
		printf("  ticks-held %" PRIu64, event->ticks_held);
	if (has(event, VCTX_A_EVENT_ERROR))
		printf("  error %s", strerror(event->error));
	putchar('\n');
	fflush(stdout);
}

static void take(const struct nl_event *event, void *arg)
{
	struct monitor *monitor = arg;

	if (monitor->done)
		return;
	if (monitor->types &&
	    (event->type >= 32 || !(monitor->types & NL_BIT(event->type))))
		return;
	if (options.json)
		json_print_line(event_json(event));
	else
		print_event(event);
	if (monitor->left && !--monitor->left)
		monitor->done = true;
}

/* ---- listening ---- */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int listen_to(struct monitor *monitor)
{
	struct pollfd fds[2] = {
		{ .fd = nl_events_open(), .events = POLLIN },
		{ .events = POLLIN },
	};

	if (fds[0].fd < 0)
		return failure("cannot listen to events: %s", nl_error());
	fds[1].fd = open_signals();
	if (fds[1].fd < 0)
		return failure("cannot wait for signals: %s", strerror(errno));
	while (!monitor->done && !fds[1].revents) {
		int err;

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			return failure("cannot wait for events: %s",
				       strerror(errno));
		if (!fds[0].revents)
			continue;
		err = nl_events_read(take, monitor);
		if (err == -ENOBUFS)
			say("events were lost: %s", nl_error());
		else if (err)
			return failure("cannot read events: %s", nl_error());
		if (ferror(stdout))
			break;
	}
	return flush_output();
}

/* ---- command line ---- */

static bool add_types(struct monitor *monitor, char *list)
{
	char *word, *rest;

	for (word = strtok_r(list, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		uint32_t type;

		if (!find_event(word, &type)) {
			usage_error("there is no event '%s'; it is one of %s",
				    word, event_names());
			return false;
		}
		monitor->types |= NL_BIT(type);
	}
	return true;
}

static const struct option longs[] = {
	{ "event",	required_argument,	NULL, 'e' },
	{ "count",	required_argument,	NULL, 'n' },
	{ }
};

static int run(int argc, char **argv)
{
	struct monitor monitor = { };
	int c;

	while ((c = cli_option(argc, argv, "e:n:", longs)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		if (c == 'e' && !add_types(&monitor, optarg))
			return EXIT_USAGE;
		if (c == 'n' && !number_parse(optarg, 1, UINT64_MAX,
					      &monitor.left))
			return usage_error("'%s' is not a number of events",
					   optarg);
	}
	if (optind < argc)
		return usage_error("there is one argument too many: '%s'",
				   argv[optind]);
	if (options.watch_ns)
		return usage_error("monitor goes on without --watch");
	return listen_to(&monitor);
}

const struct command monitor_command = {
	.name = "monitor",
	.usage = "[OPTION]...",
	.summary = "print events as they happen, until interrupted",
	.help =
	"  -e, --event TYPE,...   print only these: entered, left, fell_back, tick_held,\n"
	"                         tick_given_back, evicted, hardware_lost, policy\n"
	"  -n, --count COUNT      end after COUNT events\n"
	"\n"
	"With --json, each event is an object on a line of its own.  If events come faster\n"
	"than they are read, standard error says that some were lost.  This command needs\n"
	"CAP_NET_ADMIN.",
	.run = run,
};
