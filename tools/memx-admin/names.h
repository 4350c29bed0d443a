/* SPDX-License-Identifier: GPL-2.0-only */
/* The words for the numbers of the wire. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

#define SECURITY_NONE	0	/* names.c asserts it */
#define SECURITY_NOISE	1

#define PING_BYTES_MAX	65536
#define MTU_LEAST	1500
#define MTU_MOST	9000
#define ETHERTYPE_LEAST	0x600
#define ETHERTYPE_MOST	0xffff
#define ETHERTYPE_DEFAULT	0x88b5

/* "none" or "psk" */
const char *security_name(uint8_t security);

/* Return: false when there is none of this name. */
bool security_number(const char *name, uint8_t *security);

/* "ok", "pressured", "draining", "full", "stopped" */
const char *load_name(uint8_t load);
bool load_is_ok(uint8_t load);

/* What to think of a server, in one word. */
const char *peer_state(const struct peer *p);

/* "none", "connecting", "up" */
const char *session_name(uint8_t session);

#endif
