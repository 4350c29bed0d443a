// SPDX-License-Identifier: GPL-2.0-only
/* An INI file as lines. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "inifile.h"
#include "say.h"

/* The library cuts what is longer: its buffer of 200 has room for a line, its end and a NUL. */
#define LINE_MOST	197

static char *copy(const char *text)
{
	char *new = strdup(text);

	if (!new) {
		say_plain("there is no memory left");
		exit(EXIT_REFUSED);
	}
	return new;
}

static void forget(struct ini_line *l)
{
	free(l->name);
	free(l->value);
	l->name = l->value = NULL;
	l->fault = NULL;
}

/* "link  eth1" is "link eth1". */
static void squeeze(char *name)
{
	char *to = name;

	for (; *name; name++)
		if (*name != ' ' && *name != '\t')
			*to++ = *name;
		else if (name[1] && name[1] != ' ' && name[1] != '\t')
			*to++ = ' ';
	*to = '\0';
}

/* What the library found in the line. Some builds of it tell of a section with an empty @name. */
static int found(void *arg, const char *section, const char *name, const char *value)
{
	struct ini_line *l = arg;

	if (l->name)
		return 1;
	if (l->kind == INI_SECTION) {
		l->name = copy(section + strspn(section, " \t"));
		squeeze(l->name);
	} else if (name) {
		l->name = copy(name);
		l->value = copy(value ? value : "");
	}
	return 1;
}

/* Behind the ] of a section the library takes anything. */
static bool ends_well(const char *section)
{
	const char *end = strchr(section, ']');

	if (!end)
		return true;
	end += 1 + strspn(end + 1, " \t");
	return !*end || *end == ';' || *end == '#';
}

/*
 * A line at a time, so that its number is known whatever options the library was built with. It
 * tells of a section with its first key only; hence the key behind.
 */
static void understand(struct ini_line *l)
{
	const char *start = l->text + strspn(l->text, " \t\v\f\r");
	char text[LINE_MOST + 16];

	forget(l);
	l->kind = INI_BLANK;
	if (!*start || *start == '#' || *start == ';')
		return;
	l->kind = *start == '[' ? INI_SECTION : INI_KEY;
	if (strlen(start) > LINE_MOST) {
		l->kind = INI_FAULT;
		l->fault = "the line is too long";
		return;
	}
	snprintf(text, sizeof(text), "%s%s", start, l->kind == INI_SECTION ? "\nkey=1\n" : "\n");
	if (ini_parse_string(text, found, l) || !l->name || !l->name[0] ||
	    (l->kind == INI_SECTION && !ends_well(start))) {
		forget(l);
		l->kind = INI_FAULT;
		l->fault = "this is neither [SECTION] nor KEY=VALUE";
	}
}

static struct ini_line *insert(struct inifile *f, size_t at, const char *text)
{
	struct ini_line *l;

	f->line = get_memory(f->line, f->n + 1, sizeof(*f->line));
	memmove(f->line + at + 1, f->line + at, (f->n - at) * sizeof(*f->line));
	f->n++;
	l = &f->line[at];
	*l = (struct ini_line){ .text = copy(text) };
	understand(l);
	return l;
}

static void take_out(struct inifile *f, size_t at)
{
	forget(&f->line[at]);
	free(f->line[at].text);
	f->n--;
	memmove(f->line + at, f->line + at + 1, (f->n - at) * sizeof(*f->line));
}

void inifile_take(struct inifile *f, const char *path, const char *text)
{
	static const char bom[] = "\xef\xbb\xbf";
	char *all = copy(text), *rest = all, *line;

	*f = (struct inifile){ .path = copy(path), .exists = true };
	if (!strncmp(rest, bom, strlen(bom)))
		rest += strlen(bom);
	while ((line = strsep(&rest, "\n")))
		if (rest || *line)
			insert(f, f->n, line);
	free(all);
}

/* Return: the text, or NULL with errno. A NUL in it would hide what follows. */
static char *slurp(const char *path)
{
	FILE *from = fopen(path, "re"), *to;
	char *text = NULL, part[4096];
	size_t n, size;
	int err;

	if (!from)
		return NULL;
	to = open_memstream(&text, &size);
	while (to && (n = fread(part, 1, sizeof(part), from)))
		fwrite(part, 1, n, to);
	err = ferror(from) ? errno : 0;
	fclose(from);
	if (!to || fclose(to))
		err = ENOMEM;
	if (!err && strlen(text) != size)
		err = EILSEQ;
	if (!err)
		return text;
	free(text);
	errno = err;
	return NULL;
}

bool inifile_read(struct inifile *f, const char *path)
{
	char *text = slurp(path);

	if (!text && errno != ENOENT && errno != ENOTDIR) {
		say("cannot read %s: %s", path,
		    errno == EILSEQ ? "it is no text" : strerror(errno));
		*f = (struct inifile){ 0 };
		return false;
	}
	inifile_take(f, path, text ? text : "");
	f->exists = text;
	free(text);
	return true;
}

void inifile_free(struct inifile *f)
{
	while (f->n)
		take_out(f, f->n - 1);
	free(f->line);
	free(f->path);
	*f = (struct inifile){ 0 };
}

/* Return: the line of the section's head, or f->n. */
static size_t head_of(const struct inifile *f, const char *section)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->line[i].kind == INI_SECTION && !strcmp(f->line[i].name, section))
			break;
	return i;
}

bool inifile_has_section(const struct inifile *f, const char *section)
{
	return head_of(f, section) < f->n;
}

/* Return: the head of the next section, or f->n. */
static size_t end_of(const struct inifile *f, size_t head)
{
	size_t i = head + 1;

	while (i < f->n && f->line[i].kind != INI_SECTION)
		i++;
	return i;
}

void inifile_add_section(struct inifile *f, const char *section)
{
	char *text;

	if (head_of(f, section) < f->n)
		return;
	if (f->n && (f->line[f->n - 1].kind != INI_BLANK || f->line[f->n - 1].text[0]))
		insert(f, f->n, "");
	if (asprintf(&text, "[%s]", section) < 0)
		return;
	insert(f, f->n, text);
	free(text);
}

/* The new value in the place of the old one: what is around it stays, also a comment behind. */
static void change_value(struct ini_line *l, const char *value)
{
	size_t at = strcspn(l->text, "=:") + 1;
	const char *rest;
	char *text;

	at += strspn(l->text + at, " \t");
	rest = l->text + at + strlen(l->value);
	if (asprintf(&text, "%.*s%s%s", (int)at, l->text, value, rest) < 0)
		return;
	free(l->text);
	l->text = text;
	understand(l);
}

void inifile_set(struct inifile *f, const char *section, const char *key, const char *value)
{
	size_t head, end, i, last;
	char *text;

	if (value)
		inifile_add_section(f, section);
	head = last = head_of(f, section);
	end = head < f->n ? end_of(f, head) : f->n;
	for (i = head; i < end; i++) {
		if (f->line[i].kind != INI_KEY)
			continue;
		last = i;
		if (strcmp(f->line[i].name, key))
			continue;
		if (!value)
			take_out(f, i);
		else if (strcmp(f->line[i].value, value))
			change_value(&f->line[i], value);
		return;
	}
	if (value && asprintf(&text, "%s=%s", key, value) >= 0) {
		insert(f, last + 1, text);
		free(text);
	}
}

static bool is_empty(const struct inifile *f, size_t i)
{
	return i < f->n && f->line[i].kind == INI_BLANK && !*f->line[i].text;
}

bool inifile_remove_section(struct inifile *f, const char *section)
{
	size_t head = head_of(f, section), end, i;

	if (head == f->n)
		return false;
	end = end_of(f, head);
	for (i = end; i-- > head; )
		if (f->line[i].kind != INI_BLANK)
			take_out(f, i);
	/* The empty lines before and behind are one gap now. */
	while (is_empty(f, head) && (!head || is_empty(f, head - 1)))
		take_out(f, head);
	while (f->n && head == f->n && is_empty(f, f->n - 1)) {
		take_out(f, f->n - 1);
		head--;
	}
	return true;
}

char *inifile_text(const struct inifile *f)
{
	char *text = NULL;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	for (i = 0; to && i < f->n; i++)
		fprintf(to, "%s\n", f->line[i].text);
	if (!to || fclose(to)) {
		say_plain("there is no memory left");
		exit(EXIT_REFUSED);
	}
	return text;
}

static void make_folder_of(const char *path)
{
	char *folder = copy(path);

	mkdir(dirname(folder), 0755);
	free(folder);
}

/* As the file was that it replaces. Return: false with errno. */
static bool fill(int fd, const char *path, const char *text)
{
	size_t n = strlen(text);
	mode_t mode = 0644;
	struct stat st;

	if (!stat(path, &st)) {
		mode = st.st_mode & 07777;
		if (fchown(fd, st.st_uid, st.st_gid))
			return false;
	}
	if (fchmod(fd, mode))
		return false;
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done < 0)
			return false;
		text += done;
		n -= (size_t)done;
	}
	return !fsync(fd);
}

/* A file beside it that takes its name when all is in it. Return: false with errno. */
static bool replace(const char *path, const char *text)
{
	char *beside;
	int fd = open_beside(path, &beside);
	bool done;

	if (fd < 0)
		return false;
	done = fill(fd, path, text);
	if (close(fd))
		done = false;
	done = done && !rename(beside, path);
	if (!done) {
		int err = errno;

		unlink(beside);
		errno = err;
	}
	free(beside);
	return done;
}

bool inifile_write(const struct inifile *f)
{
	char *text = inifile_text(f);
	char *path = realpath(f->path, NULL);	/* a symbolic link stays one */
	bool done;

	if (!path)
		make_folder_of(f->path);
	done = replace(path ? path : f->path, text);
	if (!done)
		say("cannot write %s: %s", f->path, strerror(errno));
	free(path);
	free(text);
	return done;
}
