/* SPDX-License-Identifier: GPL-2.0-only */
/* A command: how it is called, what help says of it, what it does. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "json.h"
#include "keyfile.h"
#include "model.h"
#include "names.h"
#include "query.h"
#include "say.h"
#include "units.h"

#define OPTIONS_MAX	12
#define LIST_MAX	8

struct option_of {
	const char *name;
	/* What help calls its value; NULL: it has none; "WORD...": it can be given many times. */
	const char *value;
	const char *help;
};

struct args;

struct command {
	const char *name;	/* one word, or two; NULL: the last of a list */
	const char *words;	/* what help calls the word after it: "", "WORD" or "[WORD]" */
	const char *summary;
	int (*run)(const struct args *args);
	int needs;		/* so many of the options, from the first, must be there */
	struct option_of option[OPTIONS_MAX];
};

struct args {
	const struct command *command;
	bool json;
	int words;
	char **word;
	const char *value[OPTIONS_MAX];
	const char *list[LIST_MAX];	/* values of the option that can be given more than once */
	int listed;
};

/* Lists of commands: each is in the file of its noun. */
extern const struct command status_commands[], server_commands[], link_commands[];
extern const struct command key_commands[], node_commands[], peer_commands[];
extern const struct command volume_commands[], events_commands[], ping_commands[];
extern const struct command doctor_commands[], apply_commands[], xen_commands[];

/* What the commands take that can write what they change to the configuration file. */
#define CONFIG_OPTION	{ "config", "FILE", "not /etc/memx/memx.conf, but this file" }
#define SAVE_OPTIONS	{ "save", NULL, "write it to the configuration file too" }, \
			CONFIG_OPTION

/* Words that a command takes after its name. */
static inline int words_most(const struct command *c)
{
	return c->words[0] ? 1 : 0;
}

static inline int words_least(const struct command *c)
{
	return c->words[0] && c->words[0] != '[' ? 1 : 0;
}

/* Reads what follows the name of @command. Anything wrong ends the program. */
void args_read(struct args *args, const struct command *command, int argc, char **argv);

/* The same for what an option or a word is; absent options are NULL or false. */
const char *arg_text(const struct args *args, const char *option);
bool arg_uint(const struct args *args, const char *option, uint32_t least, uint32_t most,
	      uint32_t *value);
uint64_t arg_size(const struct args *args, const char *option);
const char *word_name(const struct args *args, int i);
const char *word_ifname(const struct args *args, int i);
void check_name(const char *name);
void check_ifname(const char *name);

/* For status. */
void print_links(const struct links *links, unsigned int indent);
void print_peers(const struct peers *peers, unsigned int indent);
void print_volumes(const struct volumes *volumes, unsigned int indent);
void print_server(const struct server *server, unsigned int indent);

/* For apply and down. */
uint64_t machine_bytes(void);

/* A refusal says whose pages are here. */
bool server_stop(struct conn *conn, bool force);

/* Gives the kernel the key of @file, which must be ours alone. */
bool key_load(struct conn *conn, const char *file);

static inline int exit_code(bool done)
{
	return done ? EXIT_OK : EXIT_REFUSED;
}

#endif
