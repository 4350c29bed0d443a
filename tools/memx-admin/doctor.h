/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What could be wrong with MemX on this machine, and what to do about it. A check is a row of a
 * table: a function that looks for one fault, and the sentences for it. Nothing here changes
 * anything.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "doctor_root.h"
#include "problems.h"

#define RELEASE_BYTES	128
#define WORDS_MAX	3		/* that a sentence is filled with */
#define KERNELS_MAX	2
#define MODULE_ID_TEXT	65		/* the build id in hexadecimal digits */

enum severity { WARNING, ERROR };

struct doctor;
struct check;

struct check {
	const char *id;			/* ABI: in JSON and in docs/INSTALL.md */
	enum severity severity;
	const char *sentence;		/* {1} to {3} are what @look found */
	const char *remedy;
	void (*look)(struct doctor *d, const struct check *check);
};

struct finding {
	const struct check *check;
	char *sentence;
	char *remedy;
};

/* Why a kernel has no modules. */
enum no_module { HAS_MODULE, OUT_OF_RANGE, LACKS_CONFIG, NO_HEADERS, NO_SOURCE, BUILD_FAILED,
		 NOT_BUILT };

struct kernel {
	char release[RELEASE_BYTES];
	const char *which;		/* "the running" or "the newest" */
	bool running;
	enum no_module why;
	char detail[SENTENCE_BYTES];	/* the range, the option, or the log */
	bool headers;
	bool module_read;		/* it has one, and these are known of it */
	bool is_signed;
	char module_id[MODULE_ID_TEXT];	/* empty: it has none */
};

struct image {
	const struct kernel *kernel;
	char path[PATH_BYTES];
	bool there, read;
	bool has_module, has_key, readable_by_others;
	char module_id[MODULE_ID_TEXT];
	const char *key_file;		/* that it should hold */
	char *conf;			/* the memx.conf in it, or NULL */
};

struct doctor {
	struct root root;
	bool live;			/* @root is this system, so its kernel was asked */
	bool have_rmap;			/* and answered: @view is filled */
	struct view view;
	struct inifile file;
	struct conf conf;		/* of @file */
	bool conf_fault;
	char distribution[64];		/* ID and ID_LIKE of os-release */
	struct kernel kernel[KERNELS_MAX];
	size_t kernels;
	struct image image[KERNELS_MAX];
	size_t images;
	struct finding *finding;
	size_t findings;
	char **unseen;			/* what could not be looked at */
	size_t unseens;
};

/* A fault of this check, with up to WORDS_MAX words for its sentences; the rest NULL. */
void found(struct doctor *d, const struct check *check, const char *one, const char *two,
	   const char *three);

/* Something could not be looked at. */
void unseen(struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What the checks of a file need, read once. */
void doctor_read_conf(struct doctor *d);
void kernels_read(struct doctor *d);
void images_read(struct doctor *d);

/* The checks of a file; the last has no id. */
extern const struct check conf_checks[], kernel_checks[], signature_checks[];
extern const struct check link_checks[], server_checks[];
extern const struct check use_checks[], image_checks[];

/* All of them. doctor_free() frees what doctor_run() found and what was read for it. */
void doctor_run(struct doctor *d);
void doctor_free(struct doctor *d);

/* The link of this name that the kernel has, or NULL. */
const struct link *doctor_link(const struct doctor *d, const char *ifname);

bool is_debian(const struct doctor *d);

/* The cluster key's, as memx.conf says it or by default. */
const char *doctor_key_file(const struct doctor *d);

#endif
