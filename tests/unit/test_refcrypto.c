// SPDX-License-Identifier: GPL-2.0-only
/* The reference primitives against the published vectors: whatever they are the oracle of hangs on
 * this. */
#include "refcrypto.h"
#include "t.h"

static void check_sha(const char *text, const char *want)
{
	u8 out[32], expected[32];

	rmp_sha256((const u8 *)text, strlen(text), out);
	t_hex(want, expected);
	CHECK_MEM(out, expected, 32);
}

TEST(sha256_fips_180)
{
	static char million[1000001];

	check_sha("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_sha("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	check_sha(million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void check_hmac(const void *key, size_t key_len, const void *data, size_t len,
		       const char *want, size_t want_len)
{
	u8 out[32], expected[32];

	rmp_hmac_sha256(key, key_len, data, len, out);
	CHECK_EQ(t_hex(want, expected), want_len);
	CHECK_MEM(out, expected, want_len);
}

TEST(hmac_sha256_rfc_4231)
{
	static const char long_key_text[] = "This is a test using a larger than block-size key and "
					    "a larger than block-size data. The key needs to be "
					    "hashed before being used by the HMAC algorithm.";
	u8 key[131], data[50];
	unsigned int i;

	memset(key, 0x0b, 20);
	check_hmac(key, 20, "Hi There", 8,
		   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 32);
	check_hmac("Jefe", 4, "what do ya want for nothing?", 28,
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 32);
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	check_hmac(key, 20, data, 50,
		   "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 32);
	check_hmac(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
		   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 32);
	check_hmac(key, 131, long_key_text, sizeof(long_key_text) - 1,
		   "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", 32);
	memset(key, 0x0c, 20);
	check_hmac(key, 20, "Test With Truncation", 20, "a3b6167473100ee06e0c796c2955552b", 16);
	for (i = 0; i < 25; i++)
		key[i] = (u8)(i + 1);
	memset(data, 0xcd, sizeof(data));
	check_hmac(key, 25, data, 50,
		   "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", 32);
}

static void count_up(u8 *p, size_t len, u8 first)
{
	while (len--)
		*p++ = first++;
}

static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				"only one tip for the future, "
				"sunscreen would be it.";

TEST(chacha20_rfc_8439)
{
	u8 key[32], nonce[12], out[114], want[114];

	count_up(key, 32, 0);
	t_hex("000000000000004a00000000", nonce);
	t_hex("6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f59"
	      "3dabcd62b357"
	      "1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818c"
	      "e91ab7793736"
	      "5af90bbf74a35be6b40b8eedf2785e42874d",
	      want);
	ref_chacha20(out, (const u8 *)sunscreen, 114, key, 1, nonce);
	CHECK_MEM(out, want, 114);
}

static void check_poly(const char *key_hex, const char *data_hex, const char *want_hex)
{
	u8 key[32], data[64], want[16], tag[16];
	size_t len = t_hex(data_hex, data);

	t_hex(key_hex, key);
	t_hex(want_hex, want);
	ref_poly1305(tag, data, len, key);
	CHECK_MEM(tag, want, 16);
}

#define R2 "02000000000000000000000000000000"
#define R1 "01000000000000000000000000000000"
#define S0 "00000000000000000000000000000000"
#define FF "ffffffffffffffffffffffffffffffff"

TEST(poly1305_rfc_8439)
{
	check_poly("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
		   "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
		   "a8061dc1305136c6c22b8baf0c0127a9");
	/* A.3, 7 to 11: where carries and the last subtraction go wrong */
	check_poly(R2 S0, FF, "03000000000000000000000000000000");
	check_poly(R2 FF, "02000000000000000000000000000000", "03000000000000000000000000000000");
	check_poly(R1 S0,
		   FF "f0ffffffffffffffffffffffffffffff"
		      "11000000000000000000000000000000",
		   "05000000000000000000000000000000");
	check_poly(R1 S0,
		   FF "fbfefefefefefefefefefefefefefefe"
		      "01010101010101010101010101010101",
		   S0);
	check_poly(R2 S0, "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff");
}

TEST(aead_tag_rfc_8439)
{
	u8 key[32], nonce[12], ad[12], out[114], tag[16], want[16];

	count_up(key, 32, 0x80);
	t_hex("070000004041424344454647", nonce);
	t_hex("50515253c0c1c2c3c4c5c6c7", ad);
	t_hex("1ae10b594f09e26a7e902ecbd0600691", want);
	ref_chacha20(out, (const u8 *)sunscreen, 114, key, 1, nonce);
	ref_aead_tag(tag, out, 114, ad, 12, nonce, key);
	CHECK_MEM(tag, want, 16);
}

/* A.5. Its nonce begins with four zero bytes, as Noise's does. */
TEST(aead_decrypt_rfc_8439)
{
	static const char begin[] =
		"Internet-Drafts are draft documents valid for a maximum of six months";
	u8 key[32], ad[12], box[281], text[265], again[281];
	u64 nonce = 0x0807060504030201;
	size_t i;

	t_hex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0", key);
	t_hex("f33388860000000000004e91", ad);
	CHECK_EQ(t_hex("64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755"
		       "d43eea09ee94e382d26b0"
		       "bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008"
		       "d33bd60f982b1ff37c855"
		       "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b8"
		       "04d46a59b5216cde7a4e9"
		       "9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b35"
		       "64eea1b422273f548271a"
		       "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d3"
		       "61094fa68f0ff77987130"
		       "305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea"
		       "1851f38",
		       box),
		 281);
	REQUIRE(rmp_aead_decrypt(text, box, 281, ad, 12, nonce, key));
	CHECK_MEM(text, begin, sizeof(begin) - 1);
	rmp_aead_encrypt(again, text, 265, ad, 12, nonce, key);
	CHECK_MEM(again, box, 281);

	for (i = 0; i < 281; i++) {
		box[i] ^= 0x10;
		CHECK(!rmp_aead_decrypt(text, box, 281, ad, 12, nonce, key));
		box[i] ^= 0x10;
	}
	CHECK(!rmp_aead_decrypt(text, box, 281, ad, 11, nonce, key));
	CHECK(!rmp_aead_decrypt(text, box, 281, ad, 12, nonce + 1, key));
	CHECK(!rmp_aead_decrypt(text, box, 15, ad, 12, nonce, key));
}

static void check_x25519(const char *secret_hex, const char *point_hex, const char *want_hex)
{
	u8 secret[32], point[32], want[32], out[32];

	t_hex(secret_hex, secret);
	t_hex(point_hex, point);
	t_hex(want_hex, want);
	CHECK(rmp_x25519(out, secret, point));
	CHECK_MEM(out, want, 32);
}

TEST(x25519_rfc_7748)
{
	u8 k[32] = {9}, u[32] = {9}, out[32], want[32];
	int i;

	check_x25519("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		     "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	check_x25519("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		     "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		     "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
	for (i = 1; i <= 1000; i++) {
		REQUIRE(rmp_x25519(out, k, u));
		memcpy(u, k, 32);
		memcpy(k, out, 32);
		if (i == 1)
			t_hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
			      want);
		else if (i == 1000)
			t_hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
			      want);
		else
			continue;
		CHECK_MEM(k, want, 32);
	}
}

TEST(x25519_diffie_hellman)
{
	u8 a[32], b[32], pub_a[32], pub_b[32], out_a[32], out_b[32], want[32];

	t_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", a);
	t_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", b);
	CHECK(rmp_x25519_public(pub_a, a));
	CHECK(rmp_x25519_public(pub_b, b));
	t_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", want);
	CHECK_MEM(pub_a, want, 32);
	t_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", want);
	CHECK_MEM(pub_b, want, 32);
	CHECK(rmp_x25519(out_a, a, pub_b));
	CHECK(rmp_x25519(out_b, b, pub_a));
	t_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", want);
	CHECK_MEM(out_a, want, 32);
	CHECK_MEM(out_b, want, 32);
}

/* Points of small order give a result that says nothing of the secret; the caller must be told. */
TEST(x25519_refuses_useless_input)
{
	u8 secret[32], point[32] = {0}, out[32];

	t_fill(secret, 32);
	CHECK(!rmp_x25519(out, secret, point));
	point[0] = 1;
	CHECK(!rmp_x25519(out, secret, point));
	t_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", point);
	CHECK(!rmp_x25519(out, secret, point));
	t_hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	      point); /* p itself */
	CHECK(!rmp_x25519(out, secret, point));
	memset(secret, 0, 32);
	CHECK(!rmp_x25519_public(out, secret));
}
