/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a cluster key: 64 hexadecimal digits, a newline. Failures have been told when these
 * return false.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

#define DEFAULT_KEY	"/etc/memx/cluster.key"

/* A new key, mode 0600. An existing file is replaced at once and as a whole, when @replace. */
bool keyfile_make(const char *file, bool replace);

/* Refused when anyone but the owner can read it. The caller wipes @key. */
bool keyfile_read(const char *file, uint8_t key[KEY_BYTES]);

#endif
