/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node: what src/rmap makes of the pure core in the kernel, without locks, buffers and devices.
 * Each file names the one in src/rmap that it follows; where they differ, that one is right.
 */
#ifndef _NODE_H
#define _NODE_H

#include "net.h"
#include "rmp_disc.h"
#include "rmp_frame.h"
#include "rmp_ini.h"
#include "rmp_keys.h"
#include "rmp_noise.h"
#include "rmp_pmtu.h"
#include "rmp_replay.h"
#include "rmp_tgt.h"
#include "world.h"

#define INDEX_BITS	8
#define INDEXES		(1 << INDEX_BITS)
#define SESS_MAX	8		/* initiator's ends of a node at one time */
#define TSESS_MAX	256
#define PAUSE_QUEUE	512		/* frames that a network card keeps for a stopped machine */
#define INTERVAL_MS	1000

struct end;
struct store;
struct vol;

/*
 * @in_hand: frames that have found it and are not processed yet; it stays until then, as an RCU
 *	grace period makes it in the kernel
 */
struct keypair {
	struct end	*end;
	u32		in_hand;
	bool		dropped;
	u32		local, remote;
	u8		security;
	u64		counter;	/* 0: no frame is accepted under it yet */
	struct rmp_replay replay;
	u8		send_key[32], recv_key[32];
};

struct end {
	struct node	*node;
	bool		initiator, dead;
	u16		mtu;
	u8		peer;		/* number of the node: its address */
	u64		incarnation;	/* of the peer */
	u64		id;
	struct keypair	*cur, *prev, *next;
	u64		heard_us;
	u32		in_hand;	/* of all its key pairs */
	bool		freed;		/* with the last of them */
};

/* A request at its initiator: see struct rmp_req. */
struct req {
	/* shape and results, as in rmp.h; @data is one piece */
	u8		head[RMP_HEAD_MAX] __attribute__((aligned(8)));
	u8		rep_head[RMP_HEAD_MAX] __attribute__((aligned(8)));
	u8		*data;
	u32		send_len, recv_len, rep_len;
	u16		present, rep_present;
	u8		head_len, rep_head_max, rep_head_len, status;
	bool		echo, ordered;
	int		err;
	void		(*done)(struct req *rq);

	struct sess	*sess;
	struct req	*prev, *next;	/* in sess->waiting */
	u8		state, slot;
	u16		cost;

	/* the load's and the checks' */
	struct vol	*vol;
	struct timer	timer;
	u64		id;
	u64		began_ns;
	u64		vol_epoch;
	u64		ran_in;		/* number of the target's session that executed it last */
	u64		ran_before;	/* the same, when it was put into its slot */
	u32		starts;		/* how often it was put into a slot */
	u32		ideal;		/* frames that it takes */
	u16		page, count;
	u8		op;
	bool		completed, given_up, locked;
};

enum { SESS_CONNECTING, SESS_UP };
enum { RQ_OWNER, RQ_WAITING, RQ_ACTIVE };

struct sess {
	struct end	end;
	struct rmp_ini	ini;
	struct req	*rq[RMP_SLOTS_MAX];
	u64		voided[RMP_SLOTS_MAX];	/* number of the request that left the slot void */
	struct req	*first, *last;		/* waiting */
	struct timer	timer, work;
	u32		asked;
	u8		state;
	bool		hint, ponged;
	bool		was_up;		/* the target has confirmed these slots */
	struct vol	*vol;

	struct rmp_noise noise;
	struct keypair	*hs;
	u8		hs_security;
	u32		hs_tries, pings;
	u16		hs_mtu;
	bool		hs_resume;
	struct rmp_pmtu	pmtu;
	u64		keyed_us;		/* 0: never */
};

/* A page of a target's memory. */
struct page {
	u32	refs;
	u8	b[RMP_PAGE_SIZE];
};

/* A request at its target: see struct rmp_treq. */
struct treq {
	struct tsess	*ts;
	u8		n;
	u8		head[RMP_HEAD_MAX] __attribute__((aligned(8)));
	u8		rep_head[RMP_HEAD_MAX] __attribute__((aligned(8)));
	struct page	*page[RMP_PAGES_MAX], *rep_page[RMP_PAGES_MAX];
	u32		data_len, rep_len;
	u16		present, rep_present;
	u8		head_len, rep_head_len, status;
	bool		slow;
	u8		peer;
	u64		peer_incarnation;
	struct treq	*next;		/* of those that wait for process context */
};

struct tsess {
	struct end	end;
	struct rmp_tgt	tgt;
	struct treq	*slot;
	u64		number;		/* rises with each session of the world */
	u64		counter;
	bool		confirmed;
	u32		ping_ts;
	u64		born_us;
	u32		refs;
	struct timer	confirm;
	bool		confirming;
	struct tsess	*next;
};

/* What an initiator knows of a peer from its advertisements. */
struct peer {
	struct rmp_heard heard;
	u64	other_incarnation, other_counter, other_us;
};

struct node {
	struct world	*w;
	unsigned int	index;
	bool		up, paused;
	u8		security;
	u16		mtu;
	u64		incarnation;
	s64		clock_off_us;
	u64		counter;	/* of advertisements and INITs */
	u64		session_id;
	u32		next_index;
	u32		reply_frames, incast_frames;
	u32		rekey_s;
	struct rmp_key	key;
	struct rmp_keys	keys;
	struct keypair	*kp[INDEXES];
	u32		nkeypairs;
	struct sess	*sess[SESS_MAX];
	struct tsess	*targets;
	u32		ntargets;
	struct peer	peer[NODES_MAX];
	struct timer	advert;
	struct store	*store;		/* NULL: does not serve */

	struct timer	*deferred, **deferred_end;	/* while paused */
	u32		nqueued;
};

/* A frame in the hands of its receiver: see struct rmp_in. */
struct in {
	struct frame	*raw;
	struct keypair	*kp;
	struct rmp_hdr	hdr;
	struct rmp_frame f;
};

/* Where the bytes of a message lie. */
struct src {
	const void	*head;
	u8		*data;
	struct page	**page;
};

static inline u64 now_us(const struct node *n)
{
	return n->w->now_ns / NS_PER_US + n->clock_off_us;
}

/* node.c: starting, stopping, receiving */
void node_boot(struct node *n);
void node_crash(struct node *n);
void node_pause(struct node *n);
void node_continue(struct node *n);
void node_defer(struct node *n, struct timer *t);
void node_rx(struct node *n, struct frame *f);
void node_timer(struct node *n, struct timer *t, void (*fn)(void *arg), void *arg);
u32 crc32c(u32 crc, const void *data, size_t len);

/* end.c */
struct keypair *keypair_new(struct end *end);
void keypair_drop(struct keypair *kp);
struct keypair *keypair_find(struct node *n, u32 index);
void keypair_get(struct keypair *kp);
void keypair_put(struct keypair *kp);
void end_free(struct end *end);
void tx_build(struct end *end, struct rmp_frame *f, const struct rmp_piece *p,
	      const struct src *src);
void tx_nack(struct end *end, const struct rmp_frame *like, u64 mask);
void tx_control(struct end *end, u8 type, u32 ts_echo);
bool in_open(struct in *in, const struct rmp_piece *p, void *head, const struct src *dst);
bool in_open_body(struct in *in, void *body, u32 len);
void count_drop(struct node *n, const struct rmp_frame *f, enum rmp_rx rx);

/* initiator.c */
void sess_rx(struct sess *s, struct in *in);
void sess_submit(struct sess *s, struct req *rq);
bool sess_cancel(struct sess *s, struct req *rq);
void sess_set_state(struct sess *s, u8 state);
void sess_restart(struct sess *s, u16 mtu, u8 granted, struct req **lost);
void sess_fail(struct req *lost, int err);
void sess_timer(void *arg);

/* connect.c */
struct sess *sess_open(struct node *n, unsigned int peer);
void sess_close(struct sess *s);
void sess_forget(struct sess *s);
void sess_connect(void *arg);
void sess_hint(struct node *n, unsigned int peer, u64 incarnation);

/* target.c */
void tsess_rx(struct tsess *ts, struct in *in);
void treq_reply(struct treq *rq);
struct tsess *tsess_new(struct node *n, u16 mtu, u8 slots);
void tsess_kill(struct tsess *ts);
void tsess_put(struct tsess *ts);
void tsess_reap(struct node *n, bool all);
struct page *page_new(struct world *w);
void page_put(struct world *w, struct page *p);

/* handshake.c */
void hs_init_send(struct sess *s, u16 mtu);
void hs_rx(struct node *n, unsigned int from, const u8 *frame, u32 len);

/* disc.c */
void disc_advertise(void *arg);
void disc_confirmed(struct node *n, unsigned int peer, u64 incarnation);
void disc_rx(struct node *n, unsigned int from, const u8 *frame, u32 len);

#endif
