/* SPDX-License-Identifier: GPL-2.0-only */
/* A frontend of a disk that does not keep to the rules. */
#ifndef _EVIL_H
#define _EVIL_H

#include <xen/grant_table.h>
#include <xen/interface/io/blkif.h>
#include <xen/xenbus.h>

#define PAGES	64

/**
 * struct evil - the frontend
 * @sring:	ring of one page
 * @prod:	requests made
 * @cons:	responses taken
 * @page:	granted to the backend as @gref
 * @ok:		responses that said so, @bad that did not
 * @last:	status of the last one
 * @last_id:	its id
 */
struct evil {
	struct xenbus_device	*xdev;
	struct blkif_sring	*sring;
	grant_ref_t		ring_gref;
	evtchn_port_t		port;
	u32			prod, cons;
	void			*page[PAGES];
	grant_ref_t		gref[PAGES];
	u32			ok, bad;
	int			last;
	u64			last_id;
};

extern char evil_result[256];
bool evil_fail(const char *fmt, ...) __printf(1, 2);

bool evil_prepare(struct evil *e);
bool evil_connect(struct evil *e);
void evil_disconnect(struct evil *e);
bool evil_state(struct evil *e, unsigned int a, unsigned int b, unsigned int ms);
struct blkif_request *evil_next(struct evil *e);
void evil_rw(struct evil *e, u8 op, u64 sector, unsigned int segs);
void evil_push(struct evil *e);
bool evil_wait(struct evil *e, u32 responses, unsigned int ms);
bool evil_expect(struct evil *e, int status, const char *what);
void evil_put(struct evil *e, const char *node, const char *fmt, ...) __printf(3, 4);

/* attack.c, attack_node.c. Return: whether the backend did what it should. */
typedef bool attack_fn(struct evil *e);
attack_fn attack_ops, attack_segs, attack_grefs, attack_indirect, attack_ids, attack_rewrite,
	attack_prod, attack_indices, attack_events, attack_leave, attack_many;
attack_fn attack_nodes, attack_flap;

#endif
