/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of RMAP made with the project's own structures, and what a dissector must see in them. */
#ifndef _FRAMES_H
#define _FRAMES_H

#include "memx_wire.h"
#include "pcap.h"
#include "rmp_frag.h"
#include "rmp_frame.h"
#include "rmp_keys.h"

enum { CLIENT = 1, SERVER = 2, BROADCAST = 0xff };

struct frame {
	size_t len;
	u8 byte[RMP_MTU_MAX];
};

/*
 * A message and where it goes. @expect says what is to be seen of it in its first fragment;
 * @request is the number of the frame that it answers.
 */
struct message {
	u8 type, flags, status, slots;
	u16 slot;
	u32 seq, session, mtu;
	struct rmp_msg msg;
	const void *head;
	const u8 *data;
	void (*expect)(struct pcap *p, const struct message *m);
	unsigned int request;
};

extern const u8 client_id[RMP_NODE_ID_LEN], server_id[RMP_NODE_ID_LEN];

void frame_advert(struct frame *out, u8 type, const struct rmp_key *key);
void frame_hs(struct frame *out, u8 type, u8 security, u32 sender, u32 receiver);
void frame_session(struct frame *out, const struct rmp_frame *f, const void *body, const u8 *key,
		   u64 counter);
void frame_reseal(struct frame *out); /* the CRCs of a session's frame anew */

void expect_advert(struct pcap *p, const struct frame *fr);
void expect_hs(struct pcap *p, const struct frame *fr);
void expect_session(struct pcap *p, const struct frame *fr, bool sealed);
void expect_memx_request(struct pcap *p, const struct message *m);
void expect_x64(struct pcap *p, const char *field, __be64 v);

/* Send all fragments of a message in clear. Return: the number of the first frame. */
unsigned int send_message(struct pcap *p, const struct message *m, unsigned int from,
			  unsigned int to);

#endif
