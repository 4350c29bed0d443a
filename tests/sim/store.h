/* SPDX-License-Identifier: GPL-2.0-only */
/* The model page store of a target: extents of pages, one for each volume of the load. */
#ifndef _STORE_H
#define _STORE_H

#include "node.h"

#define VOL_PAGES	96

struct store *store_new(struct node *n);
void store_free(struct node *n);
struct page *store_page_get(struct node *n);
void store_request(struct node *n, struct treq *rq);
void store_peer_up(struct node *n, unsigned int peer, u64 incarnation);
u64 store_pages(const struct node *n);

/* Breaks */
void store_again(struct node *n, struct treq *rq);
void store_early(struct node *n, struct treq *rq);

#endif
