/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RMAP's in-kernel API: what memx_client and memx_server see of memx_rmap.
 *
 * An initiator opens a session to a peer and submits requests; a target registers a service and
 * answers them. A request completes exactly once: with a reply, or with an error after which
 * nobody may assume anything about its execution: one that was cancelled may even execute after
 * others that were submitted later. It executes at most once as long as the target knows the
 * session. Should the target have forgotten it (five minutes of silence) without losing what it
 * holds, requests under way are asked anew, and none of the old session executes any more.
 */
#ifndef _RMP_H
#define _RMP_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/types.h>

#include "rmp_wire.h"

struct net;
struct rmp_node;
struct rmp_sess;

/* Segments of one request's data, each within a page: 64 KiB that start within a page touch 17. */
#define RMP_SEGS_MAX	17

struct rmp_node *rmp_node(struct net *net);
const u8 *rmp_node_id(const struct rmp_node *node);
u64 rmp_node_incarnation(const struct rmp_node *node);

/*
 * Peers
 */

/**
 * struct rmp_peer_info - what is known of another node that serves (or was added by hand)
 * @id:		node id; all zero for a static peer that was never heard
 * @name:	as the peer says, or as it was added
 * @incarnation: as last heard; a hint until a session confirms it
 * @capacity_pages: donated
 * @free_pages:	not promised yet
 * @rtt_us:	smoothed round-trip time of the session, 0 when not known
 * @seen_ms:	milliseconds since it was last heard
 * @load:	enum rmp_load
 * @suspect:	not heard for three intervals
 */
struct rmp_peer_info {
	u8	id[RMP_NODE_ID_LEN];
	char	name[RMP_NAME_LEN];
	u64	incarnation;
	u64	capacity_pages;
	u64	free_pages;
	u32	rtt_us;
	u32	seen_ms;
	u8	load;
	bool	suspect;
};

int rmp_peers(struct rmp_node *node, struct rmp_peer_info *out, int max);
int rmp_peer_lookup(struct rmp_node *node, const u8 *id, struct rmp_peer_info *out);

/*
 * Initiator
 */

/**
 * struct rmp_req - a request at its initiator
 * @done:	called once, when the request has completed. Context: softirq or process, no lock
 *		of RMAP held; the request belongs to the caller again
 * @head:	head of the request, stays until @done
 * @head_len:	its bytes, at most RMP_HEAD_MAX
 * @echo:	answered by the peer's transport: @head is a struct rmp_echo
 * @bv:	segments of the data: what is sent when @send_len is not 0, else where the reply's data
 *		goes
 * @nr_bv:	how many, at most RMP_SEGS_MAX
 * @ordered:	not executed before another ordered one of the session that was cancelled earlier
 * @whole:	every segment is one whole page, offset 0
 * @send_len:	bytes of data in the request, at most RMP_DATA_MAX
 * @present:	which pages of it travel
 * @recv_len:	most bytes of data that the reply may have
 * @rep_head:	room for the head of the reply
 * @rep_head_max: bytes of that room
 *
 * Results, valid in @done:
 * @err:	0: the peer has answered, see @status. -ESTALE: the peer came back with a new
 *		incarnation, what it held is gone. -ECANCELED: rmp_cancel(). -ESHUTDOWN: the
 *		session was closed. -EPROTO: the answer made no sense
 * @status:	enum rmp_status
 * @rep_head_len: bytes put into @rep_head
 * @rep_present: which pages of the reply's data travelled; the others were not touched
 * @rep_len:	bytes of data in the reply, travelling or not
 *
 * The rest is private to RMAP. Requests with data both ways do not exist.
 */
struct rmp_req {
	void			(*done)(struct rmp_req *rq);
	const void		*head;
	struct bio_vec		*bv;
	void			*rep_head;
	u32			send_len;
	u32			recv_len;
	u16			present;
	u8			nr_bv;
	u8			head_len;
	u8			rep_head_max;
	bool			whole;
	bool			echo;
	bool			ordered;

	u8			status;
	int			err;
	u32			rep_len;
	u16			rep_present;
	u8			rep_head_len;

	struct rmp_sess		*sess;		/* private from here */
	u8			slot;
	u8			state;
	u16			cost;
	struct list_head	list;
};

/**
 * struct rmp_sess_ops - what a session tells its owner
 * @state:	the session came up or went down (unreachable; requests wait, RMAP reconnects by
 *		itself). @why is a sentence for the administrator. Context: process
 * @lost:	the peer answered with a new incarnation: all that it held is gone. Called before
 *		the requests that were under way complete with -ESTALE. Context: process
 */
struct rmp_sess_ops {
	void (*state)(void *priv, bool up, const char *why);
	void (*lost)(void *priv);
};

struct rmp_sess *rmp_sess_open(struct rmp_node *node, const u8 *peer_id, u64 incarnation,
			       const struct rmp_sess_ops *ops, void *priv);
void rmp_sess_close(struct rmp_sess *s);
void rmp_submit(struct rmp_sess *s, struct rmp_req *rq);
bool rmp_cancel(struct rmp_sess *s, struct rmp_req *rq);
u32 rmp_sess_rtt_us(const struct rmp_sess *s);
bool rmp_sess_is_up(const struct rmp_sess *s);

/*
 * Target
 */

/**
 * struct rmp_treq - a request at its target
 * @peer_id:	node that asks
 * @peer_incarnation: its incarnation
 * @head:	head of the request, @head_len bytes
 * @data_len:	bytes of data
 * @present:	which pages of it travelled; page n is @page[n]
 * @page:	the data. The service takes a page by putting NULL in its place; RMAP frees the
 *		others
 *
 * The answer, filled in before rmp_reply():
 * @status:	enum rmp_status
 * @slow:	executed in process context: no sample of the round-trip time
 * @rep_head:	head of the reply, @rep_head_len bytes
 * @rep_len:	bytes of data
 * @rep_present: which pages of it travel
 * @rep_page:	those pages; RMAP takes over one reference of each and keeps it until the slot's
 *		next request
 *
 * All answer fields are zero when the service gets the request.
 */
struct rmp_treq {
	const u8	*peer_id;
	u64		peer_incarnation;
	u32		data_len;
	u32		rep_len;
	u16		present;
	u16		rep_present;
	u8		head_len;
	u8		rep_head_len;
	u8		status;
	bool		slow;
	struct list_head list;		/* for the service, between request() and rmp_reply() */
	struct page	*page[RMP_PAGES_MAX];
	struct page	*rep_page[RMP_PAGES_MAX];
	u8		head[RMP_HEAD_MAX] __aligned(8);
	u8		rep_head[RMP_HEAD_MAX] __aligned(8);
};

/**
 * struct rmp_service - a target's side
 * @page_get:	a fresh page for incoming data, or NULL: the request is answered with RMP_BUSY.
 *		Context: softirq
 * @page_put:	takes references back: of pages for incoming data that the service did not take, of
 *		those of replies. NULL is none, and is put in the place of each. Context: softirq,
 *		a lock of RMAP is held
 * @request:	execute a request and call rmp_reply(), now or later from any context. Context:
 *		softirq
 * @peer_up:	a session of this peer begins. What it opened in other incarnations nobody will
 *		ask for again. Context: process
 */
struct rmp_service {
	struct page *(*page_get)(void *priv);
	void (*page_put)(void *priv, struct page **page, unsigned int n);
	void (*request)(void *priv, struct rmp_treq *rq);
	void (*peer_up)(void *priv, const u8 *peer_id, u64 incarnation);
};

int rmp_service_register(struct rmp_node *node, const struct rmp_service *svc, void *priv);
void rmp_service_unregister(struct rmp_node *node);
void rmp_service_announce(struct rmp_node *node, enum rmp_load load, u64 capacity_pages,
			  u64 free_pages);
void rmp_reply(struct rmp_treq *rq);

#endif
