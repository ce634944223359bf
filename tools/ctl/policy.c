// SPDX-License-Identifier: GPL-2.0-only
/*
 * vctxctl policy: print it, change it, load it from a file, restore it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "cli.h"
#include "error.h"
#include "json.h"
#include "nl.h"
#include "policy_file.h"
#include "policy_key.h"

#define CONFIGURATION	"/etc/vcontext.conf"
/* What the policy was before it was loaded from a file. */
#define SAVED		"/run/vcontext/policy"

static int no_key(const char *name)
{
	return usage_error("there is no key '%s'; it is one of %s", name,
			   policy_key_names());
}

/* Print the whole policy, or the value of one key alone. */
static int get(int argc, char **argv)
{
	const struct policy_key *key = NULL;
	struct nl_policy policy;

	if (argc > 1)
		return usage_error("there is one argument too many: '%s'",
				   argv[1]);
	if (argc)
		key = policy_key_find(argv[0]);
	if (argc && !key)
		return no_key(argv[0]);
	if (nl_policy_get(&policy))
		return failure("cannot get the policy: %s", nl_error());
	if (key)
		policy.has &= NL_BIT(key->attribute);
	if (key && !policy.has)
		return failure("cannot get '%s': the module does not know it; load the module of this version",
			       key->name);
	if (options.json)
		json_print(policy_json(&policy));
	else if (key)
		puts(policy_key_format(key, &policy));
	else
		policy_file_print(stdout, &policy);
	return flush_output();
}

static int set(int argc, char **argv)
{
	struct nl_policy policy = { };
	int i;

	if (!argc)
		return usage_error("no key given; it is one of %s",
				   policy_key_names());
	for (i = 0; i < argc; i += 2) {
		const struct policy_key *key = policy_key_find(argv[i]);

		if (!key)
			return no_key(argv[i]);
		if (i + 1 == argc)
			return usage_error("no value given for '%s'; it is %s",
					   key->name, policy_key_values(key));
		if (policy.has & NL_BIT(key->attribute))
			return usage_error("'%s' is given twice",
					   key->name);
		if (!policy_key_parse(key, argv[i + 1], &policy))
			return usage_error("'%s' cannot be '%s'; it is %s",
					   key->name, argv[i + 1],
					   policy_key_values(key));
	}
	if (nl_policy_set(&policy))
		return failure("cannot set the policy: %s", nl_error());
	return EXIT_DONE;
}

/*
 * Get what the policy was before it was loaded for the first time: a service that
 * is reloaded starts from there again, and leaves it behind when it stops.
 */
static int get_saved(struct nl_policy *policy, bool *new)
{
	int err;

	*new = access(SAVED, F_OK);
	if (!*new)
		return policy_file_read(SAVED, policy);
	if (nl_policy_get(policy))
		return failure("cannot get the policy: %s", nl_error());
	err = policy_file_write(SAVED, policy);
	if (err)
		return failure("cannot save the policy in '" SAVED "': %s",
			       strerror(-err));
	return EXIT_DONE;
}

static int load(int argc, char **argv)
{
	const char *path = argc ? argv[0] : CONFIGURATION;
	struct nl_policy policy = { }, wanted = { };
	bool new;
	int status;

	if (argc > 1)
		return usage_error("there is one argument too many: '%s'",
				   argv[1]);
	status = policy_file_read(path, &wanted);
	if (status == EXIT_DONE)
		status = get_saved(&policy, &new);
	if (status != EXIT_DONE)
		return status;
	policy_overlay(&policy, &wanted);
	if (!nl_policy_set(&policy))
		return EXIT_DONE;
	status = failure("cannot set the policy of '%s': %s", path, nl_error());
	if (new)
		unlink(SAVED);
	return status;
}

static int restore(int argc, char **argv)
{
	struct nl_policy policy = { };
	int status, err;

	if (argc)
		return usage_error("there is one argument too many: '%s'",
				   argv[0]);
	if (access(SAVED, F_OK))
		return failure("cannot restore the policy: it has not been loaded; there is no '"
			       SAVED "'");
	status = policy_file_read(SAVED, &policy);
	if (status != EXIT_DONE)
		return status;
	err = nl_policy_set(&policy);
	if (err)
		status = failure("cannot restore the policy: %s", nl_error());
	/* If the module is gone, so is the policy. */
	if ((!err || err == -ENOENT) && unlink(SAVED))
		return failure("cannot remove '" SAVED "': %s", strerror(errno));
	return status;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);	/* without the options */
} actions[] = {
	{ "get", get },
	{ "set", set },
	{ "load", load },
	{ "restore", restore },
};

static int run(int argc, char **argv)
{
	size_t i;

	if (cli_option(argc, argv, "", NULL) != -1)
		return EXIT_USAGE;
	if (optind == argc)
		return usage_error("no action given; it is one of get, set, load, restore");
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(argv[optind], actions[i].name))
			return actions[i].run(argc - optind - 1,
					      argv + optind + 1);
	return usage_error("'%s' is not get, set, load or restore", argv[optind]);
}

const struct command policy_command = {
	.name = "policy",
	.usage = "get [KEY] | set KEY VALUE [KEY VALUE]... | load [FILE] | restore",
	.summary = "print or change who may have contexts, how many, and where",
	.help =
	"  get [KEY]              print the policy, or the value of one key\n"
	"  set KEY VALUE...       change these keys, all of them or, if one is wrong, none;\n"
	"                         contexts that exist are left alone\n"
	"  load [FILE]            set the keys of FILE, which has lines of 'key = value', and\n"
	"                         all other keys to what they were before the first load;\n"
	"                         FILE is " CONFIGURATION " if not given\n"
	"  restore                set all keys to what they were before the first load\n"
	"\n"
	"Keys:\n"
	"  enabled                yes, or no: nobody gets a new context\n"
	"  max-contexts           contexts on the machine: a number, or unlimited\n"
	"  max-per-user           contexts of each user: a number, or unlimited\n"
	"  share                  yes: contexts also run where KVM has VMX or SVM, or no\n"
	"  paging                 direct, nested, or auto: nested in a virtual machine\n"
	"  min-stay-us            shorter stays take adaptive contexts out of guest mode:\n"
	"                         microseconds, or a time such as 1ms\n"
	"  bells                  yes, or no: no thread gets a new bell\n"
	"  bell-timer-us          the shortest time of a timer that rings a bell:\n"
	"                         microseconds, or a time such as 1ms\n"
	"  tick-hold              yes, or no: the tick is not held\n"
	"  tick-unprivileged      yes: the tick may be held without CAP_SYS_NICE, or no\n"
	"  tick-max-ms            the longest hold: milliseconds, a time such as 10s, or\n"
	"                         unlimited\n"
	"  tick-cpus              where the tick may be held: a list of CPUs such as 1,3-5\n"
	"\n"
	"Changing the policy needs CAP_NET_ADMIN or CAP_SYS_ADMIN.",
	.run = run,
};
