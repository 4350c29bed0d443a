/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the steps of a plan. */
#ifndef STEPS_H
#define STEPS_H

#include "deadline.h"
#include "plan.h"
#include "say.h"

enum { EXIT_LATE = 3 };	/* time ran out; the rest was done */

enum step_end {
	STEP_PLANNED,
	STEP_DONE,
	STEP_FAILED,
	STEP_LATE,		/* time ran out */
	STEP_LEFT,		/* not tried, because what it needs failed */
};

struct run {
	const char *command;		/* "apply", for sentences */
	deadline end;			/* for devices, servers, or swapoff */
	bool force;
	enum step_end *step_end;	/* by step of the plan */
	int exit_code;
};

/* Goes on after a failure with all that does not need what failed. */
void steps_run(struct run *run, const struct plan *plan);

#endif
