/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>
#include <string>

extern "C" {
#include "drivers/sink/nkey.h"
}

// The seed and the public key of docs.nats.io, "NKeys"; the signature as another implementation of Ed25519
// (Python's cryptography) has made it.
static const char seed[] = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

TEST(Nkey, TheSeedOfTheDocumentationHasItsPublicKey)
{
	nkey k;

	ASSERT_TRUE(nkey_read(&k, seed));
	EXPECT_STREQ(k.name, "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
	char signature[NKEY_SIGNATURE];
	ASSERT_TRUE(nkey_sign(&k, "PXoWU7zWAMt75FY", 15, signature));
	EXPECT_STREQ(signature, "zHsjAXoXbo2tbVRLf6_3-aHC2CGLiez1yMSLOyF4Z2wmzmO4ppyieii5IZsQSBgfdppsi6wMHWzYYXUv6A-8DQ");
	nkey_close(&k);
	nkey_close(&k);
}

TEST(Nkey, WhatIsNoSeedOfAUserIsNone)
{
	const std::string good = seed;
	nkey k;

	EXPECT_FALSE(nkey_read(&k, ""));
	EXPECT_FALSE(nkey_read(&k, good.substr(1).c_str()));
	EXPECT_FALSE(nkey_read(&k, (good + "A").c_str()));
	EXPECT_FALSE(nkey_read(&k, "SAACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCTIMI")); // of an account
	EXPECT_FALSE(nkey_read(&k, "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"));
	for (size_t i = 0; i < good.size(); i++) // the CRC finds each letter that is another
		for (const char c : { 'A', 'Q', '7', 'a', '1' }) {
			std::string bad = good;

			bad[i] = c;
			EXPECT_EQ(nkey_read(&k, bad.c_str()), bad == good) << bad;
			nkey_close(&k);
		}
}
