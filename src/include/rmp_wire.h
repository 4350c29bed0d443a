/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RMAP on the wire: every byte that follows the Ethernet header.
 *
 * One frame is a fixed header in clear, a body, and in noise security a 16-byte tag.
 * docs/PROTOCOL.md is the prose for this file. A new layout needs a new RMP_VERSION.
 */
#ifndef _RMP_WIRE_H
#define _RMP_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/build_bug.h>
#else
#include "rmp_env.h"
#endif

#define RMP_VERSION		1
#define RMP_ETHERTYPE		0x88B5	/* IEEE 802 local experimental EtherType 1 */

#define RMP_NODE_ID_LEN		16
#define RMP_NAME_LEN		32	/* node names, NUL padded, at least one NUL */
#define RMP_KEY_LEN		32
#define RMP_TAG_LEN		16	/* Poly1305 */
#define RMP_MAC_LEN		16	/* HMAC-SHA256, truncated */

#define RMP_MTU_MIN		1500
#define RMP_MTU_MAX		9000	/* more is not used even where the link carries it */

#define RMP_PAGE_SHIFT		12	/* a page on the wire is 4096 bytes on every architecture */
#define RMP_PAGE_SIZE		(1 << RMP_PAGE_SHIFT)
#define RMP_PAGES_MAX		16	/* per message */
#define RMP_DATA_MAX		(RMP_PAGES_MAX * RMP_PAGE_SIZE)
#define RMP_HEAD_MAX		192	/* bytes of a message's head */
#define RMP_FRAGS_MAX		64	/* fragments of a message: bits of a mask */
#define RMP_SLOTS_MAX		64	/* slots of a session */

enum rmp_type {
	RMP_T_ADVERT	= 1,	/* server to all, or to who solicited */
	RMP_T_SOLICIT	= 2,	/* client to all, or to a static server */
	RMP_T_INIT	= 3,	/* handshake, first message */
	RMP_T_RESP	= 4,	/* handshake, second message */
	RMP_T_REQ	= 5,	/* fragment of a request */
	RMP_T_REP	= 6,	/* fragment of a reply */
	RMP_T_NACK	= 7,	/* mask of missing fragments */
	RMP_T_PING	= 8,	/* keepalive: confirms the keys, asks for a PONG */
	RMP_T_PONG	= 9,
	RMP_T_BYE	= 10,	/* the sender forgets this session */
};

/* rmp_hdr.flags */
/* REQ sent again by the timer: answer with a NACK, or with the reply once more */
#define RMP_F_PROBE	0x01
#define RMP_F_ECHO	0x02	/* REQ answered by the transport itself, see struct rmp_echo */
#define RMP_F_SLOW	0x04	/* REP executed in process context: take no round-trip sample */
#define RMP_F_REPLY	0x08	/* NACK: fragments of the reply are missing (else of the request) */
#define RMP_F_ALL	0x0f

/* rmp_hdr.status of a reply; the values are ABI */
enum rmp_status {
	RMP_OK		= 0,
	RMP_BUSY	= 1,	/* not executed, out of resources for the moment: ask again */
	RMP_INVAL	= 2,	/* not executed, malformed or out of range */
	RMP_STALE	= 3,	/* no such object here (any more): what it held is gone */
	RMP_FENCED	= 4,	/* an owner with a higher epoch has taken over */
	RMP_NOSPC	= 5,	/* no capacity left to promise */
	RMP_REFUSED	= 6,	/* pressured or draining: not now, try another server */
	RMP_NOSERVICE	= 7,	/* no server runs on this node */
	RMP_STATUS_NR
};

/**
 * struct rmp_hdr - header of REQ, REP, NACK, PING, PONG and BYE frames
 * @type:	enum rmp_type
 * @flags:	RMP_F_*
 * @len:	bytes of body after this header, tag not counted; Ethernet padding may follow
 * @session:	index under which the receiver knows the key pair of this session
 * @counter:	noise: nonce of the frame, never used twice with one key
 * @hcrc:	none: CRC32C of this header with @hcrc zero (it covers @pcrc)
 * @pcrc:	none: CRC32C of the body
 * @seq:	sequence number of the slot
 * @slot:	slot, below RMP_SLOTS_MAX
 * @frag:	number of this fragment, from 0
 * @head_len:	bytes of the message's head
 * @data_len:	bytes of the message's data, travelling or not
 * @present:	which pages of the data travel
 * @status:	REP: enum rmp_status
 * @slots:	REP: slots granted from now on; else 0
 * @ts:		sender's clock in microseconds when the frame was sent
 * @ts_echo:	REP, NACK, PONG: @ts of the frame that is answered
 *
 * In noise security the whole header is associated data of the AEAD.
 */
struct rmp_hdr {
	__u8	type;
	__u8	flags;
	__be16	len;
	__be32	session;
	union {
		__be64	counter;
		struct {
			__be32	hcrc;
			__be32	pcrc;
		};
	};
	__be32	seq;
	__be16	slot;
	__u8	frag;
	__u8	head_len;
	__be32	data_len;
	__be16	present;
	__u8	status;
	__u8	slots;
	__be32	ts;
	__be32	ts_echo;
};

#define RMP_HDR_LEN	40
static_assert(sizeof(struct rmp_hdr) == RMP_HDR_LEN);

/* Body of a NACK frame. */
struct rmp_nack {
	__be64	mask;		/* bit n: fragment n is missing */
};

static_assert(sizeof(struct rmp_nack) == 8);

/* Head of a request with RMP_F_ECHO, in both directions' data_len at most RMP_DATA_MAX. */
struct rmp_echo {
	__be32	reply_len;	/* bytes of (zero) data wanted in the reply */
	__be32	zero;
};

static_assert(sizeof(struct rmp_echo) == 8);

/* How the frames of a session are protected. */
enum rmp_security {
	RMP_SEC_NONE	= 0,	/* CRC32C only; both ends must ask for it */
	RMP_SEC_NOISE	= 1,	/* Noise_NNpsk0_25519_ChaChaPoly_SHA256 */
};

/**
 * struct rmp_hs - header of INIT and RESP frames
 * @type:	RMP_T_INIT or RMP_T_RESP
 * @version:	RMP_VERSION
 * @len:	bytes of the frame from here to the end of the padding; a padded frame proves the
 *		path's MTU
 * @sender:	index under which the sender will know the new key pair
 * @receiver:	RESP: @sender of the INIT; INIT: 0
 * @key_id:	names the cluster key without telling it; 0 without security
 * @security:	enum rmp_security
 * @zero:	must be zero
 *
 * Then, of an INIT, struct rmp_hs_body with struct rmp_init as payload, of a RESP with struct
 * rmp_resp. The rest of the frame is padding with zeros. The Noise prologue is the text "MemX
 * RMAP 1"; the INIT's header is the associated data of nothing: what matters of it is repeated in
 * the payload, and a changed index or length only makes the handshake fail.
 */
struct rmp_hs {
	__u8	type;
	__u8	version;
	__be16	len;
	__be32	sender;
	__be32	receiver;
	__be32	key_id;
	__u8	security;
	__u8	zero[3];
};

static_assert(sizeof(struct rmp_hs) == 20);

#define RMP_PROLOGUE	"MemX RMAP 1"

/* rmp_init.flags, rmp_resp.flags */
/* INIT: continue the slots of session_id; RESP: they are continued */
#define RMP_HS_RESUME	0x01

/**
 * struct rmp_init - what the initiator says in the handshake
 * @node_id:	initiator's node
 * @incarnation: of the initiator's node
 * @session_id:	the initiator's number of the session, never used twice in an incarnation
 * @counter:	rises with every INIT of this incarnation; an INIT at or below the last is a replay
 * @sender:	repeats rmp_hs.sender
 * @mtu:	MTU to use, and bytes of this frame after the Ethernet header
 * @slots:	slots wanted
 * @flags:	RMP_HS_*
 * @name:	initiator's name
 */
struct rmp_init {
	__u8	node_id[RMP_NODE_ID_LEN];
	__be64	incarnation;
	__be64	session_id;
	__be64	counter;
	__be32	sender;
	__be16	mtu;
	__u8	slots;
	__u8	flags;
	__u8	name[RMP_NAME_LEN];
};

static_assert(sizeof(struct rmp_init) == 80);

/**
 * struct rmp_resp - what the target answers
 * @node_id:	target's node
 * @incarnation: of the target's node
 * @sender:	repeats rmp_hs.sender
 * @receiver:	repeats rmp_hs.receiver
 * @mtu:	MTU accepted: as asked; bytes of this frame after the Ethernet header
 * @slots:	slots granted, 1 to RMP_SLOTS_MAX
 * @flags:	RMP_HS_*
 * @zero:	must be zero
 * @name:	target's name
 */
struct rmp_resp {
	__u8	node_id[RMP_NODE_ID_LEN];
	__be64	incarnation;
	__be32	sender;
	__be32	receiver;
	__be16	mtu;
	__u8	slots;
	__u8	flags;
	__u8	zero[4];
	__u8	name[RMP_NAME_LEN];
};

static_assert(sizeof(struct rmp_resp) == 72);

/*
 * Handshake body: @e, payload, tag. With noise these are a Noise message; without, @e is zero,
 * the payload is in clear, and the tag is the CRC32C of header, @e and payload, then 12 zero
 * bytes.
 */
#define RMP_HS_E_LEN	32
#define RMP_HS_LEN(payload) \
	(sizeof(struct rmp_hs) + RMP_HS_E_LEN + sizeof(payload) + RMP_TAG_LEN)
#define RMP_INIT_LEN	RMP_HS_LEN(struct rmp_init)
#define RMP_RESP_LEN	RMP_HS_LEN(struct rmp_resp)

/* rmp_advert.load */
enum rmp_load {
	RMP_LOAD_OK		= 0,
	RMP_LOAD_PRESSURED	= 1,	/* the donor needs its memory: takes no new extents */
	RMP_LOAD_DRAINING	= 2,	/* about to go: takes no new extents */
	RMP_LOAD_FULL		= 3,	/* all capacity is promised */
	RMP_LOAD_NONE		= 4,	/* stopped serving */
	RMP_LOAD_NR
};

/**
 * struct rmp_advert - an ADVERT frame, also an answer to SOLICIT
 * @type:	RMP_T_ADVERT or RMP_T_SOLICIT
 * @version:	RMP_VERSION
 * @len:	bytes of the whole struct
 * @key_id:	key that @mac was made with; 0 without security
 * @node_id:	sender
 * @incarnation: of the sender
 * @counter:	rises with every advertisement and solicitation of this incarnation
 * @capacity:	pages donated
 * @free:	pages of it that are not promised yet
 * @interval_ms: time to the next advertisement
 * @mtu:	largest frame the sender takes on this link
 * @load:	enum rmp_load
 * @security:	enum rmp_security
 * @name:	sender's name
 * @mac:	HMAC-SHA256 under the key derived for advertisements, over all before it, first 16
 *		bytes; without security CRC32C over all before it, then 12 zero bytes
 *
 * A SOLICIT is the same struct; capacity, free, interval_ms and load are zero in it.
 */
struct rmp_advert {
	__u8	type;
	__u8	version;
	__be16	len;
	__be32	key_id;
	__u8	node_id[RMP_NODE_ID_LEN];
	__be64	incarnation;
	__be64	counter;
	__be64	capacity;
	__be64	free;
	__be32	interval_ms;
	__be16	mtu;
	__u8	load;
	__u8	security;
	__u8	name[RMP_NAME_LEN];
	__u8	mac[RMP_MAC_LEN];
};

static_assert(sizeof(struct rmp_advert) == 112);
static_assert(sizeof(struct rmp_advert) <= RMP_MTU_MIN);

#endif
