// SPDX-License-Identifier: GPL-2.0-only
/* Checks of this machine: which there are, and what is said of them. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memx_netlink.h"

#include "command.h"
#include "doctor.h"

enum { EXIT_NOT_SEEN = 2 };

static const struct check *const groups[] = {
	conf_checks, kernel_checks, signature_checks, link_checks, server_checks, use_checks,
	image_checks,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* @text with {1} to {3} replaced. */
static char *fill(const char *text, const char *const word[WORDS_MAX])
{
	char *filled = NULL;
	size_t size;
	FILE *to = open_memstream(&filled, &size);
	int i;

	if (!to)
		return get_memory(NULL, 1, 1);
	for (; *text; text++) {
		i = text[0] == '{' ? text[1] - '1' : -1;
		if (i >= 0 && i < WORDS_MAX && text[2] == '}') {
			fputs(word[i] ? word[i] : "", to);
			text += 2;
		} else {
			fputc(*text, to);
		}
	}
	fclose(to);
	make_printable(filled);
	return filled;
}

void found(struct doctor *d, const struct check *check, const char *one, const char *two,
	   const char *three)
{
	const char *const word[WORDS_MAX] = { one, two, three };
	struct finding *f;

	d->finding = get_memory(d->finding, d->findings + 1, sizeof(*d->finding));
	f = &d->finding[d->findings++];
	f->check = check;
	f->sentence = fill(check->sentence, word);
	f->remedy = fill(check->remedy, word);
}

void unseen(struct doctor *d, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	make_printable(text);
	d->unseen = get_memory(d->unseen, d->unseens + 1, sizeof(*d->unseen));
	d->unseen[d->unseens++] = text;
}

bool is_debian(const struct doctor *d)
{
	return strstr(d->distribution, "debian") || strstr(d->distribution, "ubuntu");
}

static void read_distribution(struct doctor *d)
{
	char *text = root_text(&d->root, "/etc/os-release", NULL), *line, *rest = text;
	size_t n = 0;

	while (text && (line = strsep(&rest, "\n")))
		if (n < sizeof(d->distribution) &&
		    (!strncmp(line, "ID=", 3) || !strncmp(line, "ID_LIKE=", 8)))
			n += (size_t)snprintf(d->distribution + n, sizeof(d->distribution) - n,
					      "%s ", strchr(line, '=') + 1);
	free(text);
}

/* A module that is not loaded is no reason to complain here: the checks say it. */
static bool ask_kernel(struct doctor *d)
{
	struct view *v = &d->view;
	struct conn conn;
	bool done;

	if (!conn_open(&conn, MEMX_RMAP_GENL, false))
		return true;
	done = query_node(&conn, &v->node) && query_links(&conn, &v->links) &&
	       query_keys(&conn, &v->keys) && query_peers(&conn, &v->peers);
	conn_close(&conn);
	d->have_rmap = done;
	if (done && conn_open(&conn, MEMX_CLIENT_GENL, false)) {
		done = query_volumes(&conn, &v->volumes);
		conn_close(&conn);
		v->have_volumes = done;
	}
	if (done && conn_open(&conn, MEMX_SERVER_GENL, false)) {
		done = query_server(&conn, &v->server);
		conn_close(&conn);
		v->have_server = done;
	}
	return done;
}

void doctor_run(struct doctor *d)
{
	const struct check *c;
	size_t i;

	read_distribution(d);
	kernels_read(d);
	images_read(d);
	for (i = 0; i < GROUPS; i++)
		for (c = groups[i]; c->id; c++)
			c->look(d, c);
}

void doctor_free(struct doctor *d)
{
	while (d->findings) {
		free(d->finding[--d->findings].sentence);
		free(d->finding[d->findings].remedy);
	}
	free(d->finding);
	names_free(d->unseen, d->unseens);
	while (d->images)
		free(d->image[--d->images].conf);
	conf_free(&d->conf);
	inifile_free(&d->file);
	free(d->view.links.v);
	free(d->view.keys.v);
	free(d->view.peers.v);
	free_volumes(&d->view.volumes);
}

static const char *severity_name(const struct finding *f)
{
	return f->check->severity == ERROR ? "error" : "warning";
}

static void print_text(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->findings; i++) {
		const struct finding *f = &d->finding[i];

		printf("%s %s: %s\n  %s\n", severity_name(f), f->check->id, f->sentence,
		       f->remedy);
	}
	for (i = 0; i < d->unseens; i++)
		printf("not looked at: %s\n", d->unseen[i]);
	if (!d->findings && !d->unseens)
		puts("There is nothing to do.");
}

static void print_json(const struct doctor *d)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	struct json_object *not_seen = json_object_new_array();
	size_t i;

	for (i = 0; i < d->findings; i++) {
		struct json_object *f = json_object_new_object();

		json_set_text(f, "id", d->finding[i].check->id);
		json_set_text(f, "severity", severity_name(&d->finding[i]));
		json_set_text(f, "sentence", d->finding[i].sentence);
		json_set_text(f, "remedy", d->finding[i].remedy);
		json_object_array_add(list, f);
	}
	for (i = 0; i < d->unseens; i++)
		json_object_array_add(not_seen, json_object_new_string(d->unseen[i]));
	json_object_object_add(o, "findings", list);
	json_object_object_add(o, "unseen", not_seen);
	json_print(o);
}

static int doctor(const struct args *args)
{
	const char *folder = arg_text(args, "root");
	struct doctor d = { .live = !folder };
	int code;

	if (!root_use(&d.root, folder ? folder : "/")) {
		say("cannot look at %s: %s", folder, strerror(errno));
		return EXIT_NOT_SEEN;
	}
	if (d.live && !ask_kernel(&d))
		unseen(&d, "what the kernel modules know, as said above");
	doctor_read_conf(&d);
	doctor_run(&d);
	if (args->json)
		print_json(&d);
	else
		print_text(&d);
	code = d.findings ? EXIT_REFUSED : d.unseens ? EXIT_NOT_SEEN : EXIT_OK;
	doctor_free(&d);
	close(d.root.fd);
	return code;
}

const struct command doctor_commands[] = {
	{ "doctor", "", "look for what is wrong on this machine, and say what to do about it",
	  doctor, 0, { { "root", "DIR", "look at the files of a system below DIR instead" } } },
	{ 0 }
};
