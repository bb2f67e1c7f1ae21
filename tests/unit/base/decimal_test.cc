/* SPDX-License-Identifier: BSD-3-Clause */
// Doubles as text are libc's %.12g to the byte: named values, exact halves, neighbours of every power of ten,
// and millions of drawn ones of every kind.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

extern "C" {
#include "lcore/base/decimal.h"
}

namespace {

int differing;

void same(double d)
{
	char ours[DECIMAL_BYTES], theirs[64];
	size_t n = decimal_g12(d, ours), m = (size_t)snprintf(theirs, sizeof theirs, "%.12g", d);

	if (n == m && !memcmp(ours, theirs, n + 1))
		return;
	if (++differing < 10)
		ADD_FAILURE() << theirs << " is written as " << ours;
}

// A value, its neighbours, and all of them below zero.
void around(double d)
{
	for (double v : { d, std::nextafter(d, INFINITY), std::nextafter(d, -INFINITY) }) {
		same(v);
		same(-v);
	}
}

uint64_t state = 88172645463325252;

uint64_t draw()
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state;
}

double of_bits(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof d);
	return d;
}

enum { DRAWN = 150000 };

} // namespace

TEST(decimal, numbers_as_they_are_written)
{
	char out[DECIMAL_BYTES];
	const struct {
		double d;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ -1.5, "-1.5" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.333333333333" },
		{ 100, "100" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-05" },
		{ 123456789012.5, "123456789012" },
		{ 123456789013.5, "123456789014" },
		{ 999999999999.5, "1e+12" },
		{ 1e12, "1e+12" },
		{ 1234567890123, "1.23456789012e+12" },
		{ 1e22, "1e+22" },
		{ 1.23456789012e-300, "1.23456789012e-300" },
		{ 5e-324, "4.94065645841e-324" },
		{ INFINITY, "inf" },
		{ NAN, "nan" },
	};

	for (auto &row : rows) {
		size_t n = decimal_g12(row.d, out);

		EXPECT_STREQ(row.text, out);
		EXPECT_EQ(strlen(row.text), n);
	}
}

TEST(decimal, named_doubles_and_their_neighbours_are_those_of_libc)
{
	using limits = std::numeric_limits<double>;

	for (double d : { 0.0, limits::denorm_min(), limits::min(), limits::max(), limits::epsilon(), 0.9999999999995,
			  0.99999999999949, 99999999999.95, 999999999999.5, 9.9999999999995, 9223372036854775807.0,
			  18446744073709551615.0, 9007199254740993.0, 9999999999995e3, 1e-43, 1e-44 })
		around(d);
	for (int e = -323; e <= 308; e++) {
		char text[32];

		snprintf(text, sizeof text, "1e%d", e);
		around(strtod(text, nullptr));
		snprintf(text, sizeof text, "9.999999999995e%d", e);
		around(strtod(text, nullptr));
	}
	for (int e = -1074; e < 1024; e++)
		around(std::ldexp(1, e));
	for (double d : { (double)INFINITY, -(double)INFINITY, (double)NAN, -(double)NAN })
		same(d);
	for (int i = -100000; i <= 100000; i++)
		same(i), same(i / 2.0), same(i / 100.0);
	EXPECT_EQ(differing, 0);
}

// Twelve digits and then exactly a half, in binary too: the even neighbour is written.
TEST(decimal, exact_halves_go_to_the_even_digit)
{
	for (int i = 0; i < DRAWN; i++) {
		double whole = (double)(100000000000 + draw() % 900000000000);

		around(whole + 0.5);
		around((whole + 0.5) * 10);
		around((whole + 0.5) * 1000);
		// odd / 2^p has p digits after the point
		same(std::ldexp((double)(draw() % (1 << 26) | 1), -(int)(draw() % 20)));
	}
	EXPECT_EQ(differing, 0);
}

TEST(decimal, drawn_doubles_are_those_of_libc)
{
	for (int i = 0; i < DRAWN; i++) {
		uint64_t r = draw();
		char text[40];

		same(of_bits(r));
		// every exponent of the fast way, and some around it
		same(of_bits((r & ~(UINT64_C(0x7ff) << 52)) | (uint64_t)(1023 - 150 + (int)(draw() % 216)) << 52));
		same((double)(int64_t)r);
		same((double)(r >> (draw() % 64)));
		// as rows have them: shares and prices, means and differences
		same((double)(r % 100000000) / 1e6);
		same(std::ldexp((double)(int64_t)r, -63) * 1000);
		// near a half of the last digit
		snprintf(text, sizeof text, "%llue%d", (unsigned long long)(r % 1000000000000 * 10 + 5), (int)(draw() % 60) - 50);
		around(strtod(text, nullptr));
	}
	EXPECT_EQ(differing, 0);
}

TEST(decimal, whole_numbers_are_those_of_libc)
{
	char ours[DECIMAL_BYTES], theirs[32];
	uint64_t named[] = { 0, 9, 10, 99, 100, 999, 1000, UINT64_MAX, (uint64_t)INT64_MAX, (uint64_t)INT64_MIN };

	for (int i = 0; i < 100000; i++) {
		uint64_t v = i < 10 ? named[i] : draw() >> (draw() % 64);

		EXPECT_EQ((size_t)snprintf(theirs, sizeof theirs, "%llu", (unsigned long long)v), decimal_u64(v, ours));
		ASSERT_STREQ(theirs, ours);
		EXPECT_EQ((size_t)snprintf(theirs, sizeof theirs, "%lld", (long long)v), decimal_i64((int64_t)v, ours));
		ASSERT_STREQ(theirs, ours);
	}
}
