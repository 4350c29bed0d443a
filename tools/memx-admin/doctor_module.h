/* SPDX-License-Identifier: GPL-2.0-only */
/* What the bytes of a kernel module, not compressed, tell of it. */
#ifndef DOCTOR_MODULE_H
#define DOCTOR_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "doctor.h"

/*
 * The linker's build id: two builds have the same one when they are the same, stripped or not. Also
 * of the note alone. Return: whether it has one; without it @id is empty.
 */
bool module_id(const char *text, size_t size, char id[MODULE_ID_TEXT]);

bool module_is_signed(const char *text, size_t size);

#endif
