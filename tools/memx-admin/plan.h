/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps from what runs to what is wanted: decided here, without a look or touch of its own. */
#ifndef PLAN_H
#define PLAN_H

#include "conf.h"
#include "running.h"

enum step_kind {
	STEP_MODULE,		/* load .name */
	STEP_NODE,		/* .wish */
	STEP_KEY,		/* .file */
	STEP_WAIT_DEVICE,	/* until the network device .name exists */
	STEP_DEVICE_UP,		/* .name */
	STEP_LINK_DEL,		/* .name */
	STEP_LINK_ADD,		/* .link */
	STEP_PEER_DEL,		/* .name */
	STEP_PEER_ADD,		/* .peer */
	STEP_SERVER_START,	/* .bytes */
	STEP_SERVER_SET,	/* .bytes */
	STEP_SERVER_STOP,
	STEP_WAIT_SERVERS,	/* until they have .bytes free */
	STEP_VOLUME_CREATE,	/* .volume */
	STEP_VOLUME_RESIZE,	/* .name, .bytes */
	STEP_VOLUME_SET,	/* .volume */
	STEP_SWAP_ON,		/* .volume */
	STEP_SWAP_OFF,		/* .name, .disk */
	STEP_VOLUME_DESTROY,	/* .name */
};

#define OBJECT_TEXT	48
#define NEEDS_MAX	2

struct step {
	enum step_kind kind;
	char object[OBJECT_TEXT];		/* "link eth1" */
	char needs[NEEDS_MAX][OBJECT_TEXT];	/* done only if no step of these objects failed */
	bool anyway;				/* done even then */
	char text[SENTENCE_BYTES];		/* what is done, for people */
	char name[NAME_BYTES];
	char disk[NAME_BYTES];
	const char *file;
	uint64_t bytes;
	struct node_wish wish;
	const struct conf_link *link;
	const struct conf_peer *peer;
	const struct conf_volume *volume;
};

struct texts {
	char **v;
	size_t n;
};

struct plan {
	struct step *step;
	size_t n;
	struct texts notes;	/* what is left as it is */
	struct texts faults;	/* what cannot be as it is wanted */
};

struct parts {
	bool node;
	bool server;
	bool volumes;
	bool boot_only;		/* of the volumes those that are wanted at boot */
};

/* The plan refers to @conf. */
void plan_apply(struct plan *plan, const struct conf *conf, const struct running *r,
		const struct parts *parts);

/*
 * Takes everything back that the parts are about. @force: what is in use as well, and what follows
 * a step that failed.
 */
void plan_down(struct plan *plan, const struct running *r, const struct parts *parts, bool force);

void plan_free(struct plan *plan);

/* The bytes that [server] asks for on this machine, as the kernel would round them. */
uint64_t plan_capacity(const struct conf *conf, const struct running *r);

#endif
