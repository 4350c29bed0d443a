/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a system that lies below a folder: links in it, absolute ones as well, stay inside. So
 * an image or a chroot is looked at without running anything of it.
 */
#ifndef DOCTOR_ROOT_H
#define DOCTOR_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PATH_BYTES	512

struct root {
	int fd;
};

/* Return: false, with errno, when there is no such folder. */
bool root_use(struct root *root, const char *folder);

/* Return: a file to read, or -1 with errno. */
int root_open(const struct root *root, const char *path);

bool root_has(const struct root *root, const char *path);
bool root_stat(const struct root *root, const char *path, struct stat *st);

/* The text of a file, or NULL. The caller frees it. @size may be NULL. */
char *root_text(const struct root *root, const char *path, size_t *size);

/* Its first line into @line. Return: false when there is none. */
bool root_line(const struct root *root, const char *path, char *line, size_t size);

/*
 * Names in a folder that begin with @prefix, by version, oldest first. Return: their number; the
 * caller frees them with names_free().
 */
size_t root_names(const struct root *root, const char *path, const char *prefix, char ***names);
void names_free(char **names, size_t n);

/* A compressed file as it was before, by the program that its first bytes ask for. */
struct unpacked {
	FILE *file;
	pid_t program;		/* 0: none was needed */
};

/* Takes over @fd, which is read from where it is. Return: false when it cannot be unpacked. */
bool unpack(struct unpacked *u, int fd);

/* Return: false when the program is not there, or failed. */
bool unpack_end(struct unpacked *u);

/* Unpacks all of it into memory. Return: NULL when that fails. */
char *unpack_all(int fd, size_t *size);

#endif
