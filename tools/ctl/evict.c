// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl evict: end contexts; their threads go on as ordinary ones.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/number.h"
#include "cli.h"
#include "error.h"
#include "json.h"
#include "nl.h"

/* Each is a request of its own. */
struct requests {
	struct nl_evict *requests;
	size_t count;
};

static bool add(struct requests *requests, int attribute, const char *text)
{
	struct nl_evict request = { .has = NL_BIT(attribute) };
	uint64_t number = 0;

	if (text && !number_parse(text, 1, INT_MAX, &number)) {
		usage_error("'%s' is not the %s", text,
			    attribute == VCTX_A_EVICT_ID ?
			    "ID of a context" : "number of a process");
		return false;
	}
	request.id = number;
	request.pid = number;
	request.tree = number;
	request.all = true;
	requests->requests = xgrow(requests->requests, requests->count + 1,
				   sizeof(request));
	requests->requests[requests->count++] = request;
	return true;
}

static const char *subject(const struct nl_evict *request)
{
	static char text[64];

	if (request->has & NL_BIT(VCTX_A_EVICT_ALL))
		return "all contexts";
	snprintf(text, sizeof(text), "%s %" PRIu32,
		 request->has & NL_BIT(VCTX_A_EVICT_ID) ? "context" :
		 request->has & NL_BIT(VCTX_A_EVICT_PID) ?
		 "the contexts of process" : "the contexts of process tree",
		 request->id);
	return text;
}

static void print(uint32_t evicted, uint32_t leaving)
{
	if (options.json) {
		struct json_object *object = json_object_new_object();

		json_add_u64(object, "evicted", evicted);
		json_add_u64(object, "leaving", leaving);
		json_print(object);
		return;
	}
	printf("%" PRIu32 " evicted", evicted);
	if (leaving)
		printf(", %" PRIu32 " leaving as soon as a call of the module ends",
		       leaving);
	putchar('\n');
}

/* All requests are tried, even if one fails. */
static int evict(const struct requests *requests)
{
	uint32_t evicted = 0, leaving = 0;
	int status = EXIT_DONE;
	size_t i;

	for (i = 0; i < requests->count; i++) {
		struct nl_evict answer = requests->requests[i];

		if (nl_evict(&answer)) {
			status = failure("cannot evict %s: %s",
					 subject(&requests->requests[i]),
					 nl_error());
			continue;
		}
		evicted += answer.evicted;
		leaving += answer.leaving;
	}
	if (status == EXIT_DONE || evicted || leaving)
		print(evicted, leaving);
	return flush_output() == EXIT_DONE ? status : EXIT_FAILED;
}

enum {
	OPTION_TREE = 512,
	OPTION_ALL,
};

static const struct option longs[] = {
	{ "pid",	required_argument,	NULL, 'p' },
	{ "tree",	required_argument,	NULL, OPTION_TREE },
	{ "all",	no_argument,		NULL, OPTION_ALL },
	{ }
};

static int run(int argc, char **argv)
{
	struct requests requests = { };
	bool good = true;
	int c, status;

	while (good && (c = cli_option(argc, argv, "p:", longs)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		good = add(&requests, c == 'p' ? VCTX_A_EVICT_PID :
			   c == OPTION_TREE ? VCTX_A_EVICT_TREE :
			   VCTX_A_EVICT_ALL, optarg);
	}
	for (; good && optind < argc; optind++)
		good = add(&requests, VCTX_A_EVICT_ID, argv[optind]);
	if (!good)
		return EXIT_USAGE;
	if (!requests.count)
		return usage_error("no context given");
	status = evict(&requests);
	free(requests.requests);
	return status;
}

const struct command evict_command = {
	.name = "evict",
	.usage = "ID... | --pid PID | --tree PID | --all",
	.summary = "end contexts; their threads run on as ordinary ones",
	.help =
	"  -p, --pid PID          end the contexts of this process\n"
	"      --tree PID         end those of this process and of all its descendants\n"
	"      --all              end all contexts\n"
	"\n"
	"This command needs CAP_NET_ADMIN or CAP_SYS_ADMIN.",
	.run = run,
};
