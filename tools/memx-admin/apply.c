// SPDX-License-Identifier: GPL-2.0-only
/* From what runs to what memx.conf wants, and back to nothing. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "plan.h"
#include "steps.h"

#define WAIT_S		10	/* defaults */
#define TIMEOUT_S	60

static void read_parts(const struct args *args, struct parts *parts)
{
	int i;

	*parts = (struct parts){ 0 };
	for (i = 0; i < args->listed; i++) {
		if (!strcmp(args->list[i], "node"))
			parts->node = true;
		else if (!strcmp(args->list[i], "server"))
			parts->server = true;
		else if (!strcmp(args->list[i], "volumes"))
			parts->volumes = true;
		else
			usage("--part is node, server or volumes, not '%s'", args->list[i]);
	}
	if (!args->listed)
		parts->node = parts->server = parts->volumes = true;
}

/* Return: false when the file is not to be understood, which has been told. */
static bool read_conf(const struct args *args, struct inifile *file, struct conf *conf)
{
	const char *path = arg_text(args, "config");

	if (!inifile_read(file, path ? path : DEFAULT_CONF))
		return false;
	if (path && strcmp(path, DEFAULT_CONF) && !file->exists) {
		say("there is no file %s", path);
		return false;
	}
	return conf_take(conf, file);
}

static const char *const end_words[] = {
	[STEP_PLANNED] = "planned", [STEP_DONE] = "done", [STEP_FAILED] = "failed",
	[STEP_LATE] = "late", [STEP_LEFT] = "left",
};

static void add_texts(struct json_object *to, const char *key, const struct texts *t)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < t->n; i++)
		json_object_array_add(list, json_object_new_string(t->v[i]));
	json_object_object_add(to, key, list);
}

static void print_json(const struct plan *p, const struct run *run)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *step;
	size_t i;

	for (i = 0; i < p->n; i++) {
		step = json_object_new_object();
		json_set_text(step, "object", p->step[i].object);
		json_set_text(step, "step", p->step[i].text);
		json_set_text(step, "end", end_words[run->step_end[i]]);
		json_object_array_add(list, step);
	}
	json_object_object_add(o, "plan", list);
	add_texts(o, "notes", &p->notes);
	add_texts(o, "faults", &p->faults);
	json_print(o);
}

static void print_text(const struct plan *p, const char *nothing)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		printf("%s: %s\n", p->step[i].object, p->step[i].text);
	if (!p->n && !p->faults.n)
		puts(nothing);
	for (i = 0; i < p->notes.n; i++)
		printf("note: %s\n", p->notes.v[i]);
	fflush(stdout);
}

/* Shows the plan, and does it. Return: the exit code. */
static int carry_out(const struct args *args, const struct plan *p, struct run *run,
		     const char *nothing)
{
	size_t i;

	run->command = args->command->name;
	run->step_end = get_memory(NULL, p->n + 1, sizeof(*run->step_end));
	memset(run->step_end, 0, (p->n + 1) * sizeof(*run->step_end));
	if (!args->json)
		print_text(p, nothing);
	for (i = 0; i < p->faults.n; i++)
		say("%s", p->faults.v[i]);
	if (!arg_text(args, "dry-run"))
		steps_run(run, p);
	if (p->faults.n)
		run->exit_code = EXIT_REFUSED;
	if (args->json)
		print_json(p, run);
	free(run->step_end);
	return run->exit_code;
}

static int apply(const struct args *args)
{
	uint32_t wait = WAIT_S;
	struct inifile file;
	struct run run = { 0 };
	struct running running;
	struct parts parts;
	struct conf conf = { 0 };
	struct plan plan = { 0 };
	int code = EXIT_USAGE;

	read_parts(args, &parts);
	parts.boot_only = arg_text(args, "boot");
	arg_uint(args, "wait", 0, TIMEOUT_MOST, &wait);
	run.end = deadline_in(wait);
	if (read_conf(args, &file, &conf)) {
		code = EXIT_REFUSED;
		if (running_read(&running, &conf)) {
			plan_apply(&plan, &conf, &running, &parts);
			code = carry_out(args, &plan, &run, conf.any ?
					 "All is as it is wanted." : "Nothing is wanted.");
			plan_free(&plan);
		}
		running_free(&running);
	}
	conf_free(&conf);
	inifile_free(&file);
	return code;
}

static int down(const struct args *args)
{
	uint32_t timeout = TIMEOUT_S;
	struct run run = { 0 };
	struct running running;
	struct parts parts;
	struct plan plan;
	int code = EXIT_REFUSED;

	read_parts(args, &parts);
	arg_uint(args, "timeout", 0, TIMEOUT_MOST, &timeout);
	run.end = deadline_in(timeout);
	run.force = arg_text(args, "force");
	if (running_read(&running, NULL)) {
		plan_down(&plan, &running, &parts, run.force);
		code = carry_out(args, &plan, &run, "Nothing runs.");
		plan_free(&plan);
	}
	running_free(&running);
	return code;
}

#define PART { "part", "node|server|volumes...", "only this part; more than one can be given" }

const struct command apply_commands[] = {
	{ "apply", "", "make this machine as the configuration file wants it", apply, 0,
	  { { "dry-run", NULL, "show the plan only" }, CONFIG_OPTION, PART,
	    { "boot", NULL, "of the volumes only those with boot=yes" },
	    { "wait", "SECONDS", "for devices of links and for servers, by default 10" } } },
	{ "down", "", "take back volumes, server and links", down, 0,
	  { { "dry-run", NULL, "show the plan only" }, PART,
	    { "timeout", "SECONDS", "for swapoff, by default 60" },
	    { "force", NULL, "even what is in use: what it holds is lost" } } },
	{ 0 }
};
