/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture file, and beside it what the dissector is to say of each frame in it. */
#ifndef _PCAP_H
#define _PCAP_H

#include <stddef.h>
#include <stdint.h>

struct pcap;

/* DIR/NAME.pcap, DIR/NAME.fields (a field a line) and DIR/NAME.expected (a frame a line, tabs). */
struct pcap *pcap_open(const char *dir, const char *name);
void pcap_close(struct pcap *p);

/*
 * A frame of @len bytes after the Ethernet header, of which @cap were captured. @from and @to are
 * the last bytes of the addresses; 0xff is broadcast. Return: its number, from 1.
 */
unsigned int pcap_frame(struct pcap *p, unsigned int from, unsigned int to, uint16_t ethertype,
			const void *frame, size_t len, size_t cap);

/* What tshark is to print for @field of the last frame; more than once: with commas between. */
__attribute__((format(printf, 3, 4))) void pcap_expect(struct pcap *p, const char *field,
						       const char *fmt, ...);
void pcap_expect_hex(struct pcap *p, const char *field, const void *data, size_t len);

/* A field that is compared even if it is expected nowhere: it has to be absent then. */
void pcap_watch(struct pcap *p, const char *field);

#endif
