// SPDX-License-Identifier: GPL-2.0-only
/* memx-admin: which command it is, and help. */
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const groups[] = {
	status_commands, apply_commands, doctor_commands, server_commands, link_commands,
	key_commands, node_commands, peer_commands, volume_commands, ping_commands,
	events_commands, xen_commands,
};

#define COLUMNS 80

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* Return: whether @name is @words, or begins with them. */
static bool begins_with(const char *name, const char *words)
{
	size_t n = strlen(words);

	return !strncmp(name, words, n) && (!name[n] || name[n] == ' ');
}

static const struct command *find(const char *name)
{
	const struct command *c;
	size_t i;

	for (i = 0; i < GROUPS; i++)
		for (c = groups[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

/* One more piece of a line that is folded at its end. */
static void print_piece(int *column, const char *piece)
{
	int n = (int)strlen(piece) + 1;

	if (*column + n > COLUMNS) {
		fputs("\n       ", stdout);
		*column = 7;
	}
	printf(" %s", piece);
	*column += n;
}

static void print_synopsis(const struct command *c)
{
	char piece[64];
	int column, i;

	column = printf("memx-admin %s", c->name);
	if (c->words[0])
		print_piece(&column, c->words);
	for (i = 0; i < OPTIONS_MAX && c->option[i].name; i++) {
		const struct option_of *o = &c->option[i];

		snprintf(piece, sizeof(piece), "%s--%s%s%s%s", i < c->needs ? "" : "[", o->name,
			 o->value ? " " : "", o->value ? o->value : "", i < c->needs ? "" : "]");
		print_piece(&column, piece);
	}
	print_piece(&column, "[--json]");
	putchar('\n');
}

static void print_command(const struct command *c)
{
	int i;

	print_synopsis(c);
	printf("  %s\n", c->summary);
	for (i = 0; i < OPTIONS_MAX && c->option[i].name; i++) {
		char option[64];

		snprintf(option, sizeof(option), "--%s %s", c->option[i].name,
			 c->option[i].value ? c->option[i].value : "");
		printf("    %-26s  %s\n", option, c->option[i].help);
	}
}

static void print_help(void)
{
	const struct command *c;
	size_t i;

	puts("memx-admin: the memory of other machines as block devices\n");
	for (i = 0; i < GROUPS; i++) {
		for (c = groups[i]; c->name; c++) {
			char call[64];

			snprintf(call, sizeof(call), "%s%s%s", c->name, c->words[0] ? " " : "",
				 c->words);
			printf("  %-24s  %s\n", call, c->summary);
		}
	}
	puts("\nEvery command takes --json and --help. memx-admin(8) says more.");
}

/* Help of all commands that begin with these words. */
static void print_help_of(const char *words)
{
	const char *between = "";
	const struct command *c;
	size_t i;

	for (i = 0; i < GROUPS; i++) {
		for (c = groups[i]; c->name; c++) {
			if (!begins_with(c->name, words))
				continue;
			fputs(between, stdout);
			between = "\n";
			print_command(c);
		}
	}
}

static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

/* The longest name that the first words make. Return: words taken. */
static int choose(int argc, char **argv, const struct command **command)
{
	char two[64];

	*command = find("status");
	if (!argc || argv[0][0] == '-')
		return 0;
	if (argc > 1) {
		snprintf(two, sizeof(two), "%s %s", argv[0], argv[1]);
		*command = find(two);
		if (*command)
			return 2;
	}
	*command = find(argv[0]);
	return *command ? 1 : 0;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	bool json = argc && !strcmp(argv[0], "--json");
	struct args args;
	int taken;

	argc -= json;
	argv += json;
	taken = choose(argc, argv, &command);
	if (!command)
		usage("there is no command '%s'", argv[0]);
	if (taken == 1 && argc > 1 && !words_most(command) && argv[1][0] != '-')
		usage("there is no command '%s %s'", argv[0], argv[1]);
	if (wants_help(argc, argv)) {
		if (taken)
			print_help_of(command->name);
		else
			print_help();
		return EXIT_OK;
	}
	say_about(command->name, NULL);
	args_read(&args, command, argc - taken, argv + taken);
	args.json = args.json || json;
	say_about(command->name, args.words ? args.word[0] : NULL);
	return command->run(&args);
}

int main(int argc, char **argv)
{
	int code;

	if (argc == 2 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("memx-admin " VERSION);
		code = EXIT_OK;
	} else {
		code = run(argc - 1, argv + 1);
	}
	if (fflush(stdout) || ferror(stdout)) {
		say_plain("the output could not be written");
		code = EXIT_REFUSED;
	}
	return code;
}
