/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of memx_rmap share. Everything hangs off a node, one per network namespace.
 *
 * Locks, outermost first (docs/LOCKING.md): rtnl, node->lock, peer_lock, session locks. The data
 * path takes session locks only, and RCU.
 */
#ifndef _RMP_PRIV_H
#define _RMP_PRIV_H

#include <linux/atomic.h>
#include <linux/etherdevice.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/netns/generic.h>

#include "memx_crc32c.h"
#include "memx_netlink.h"
#include "rmp.h"
#include "rmp_disc.h"
#include "rmp_keys.h"
#include "rmp_wire.h"

#define RMP_LINKS_MAX	16
#define RMP_PEERS_MAX	256	/* strangers' advertisements cannot grow memory beyond this */
#define RMP_INDEX_BITS	10	/* key pairs of a node at one time */
/*
 * For what a session needs that begins again: pages may wait for it to be written. No I/O is
 * waited for, and a system that has nothing says so: without __GFP_RETRY_MAYFAIL a small allocation
 * is tried for ever, since out_of_memory() does nothing for who lacks __GFP_FS.
 */
#define RMP_GFP_RECONNECT	(GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
#define RMP_SLOW_BYTES	160	/* of a frame of discovery or handshake; the rest is padding */

/*
 * Counters: per CPU, named and numbered as in memx_netlink.h
 */
struct rmp_stats {
	u64 n[__MEMX_RMAP_COUNTER_A_NR];
};

#define rmp_count_n(node, counter, v) \
	this_cpu_add((node)->stats->n[MEMX_RMAP_COUNTER_A_##counter], v)
#define rmp_count(node, counter)	rmp_count_n(node, counter, 1)

/**
 * struct rmp_link - a network device that a node speaks on
 * @node:	whose
 * @dev:	the device, with a reference; set to NULL when the link is taken away (RCU)
 * @name:	the device's name
 * @addr:	our address on it
 * @ethertype:	network order
 * @mtu:	frames of at most this many bytes after the Ethernet header; follows the device's
 *		MTU
 * @mtu_max:	limit set by the administrator
 * @reply_frames: reply frames that initiators of this node have asked for (incast)
 * @ref:	the list of links holds one, each path and each queued frame one
 * @list:	in node->links; changed under node->lock and RCU
 * @hooks:	how frames are received: private to link.c
 */
struct rmp_link {
	struct rmp_node			*node;
	struct net_device __rcu		*dev;
	char				name[IFNAMSIZ];
	u8				addr[ETH_ALEN];
	__be16				ethertype;
	u16				mtu;
	u16				mtu_max;
	int				ifindex;
	atomic_t			reply_frames;
	struct kref			ref;
	struct list_head		list;
	struct rmp_link_hooks		*hooks;
	struct rcu_head			rcu;
};

/**
 * struct rmp_path - a way to a peer
 * @link:	over which link; a reference is held
 * @addr:	the peer's address there
 * @mtu:	the smaller of our link's and the peer's MTU
 */
struct rmp_path {
	struct rmp_link	*link;
	u8		addr[ETH_ALEN];
	u16		mtu;
};

/**
 * struct rmp_peer - another node, as discovery sees it
 * Everything under node->peer_lock, but @ref.
 */
struct rmp_peer {
	struct rmp_node		*node;
	struct list_head	list;
	struct kref		ref;
	/* where it was heard last, or where it was added; holds a reference */
	struct rmp_link		*link;
	u8			id[RMP_NODE_ID_LEN];
	char			name[RMP_NAME_LEN];
	u8			addr[ETH_ALEN];
	/* where it was added by hand, and its address there */
	bool			is_static;
	char			home[IFNAMSIZ];
	u8			home_addr[ETH_ALEN];
	bool			known;		/* @id and what follows are valid: it was heard */
	bool			suspect;
	u8			load;
	u8			security;
	u16			mtu;
	u32			interval_ms;
	struct rmp_heard	heard;
	/*
	 * Another incarnation was heard while a session is up: where, to be asked whether it is
	 * true. @other.link holds a reference; heard at @other_at (jiffies), 0: never
	 */
	struct rmp_path		other;
	u64			other_incarnation;
	u64			other_counter;
	unsigned long		other_at;
	u64			capacity_pages;
	u64			free_pages;
	unsigned long		seen;		/* jiffies */
	/* why there is no session, empty when all is well */
	char			problem[160];
};

/**
 * struct rmp_slow_frame - a frame that waits for process context
 * @link:	over which link it came; holds a reference
 * @len:	its bytes, padding included
 * @src:	who sent it
 * @bytes:	its first ones, then zeros
 */
struct rmp_slow_frame {
	struct rmp_link		*link;
	u32			len;
	u8			src[ETH_ALEN];
	u8			bytes[RMP_SLOW_BYTES] __aligned(8);
};

enum rmp_slow_kind {
	RMP_SLOW_RESP,
	RMP_SLOW_INIT,
	RMP_SLOW_DISC,
	RMP_SLOW_NR,
};

/**
 * struct rmp_slow - such frames of one kind
 * @lock:	all but @work
 * @frame:	a ring of @size; @n from @first on wait
 */
struct rmp_slow {
	spinlock_t		lock;
	struct rmp_slow_frame	*frame;
	u32			size;
	u32			first;
	u32			n;
	struct workqueue_struct	*wq;
	struct work_struct	work;
};

/**
 * struct rmp_node - one MemX node
 * @lock:	serialises configuration: links, keys, settings, opening and closing of sessions.
 *		Never taken on the data path, nor by the work that reconnects
 * @peer_lock:	peers and what is known of them. Context: process and timer (BH disabled)
 * @key_lock:	@keys
 */
struct rmp_node {
	struct net		*net;
	u8			id[RMP_NODE_ID_LEN];
	bool			id_set;		/* by hand, or from the first link's address */
	u64			incarnation;
	char			name[RMP_NAME_LEN];
	u8			security;
	u32			interval_ms;
	u32			rto_min_us;
	u32			rto_max_us;
	u32			incast_frames;
	u32			rekey_s;

	struct rmp_stats __percpu *stats;
	struct mutex		lock;
	struct list_head	links;
	int			nlinks;

	spinlock_t		key_lock;
	struct rmp_keys		keys;

	spinlock_t		peer_lock;
	struct list_head	peers;
	int			npeers;

	/* discovery: what this node advertises */
	struct delayed_work	disc_work;
	u32			fast_rounds;	/* rounds that follow quickly after a change */
	u32			answers;	/* to solicitations, */
	unsigned long		answers_since;	/* since then (jiffies) */
	/* of advertisements, solicitations and INIT messages */
	atomic64_t		counter;
	u8			load;
	u64			capacity_pages;
	u64			free_pages;

	/* frames that need process context: handshakes and discovery */
	struct workqueue_struct	*wq;
	struct rmp_slow		slow[RMP_SLOW_NR];

	/* key pairs by index, sessions: private to session code */
	struct rmp_sess_table	*table;
	struct mutex		service_lock;	/* the service stays while it is held */
	const struct rmp_service __rcu *service;
	void			*service_priv;
};

extern unsigned int rmp_net_id;
static inline struct rmp_node *rmp_node_of(struct net *net)
{
	return net_generic(net, rmp_net_id);
}

/* node.c: life of a node, settings */
void rmp_node_id_from(struct rmp_node *node, const u8 *addr);

/* link.c: devices, receiving */
int rmp_link_add(struct rmp_node *node, const char *ifname, u16 ethertype, u16 mtu_max,
		 struct netlink_ext_ack *ack);
int rmp_link_del(struct rmp_node *node, const char *ifname, struct netlink_ext_ack *ack);
void rmp_link_del_all(struct rmp_node *node);
void rmp_link_put(struct rmp_link *link);
static inline void rmp_link_get(struct rmp_link *link)
{
	kref_get(&link->ref);
}
static inline void rmp_path_put(struct rmp_path *path)
{
	if (path->link)
		rmp_link_put(path->link);
	path->link = NULL;
}
bool rmp_link_ingress(const struct rmp_link *link);
int rmp_link_module_init(void);			/* netdevice notifier */
void rmp_link_module_exit(void);

/* disc.c: discovery, peers */
void rmp_disc_init(struct rmp_node *node);
void rmp_disc_exit(struct rmp_node *node);
void rmp_disc_kick(struct rmp_node *node);	/* something changed: advertise and solicit now */
void rmp_disc_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src, const void *frame,
		 u32 len);
void rmp_disc_link_gone(struct rmp_node *node, struct rmp_link *link);
bool rmp_peer_path(struct rmp_node *node, const u8 *id, bool other, struct rmp_path *path);
void rmp_peer_confirmed(struct rmp_node *node, const u8 *id, u64 incarnation,
			struct rmp_link *link, const u8 *addr);
/* NULL: all is well */
void rmp_peer_problem(struct rmp_node *node, const u8 *id, const char *why);

__printf(4, 5) void rmp_event(struct rmp_node *node, const char *kind, const char *name,
			      const char *fmt, ...);

/* netlink.c */
int rmp_netlink_init(void);
void rmp_netlink_exit(void);

/* CRC32C of a header whose field for it is zero. */
static __always_inline u32 rmp_hdr_crc(const struct rmp_hdr *hdr)
{
	return memx_crc32c_words(0, (const u64 *)hdr, sizeof(*hdr) / sizeof(u64));
}

/* crypto.c */
u32 rmp_crc32c(u32 crc, const void *data, u32 len);
int rmp_crypto_init(void);
void rmp_crypto_exit(void);

/*
 * Session code
 */

/*
 * rx.c: takes the frame, which is for us, and whose Ethernet header is at skb_mac_header(), data
 * after it. Context: softirq, RCU
 */
void rmp_rx(struct rmp_link *link, struct sk_buff *skb);
/* rx.c: the same for a broadcast that others want to see too: reads only */
void rmp_rx_shared(struct rmp_link *link, const struct sk_buff *skb);

/* slow.c: frames that wait for process context */
void rmp_slow_take(struct rmp_link *link, const struct sk_buff *skb, u8 type);
int rmp_slow_init(struct rmp_node *node);
void rmp_slow_exit(struct rmp_node *node);
int rmp_rx_init(void);
void rmp_rx_exit(void);

/* tx.c: a frame of discovery. Context: process */
void rmp_tx_plain(struct rmp_link *link, const u8 *dst, const void *frame, u32 len);

/* sess.c, tsess.c */
void rmp_tsess_reap(struct rmp_node *node, bool all);
int rmp_sess_node_init(struct rmp_node *node);
void rmp_sess_node_exit(struct rmp_node *node);
void rmp_sess_link_gone(struct rmp_node *node, struct rmp_link *link);
/* an advertisement was heard */
void rmp_sess_hint(struct rmp_node *node, const u8 *id, u64 incarnation);
/* 0 none, 1 connecting, 2 up */
u8 rmp_sess_peer_state(struct rmp_node *node, const u8 *id, u32 *rtt_us);
u32 rmp_sess_count(struct rmp_node *node);
/*
 * The MTU of a link or a peer, or a number of the node, has changed. Context: any but hardirq, no
 * lock of a session
 */
void rmp_sess_look_again(struct rmp_node *node);

#endif
