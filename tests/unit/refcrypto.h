/* SPDX-License-Identifier: GPL-2.0-only */
/* What refcrypto.c has besides rmp_crypto.h, so that the RFCs' vectors can reach it. */
#ifndef _REFCRYPTO_H
#define _REFCRYPTO_H

#include "rmp_crypto.h"

void ref_chacha20(u8 *dst, const u8 *src, size_t len, const u8 key[32], u32 block,
		  const u8 nonce[12]);
void ref_poly1305(u8 tag[16], const u8 *msg, size_t len, const u8 key[32]);
void ref_aead_tag(u8 tag[16], const u8 *cipher, size_t len, const u8 *ad, size_t ad_len,
		  const u8 nonce[12], const u8 key[32]);

#endif
