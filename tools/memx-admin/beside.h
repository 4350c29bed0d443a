/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that takes the place of another when all is in it. */
#ifndef BESIDE_H
#define BESIDE_H

/*
 * Makes an empty file in the folder of @path, with a hidden name that says whose it is: the package
 * removes what a crash left. Return: a descriptor, and its name in @beside, which the caller frees;
 * or -1 with errno, and NULL.
 */
int open_beside(const char *path, char **beside);

#endif
