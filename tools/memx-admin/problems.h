/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong, in sentences: the part of status that one looks for. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include "model.h"
#include "query.h"

/* All that status knows. */
struct view {
	struct node node;
	struct links links;
	struct keys keys;
	struct peers peers;
	bool have_server;
	struct server server;
	bool have_volumes;
	struct volumes volumes;
};

struct problems {
	char **text;
	size_t n;
};

void problems_find(const struct view *view, struct problems *problems);
void problems_free(struct problems *problems);

#endif
