/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes wrong in a seed, and when. */
#ifndef _FAULTS_H
#define _FAULTS_H

#include "world.h"

struct faults *faults_new(struct world *w);	/* the network, the nodes and the plan of a seed */
u64 faults_until(const struct world *w);	/* when they end, nanoseconds */
bool faults_clean(const struct world *w);	/* nothing goes wrong in this seed */
bool faults_mild(const struct world *w);	/* as much as a bad network does, no more */
void faults_heal(struct world *w);
void faults_free(struct world *w);

#endif
