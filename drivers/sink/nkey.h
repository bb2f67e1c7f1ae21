/* SPDX-License-Identifier: BSD-3-Clause */
// nkey.h: NKEYs, by which NATS knows who somebody is: an Ed25519 key written in base32, whose owner signs
// what the server has made up for the connection. One thread.
//
// Source: nats-io/nkeys (strkey.go: prefixes, CRC-16); RFC 4648 for base32 and base64url, RFC 8032 for
// Ed25519.
#ifndef WB_SINK_NKEY_H
#define WB_SINK_NKEY_H

#include <stdbool.h>
#include <stddef.h>

// Texts with their NUL. A seed is 58 characters that begin with SU, a public key 56 that begin with U.
enum { NKEY_SEED = 59, NKEY_PUBLIC = 57, NKEY_SIGNATURE = 87 };

struct nkey {
	void *pair;             // EVP_PKEY; NULL: none
	char name[NKEY_PUBLIC]; // the public key: what the server knows one by
};

// nkey_read takes the seed of a user. Returns false, and no key, where it is none.
bool nkey_read(struct nkey *k, const char *seed);
// nkey_sign signs bytes and writes the signature as base64url. Returns false: no memory.
bool nkey_sign(const struct nkey *k, const char *data, size_t bytes, char out[NKEY_SIGNATURE]);
// nkey_close forgets it. Accepts a zeroed one.
void nkey_close(struct nkey *k);

#endif
