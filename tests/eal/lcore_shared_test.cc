/* SPDX-License-Identifier: BSD-3-Clause */
// What others read of an lcore is found by its index, has room for what its stage shows, and is refused by a program whose
// counters are others.
#include <gtest/gtest.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/stage/lcore_shared.h"
#include "tests/shim/eal.h"
}
#pragma GCC diagnostic pop

TEST(lcore_shared, is_found_by_index)
{
	lcore_shared *ingest = lcore_shared_create(0, CONF_STAGE_INGEST, 3, -1);
	lcore_shared *signal = lcore_shared_create(1, CONF_STAGE_SIGNAL, 3, -1);

	ASSERT_NE(ingest, nullptr);
	ASSERT_NE(signal, nullptr);
	ingest->rows = 7;
	ingest->watch[2] = 8;
	signal->rows = 9;
	EXPECT_EQ(lcore_shared_attach(0), ingest);
	EXPECT_EQ(lcore_shared_attach(1)->rows, 9u);
	EXPECT_EQ(lcore_shared_attach(2), nullptr);
	EXPECT_EQ(ingest->bytes, lcore_shared_bytes(CONF_STAGE_INGEST, 3));
	EXPECT_EQ(signal->bytes, offsetof(lcore_shared, counts)) << "no channels where nothing is received";
}

TEST(lcore_shared, of_another_program_is_refused)
{
	lcore_shared *s = lcore_shared_create(3, CONF_STAGE_SIGNAL, 0, -1);

	ASSERT_NE(s, nullptr);
	s->layout++;
	EXPECT_EQ(lcore_shared_attach(3), nullptr);
	s->layout--;
	EXPECT_EQ(lcore_shared_attach(3), s);
	s->bytes = 0; // not whole yet
	EXPECT_EQ(lcore_shared_attach(3), nullptr);
}

SHIM_MAIN
