/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/nkey.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

// Two bytes of what it is and whose, 32 of the key, a CRC of both; a public key has one byte less.
enum { KEY = 32, SEED_BYTES = 2 + KEY + 2, PUBLIC_BYTES = 1 + KEY + 2, SIGNATURE_BYTES = 64 };
enum { PREFIX_SEED = 18 << 3, PREFIX_USER = 20 << 3 };
_Static_assert((SEED_BYTES * 8 + 4) / 5 + 1 == NKEY_SEED && (PUBLIC_BYTES * 8 + 4) / 5 + 1 == NKEY_PUBLIC &&
		       (SIGNATURE_BYTES * 8 + 5) / 6 + 1 == NKEY_SIGNATURE,
	       "texts without padding");

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// CRC-16/XMODEM.
static uint16_t crc16(const uint8_t *data, size_t n)
{
	unsigned crc = 0;

	for (; n; n--, data++) {
		crc ^= (unsigned)*data << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return (uint16_t)crc;
}

// Groups of bits, the highest first, as letters.
static void write_base(const uint8_t *data, size_t n, const char *letters, unsigned group, char *out)
{
	uint32_t word = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		word = word << 8 | data[i];
		for (bits += 8; bits >= group; bits -= group)
			*out++ = letters[word >> (bits - group) & ((1u << group) - 1)];
	}
	if (bits)
		*out++ = letters[word << (group - bits) & ((1u << group) - 1)];
	*out = '\0';
}

static bool read_base32(const char *text, uint8_t out[SEED_BYTES])
{
	uint32_t word = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (strlen(text) != NKEY_SEED - 1)
		return false;
	for (; *text; text++) {
		const char *at = strchr(base32, *text);

		if (!at)
			return false;
		word = word << 5 | (uint32_t)(at - base32);
		bits += 5;
		if (bits >= 8 && n < SEED_BYTES)
			out[n++] = (uint8_t)(word >> (bits -= 8));
	}
	return n == SEED_BYTES;
}

static bool write_public(struct nkey *k)
{
	uint8_t data[PUBLIC_BYTES] = { PREFIX_USER };
	size_t n = KEY;

	if (!EVP_PKEY_get_raw_public_key(k->pair, data + 1, &n) || n != KEY)
		return false;
	uint16_t crc = crc16(data, 1 + KEY);

	data[1 + KEY] = (uint8_t)crc;
	data[2 + KEY] = (uint8_t)(crc >> 8);
	write_base(data, sizeof data, base32, 5, k->name);
	return true;
}

bool nkey_read(struct nkey *k, const char *seed)
{
	uint8_t data[SEED_BYTES];
	bool good = read_base32(seed, data);
	uint16_t crc = crc16(data, good ? SEED_BYTES - 2 : 0);

	*k = (struct nkey){ 0 };
	// The first byte has what it is, and the upper bits of whose.
	good = good && (data[0] & 0xf8) == PREFIX_SEED &&
	       ((data[0] & 7) << 5 | (data[1] & 0xf8) >> 3) == PREFIX_USER &&
	       data[SEED_BYTES - 2] == (crc & 255) && data[SEED_BYTES - 1] == crc >> 8;
	if (good)
		k->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, data + 2, KEY);
	explicit_bzero(data, sizeof data);
	if (k->pair && write_public(k))
		return true;
	nkey_close(k);
	return false;
}

bool nkey_sign(const struct nkey *k, const char *data, size_t bytes, char out[NKEY_SIGNATURE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_BYTES];
	size_t n = sizeof signature;
	bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pair) == 1 &&
		    EVP_DigestSign(ctx, signature, &n, (const unsigned char *)data, bytes) == 1 &&
		    n == sizeof signature;

	EVP_MD_CTX_free(ctx);
	if (good)
		write_base(signature, sizeof signature, base64url, 6, out);
	return good;
}

void nkey_close(struct nkey *k)
{
	EVP_PKEY_free(k->pair);
	*k = (struct nkey){ 0 };
}
