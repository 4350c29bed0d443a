// SPDX-License-Identifier: GPL-2.0-only
/* Options and words of a command line. */
#include <net/if.h>
#include <string.h>

#include "command.h"

/*
 * getopt_long() is not used: it takes any beginning of a name, so that a script written today
 * breaks with tomorrow's options, and it does not say which of two faults it found.
 */

/* Return: the number of the option that @given names, or -1. */
static int find(const struct command *command, const char *given, size_t n)
{
	int i;

	for (i = 0; i < OPTIONS_MAX && command->option[i].name; i++)
		if (strlen(command->option[i].name) == n &&
		    !strncmp(command->option[i].name, given, n))
			return i;
	return -1;
}

static bool is_many(const struct option_of *o)
{
	return o->value && strstr(o->value, "...");
}

/* @given: what follows the dashes; @next: the argument after it. Return: arguments taken. */
static int read_option(struct args *args, const char *given, char *next)
{
	size_t n = strcspn(given, "=");
	const char *value = given[n] ? given + n + 1 : NULL;
	int i = find(args->command, given, n);

	if (i < 0)
		usage("there is no option --%.*s", (int)n, given);
	if (args->value[i] && !is_many(&args->command->option[i]))
		usage("--%.*s is given twice", (int)n, given);
	if (!args->command->option[i].value) {
		if (value)
			usage("--%.*s takes no value", (int)n, given);
		args->value[i] = "";
		return 1;
	}
	args->value[i] = value ? value : next;
	if (!args->value[i])
		usage("--%s needs a value", given);
	if (is_many(&args->command->option[i])) {
		if (args->listed == LIST_MAX)
			usage("--%.*s is given too often", (int)n, given);
		args->list[args->listed++] = args->value[i];
	}
	return value ? 1 : 2;
}

static void check_all_there(const struct args *args)
{
	const struct command *command = args->command;
	int i;

	if (args->words < words_least(command))
		usage("%s is missing", command->words);
	if (args->words > words_most(command))
		usage("'%s' is one word too many", args->word[words_most(command)]);
	for (i = 0; i < command->needs; i++)
		if (!args->value[i])
			usage("--%s is missing", command->option[i].name);
}

void args_read(struct args *args, const struct command *command, int argc, char **argv)
{
	bool only_words = false;
	int i = 0;

	*args = (struct args){ .command = command, .word = argv };
	while (i < argc) {
		char *given = argv[i];

		/* Words gather at the beginning of argv, over what has been read. */
		if (only_words || given[0] != '-' || !given[1]) {
			args->word[args->words++] = given;
			i++;
		} else if (!strcmp(given, "--")) {
			only_words = true;
			i++;
		} else if (!strcmp(given, "--json")) {
			args->json = true;
			i++;
		} else if (given[1] == '-') {
			i += read_option(args, given + 2, i + 1 < argc ? argv[i + 1] : NULL);
		} else {
			usage("there is no option %s", given);
		}
	}
	check_all_there(args);
}

const char *arg_text(const struct args *args, const char *option)
{
	int i;

	for (i = 0; i < OPTIONS_MAX && args->command->option[i].name; i++)
		if (!strcmp(args->command->option[i].name, option))
			return args->value[i];
	return NULL;
}

bool arg_uint(const struct args *args, const char *option, uint32_t least, uint32_t most,
	      uint32_t *value)
{
	const char *text = arg_text(args, option);
	uint64_t number;

	if (!text)
		return false;
	if (!parse_uint(text, least, most, &number))
		usage("--%s is a number from %u to %u, not '%s'", option, least, most, text);
	*value = (uint32_t)number;
	return true;
}

uint64_t arg_size(const struct args *args, const char *option)
{
	const char *text = arg_text(args, option);
	uint64_t bytes;

	if (!parse_size(text, &bytes) || !bytes)
		usage("--%s is a size such as 64G or 512M (in binary units), not '%s'", option,
		      text);
	return bytes;
}

void check_name(const char *name)
{
	if (!name_is_valid(name, NAME_CHARS))
		usage("'%s' is no name: it takes 1 to %d letters, digits, dots, dashes and "
		      "underscores", name, NAME_CHARS);
}

const char *word_name(const struct args *args, int i)
{
	check_name(args->word[i]);
	return args->word[i];
}

void check_ifname(const char *name)
{
	if (!ifname_is_valid(name))
		usage("'%s' is no name of a network device: it takes 1 to %d characters", name,
		      IFNAMSIZ - 1);
}

const char *word_ifname(const struct args *args, int i)
{
	check_ifname(args->word[i]);
	return args->word[i];
}
