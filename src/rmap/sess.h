/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions: an initiator's end (struct rmp_sess) and a target's end (struct rmp_tsess) are built
 * on the same struct rmp_end: keys, path, and a reserve of frames.
 */
#ifndef _RMP_SESS_H
#define _RMP_SESS_H

#include <linux/hrtimer.h>

#include "rmp_frame.h"
#include "rmp_ini.h"
#include "rmp_noise.h"
#include "rmp_pmtu.h"
#include "rmp_priv.h"
#include "rmp_replay.h"
#include "rmp_tgt.h"

struct rmp_end;

/**
 * struct rmp_keypair - keys of one handshake
 * @end:	whose; the end lives as long as the key pair is in the table, and an RCU grace
 *		period longer
 * @local:	index under which frames come to us
 * @remote:	index that we write into frames
 * @security:	enum rmp_security
 * @counter:	nonce of the next frame that we send
 * @replay:	counters that have come; under end->lock
 */
struct rmp_keypair {
	struct rmp_end		*end;
	u32			local;
	u32			remote;
	u8			security;
	atomic64_t		counter;
	struct rmp_replay	replay;
	u8			send_key[32];
	u8			recv_key[32];
	struct rcu_head		rcu;
};

/**
 * struct rmp_reserve - preallocated frames, for when the system has no memory to give
 * @skb:	the frames; one is sent as a clone, and is free again when its data is not shared
 *		any more
 * @n:		how many
 * @next:	where to look first
 * @mtu:	bytes that each has room for after the Ethernet header
 */
struct rmp_reserve {
	struct sk_buff	**skb;
	unsigned int	n;
	unsigned int	next;
	u16		mtu;
};

/**
 * struct rmp_end - what both ends of a session are made of
 * @lock:	everything below, and the slots. Taken in softirq: BH is off while it is held
 * @dead:	no frame is taken in or sent any more
 * @cur:	keys to send with
 * @prev:	keys of before, frames still come under them
 * @next:	target: keys of a handshake that the initiator has not confirmed by a frame
 */
struct rmp_end {
	struct rmp_node		*node;
	spinlock_t		lock;
	struct kref		ref;
	bool			initiator;
	bool			dead;
	u16			mtu;
	u8			peer_id[RMP_NODE_ID_LEN];
	u64			incarnation;	/* the peer's */
	u64			id;		/* the initiator's number of the session */
	struct rmp_path		path;
	struct rmp_keypair	*cur;
	struct rmp_keypair	*prev;
	struct rmp_keypair	*next;
	unsigned long		heard;		/* jiffies of the last authentic frame */
	struct rmp_reserve	reserve;	/* initiator: for the least MTU, always */
	struct rmp_reserve	large;		/* initiator: for @mtu where that is larger */
	struct list_head	list;		/* in the table; table->lock */
};

enum rmp_sess_state {
	RMP_SESS_CONNECTING,	/* never was up, or the peer does not answer: requests wait */
	RMP_SESS_UP,
};

/**
 * struct rmp_src - where a message lies, on its way out or in
 * @head:	its head; NULL on the way in
 * @bv:		initiator: its data
 * @nr_bv:	parts of it
 * @whole:	each is a whole page
 * @copy:	frames do not refer to the pages: their owner may write there before they are
 *		sent, and then the checksum is wrong, each time anew
 * @page:	target: its data, by the number of the page
 */
struct rmp_src {
	const void		*head;
	const struct bio_vec	*bv;
	u8			nr_bv;
	bool			whole;
	bool			copy;
	struct page		**page;
};

/**
 * struct rmp_sess - initiator's end
 * @ini:	slots
 * @rq:		requests by slot
 * @src:	where the message of each lies; of a void slot that of its empty echo
 * @waiting:	requests that have no slot yet
 * @timer:	retransmission; @timer_us when it fires, 0 when it is not armed
 * @asked:	reply frames counted in path.link->reply_frames
 * @work:	connects, and renews keys
 * @told_up:	what ops->state() was last told. Only touched by @work
 * @hs:		handshake under way: only touched by @work and the work on answers, under @hs_lock
 */
struct rmp_sess {
	struct rmp_end		end;
	struct rmp_ini		ini;
	struct rmp_req		*rq[RMP_SLOTS_MAX];
	struct rmp_src		src[RMP_SLOTS_MAX];
	struct list_head	waiting;
	struct hrtimer		timer;
	u64			timer_us;
	u32			asked;
	u8			state;
	bool			hint;		/* there is a reason for a handshake now */
	bool			ponged;		/* the target has confirmed the current keys */
	bool			confirmed;	/* and these slots, since they began anew */

	const struct rmp_sess_ops *ops;
	void			*priv;
	struct delayed_work	work;
	bool			told_up;

	struct mutex		hs_lock;
	struct rmp_noise	noise;
	/* its index is taken, no frame is accepted under it yet */
	struct rmp_keypair	*hs;
	u8			noise_security;	/* enum rmp_security of the handshake under way */
	u32			hs_tries;	/* INITs in a row that were not answered */
	u32			pings;		/* sent in vain since the keys changed */
	u16			hs_mtu;
	bool			hs_resume;
	struct rmp_reserve	hs_reserve;	/* for @hs_mtu, when end.large is for another */
	struct rmp_path		hs_path;	/* holds a reference of its link */
	struct rmp_pmtu		pmtu;
	unsigned long		keyed;		/* jiffies of the last handshake */
};

/* A target's slot: see struct rmp_treq */
struct rmp_tslot {
	struct rmp_tsess	*ts;
	u8			n;
	bool			zeros;	/* the reply's pages are those of an echo */
	struct rmp_treq		rq;
};

/**
 * struct rmp_tsess - target's end
 * @tgt:	slots
 * @slot:	their requests
 * @counter:	of the last INIT; only touched by the work on INITs
 * @confirmed:	requests are taken: the initiator has proved itself and its earlier sessions have
 *		ended
 * @ping_ts:	time stamp of the PING that is to be answered then
 * @born:	jiffies
 */
struct rmp_tsess {
	struct rmp_end		end;
	struct rmp_tgt		tgt;
	struct rmp_tslot	*slot;
	u64			counter;
	bool			confirmed;
	u32			ping_ts;
	unsigned long		born;
	struct work_struct	confirm_work;
	struct rcu_work		free_work;
};

#define RMP_INDEXES	(1 << RMP_INDEX_BITS)

/**
 * struct rmp_sess_table - sessions of a node
 * @lock:	all below; inner to end->lock
 * @kp:		key pairs by index; read under RCU
 * @sessions:	initiator's ends
 * @targets:	target's ends
 */
struct rmp_sess_table {
	spinlock_t		lock;
	struct rmp_keypair __rcu *kp[RMP_INDEXES];
	struct list_head	sessions;
	struct list_head	targets;
	u32			nsessions;
	u32			ntargets;
	u32			next;
	atomic64_t		session_id;
	atomic_t		executing;	/* requests that the service has not answered */
	wait_queue_head_t	idle;
};

static inline struct rmp_sess *rmp_sess_of(struct rmp_end *end)
{
	return container_of(end, struct rmp_sess, end);
}

static inline struct rmp_tsess *rmp_tsess_of(struct rmp_end *end)
{
	return container_of(end, struct rmp_tsess, end);
}

/**
 * rmp_keypair_find - key pair of a frame
 * @node:	node
 * @index:	as the frame says
 *
 * Context: RCU read side.
 * Return: the key pair, or NULL.
 */
static inline struct rmp_keypair *rmp_keypair_find(struct rmp_node *node, u32 index)
{
	struct rmp_keypair *kp = rcu_dereference(node->table->kp[index % RMP_INDEXES]);

	if (!kp || kp->local != index || !atomic64_read_acquire(&kp->counter))
		return NULL;
	return kp;
}

static inline u64 rmp_now_us(void)
{
	return ktime_get_ns() / NSEC_PER_USEC;
}

/* table.c: key pairs, ends */
struct rmp_keypair *rmp_keypair_new(struct rmp_end *end);
void rmp_keypair_publish(struct rmp_keypair *kp);
void rmp_keypair_drop(struct rmp_keypair *kp);
void rmp_end_init(struct rmp_end *end, struct rmp_node *node, bool initiator);
int rmp_reserve_init(struct rmp_reserve *r, u16 mtu, gfp_t gfp);
void rmp_reserve_free(struct rmp_reserve *r);
void rmp_end_get(struct rmp_end *end);
void rmp_end_put(struct rmp_end *end);
void rmp_end_drop_keys(struct rmp_end *end);
void rmp_end_set_path(struct rmp_end *end, struct rmp_path *path);

/*
 * Whoever found a key pair by its index had no lock yet: it may have been dropped since, and what
 * came under it speaks of slots that have begun anew.
 */
static inline bool rmp_end_has(const struct rmp_end *end, const struct rmp_keypair *kp)
{
	return likely(kp == end->cur) || kp == end->prev || kp == end->next;
}

/* The page in which a run of data lies, NULL when it lies in parts of several. */
static inline struct page *rmp_src_page(const struct rmp_src *src, const struct rmp_run *run)
{
	if (src->page)
		return src->page[run->pos / RMP_PAGE_SIZE];
	return likely(src->whole) ? src->bv[run->pos / RMP_PAGE_SIZE].bv_page : NULL;
}

/* tx.c: build frames under end->lock, send them without */
void rmp_for_each_part(const struct rmp_src *src, const struct rmp_run *run,
		       void (*fn)(void *arg, struct page *page, u32 off, u32 len), void *arg);
void rmp_tx_message(struct rmp_end *end, struct sk_buff_head *q, struct rmp_frame *f,
		    const struct rmp_layout *l, const struct rmp_geo *geo, u64 mask,
		    const struct rmp_src *src);
void rmp_tx_nack(struct rmp_end *end, struct sk_buff_head *q, const struct rmp_frame *like,
		 u64 mask);
void rmp_tx_control(struct rmp_end *end, struct sk_buff_head *q, u8 type, u32 ts_echo);
void rmp_tx_send(struct rmp_node *node, struct sk_buff_head *q);
void rmp_tx_padded(struct rmp_end *end, const struct rmp_path *path, const void *frame, u32 len,
		   u32 pad);

/* rx.c: where a fragment's bytes go */

/**
 * struct rmp_in - a frame that came
 * @skb:	it
 * @kp:		keys that it names
 * @f:		its header in host order
 */
struct rmp_in {
	struct sk_buff		*skb;
	struct rmp_keypair	*kp;
	struct rmp_frame	f;
};
bool rmp_in_open(struct rmp_in *in, const struct rmp_piece *piece, void *head,
		 const struct rmp_src *dst);
bool rmp_in_open_body(struct rmp_in *in, void *body, u32 len);

/* ini.c: the initiator's side of frames */
void rmp_sess_rx(struct rmp_sess *s, struct rmp_in *in);
void rmp_sess_kick(struct rmp_sess *s, struct sk_buff_head *q);
void rmp_sess_set_state(struct rmp_sess *s, u8 state);
enum hrtimer_restart rmp_sess_timer(struct hrtimer *t);
void rmp_sess_restart(struct rmp_sess *s, u16 mtu, u8 granted, struct list_head *lost);
void rmp_sess_fail(struct list_head *lost, int err);
void rmp_sess_up(struct rmp_sess *s, struct sk_buff_head *q);
void rmp_sess_connect(struct work_struct *work);

/* tgt.c: the target's side */
void rmp_tsess_rx(struct rmp_tsess *ts, struct rmp_in *in);
struct rmp_tsess *rmp_tsess_new(struct rmp_node *node, u16 mtu, u8 slots);
void rmp_tsess_kill(struct rmp_tsess *ts);
void rmp_tsess_free(struct rmp_tsess *ts);
void rmp_tsess_supersede(struct rmp_tsess *ts);
void rmp_tsess_confirm(struct work_struct *work);

/* hs.c: handshake */
void rmp_hs_init_send(struct rmp_sess *s, struct rmp_path *path, u16 mtu, u32 attempt);
void rmp_hs_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src, const u8 *frame,
	       u32 len);

#endif
