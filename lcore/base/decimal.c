/* SPDX-License-Identifier: BSD-3-Clause */
// decimal.c: %.12g in whole numbers. A double is m * 2^e with m below 2^53; twelve digits before the point
// need a factor of 10^k, and up to k = 54 the product m * 5^k has at most 179 bits. So from 1e-43 to 2^63
// twice the scaled value is exact in three words, its last bit is the half that rounding asks for, and one
// more bit says whether anything follows: no digit is estimated. Values outside (tiny, huge, not finite) go
// to libc.
//
// Why not a library: double-conversion and Ryu print any double with any number of digits, and take more than
// twice as long; rows need one format, and its usual range needs one multiplication.
#include "lcore/base/decimal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS     12
#define U64_DIGITS 20
#define TEN_11     UINT64_C(100000000000)
#define TEN_12     UINT64_C(1000000000000)
#define FIVES      27
#define LEAST_E10  (DIGITS - 1 - 2 * FIVES)
#define END_E2     63
#define MANTISSA   (UINT64_C(1) << 52)
#define PAIR(p, v) memcpy(p, pairs + 2 * (v), 2)

typedef unsigned __int128 u128;

static const uint64_t five[FIVES + 1] = {
	1,
	5,
	25,
	125,
	625,
	3125,
	15625,
	78125,
	390625,
	1953125,
	9765625,
	48828125,
	244140625,
	1220703125,
	6103515625,
	30517578125,
	152587890625,
	762939453125,
	3814697265625,
	19073486328125,
	95367431640625,
	476837158203125,
	2384185791015625,
	11920928955078125,
	59604644775390625,
	298023223876953125,
	1490116119384765625,
	7450580596923828125,
};

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

// A positive number as its digits (10^11 to 10^12 - 1) and the decimal exponent of the first.
struct scaled {
	uint64_t digits;
	int e10;
};

// Returns floor(m * 5^k / 2^shift), and whether that left something out. shift is 1 to 190,
// the result below 2^64.
static uint64_t scale(uint64_t m, int k, int shift, bool *more)
{
	u128 p = (u128)m * five[k < FIVES ? k : FIVES];
	u128 high = p >> 64;
	uint64_t low = (uint64_t)p;

	if (k > FIVES) {
		p = (u128)low * five[k - FIVES];
		high = high * five[k - FIVES] + (uint64_t)(p >> 64);
		low = (uint64_t)p;
	}
	if (shift < 64) {
		*more = low & ((UINT64_C(1) << shift) - 1);
		return (uint64_t)high << (64 - shift) | low >> shift;
	}
	*more = low || high & (((u128)1 << (shift - 64)) - 1);
	return (uint64_t)(high >> (shift - 64));
}

// Rounds twice / (2 * unit) to a whole number, half to even; more: the true value is a little larger.
static inline uint64_t rounded(uint64_t twice, uint64_t unit, bool more)
{
	uint64_t q = twice / (2 * unit), rest = twice % (2 * unit);

	return q + (rest > unit || (rest == unit && (more || q & 1)));
}

// m * 2^(e2 - 52), of which m has 53 bits, is at least 10^LEAST_E10 and below 2^END_E2; e10 is the decimal
// exponent of 2^e2: the number's own, or one less.
static struct scaled scaled_of(uint64_t m, int e2, int e10)
{
	uint64_t twice, unit = 1, digits;
	bool more = false;

	if (e10 < DIGITS) {
		twice = scale(m, DIGITS - 1 - e10, 52 - DIGITS - e2 + e10, &more);
		if (twice < 2 * TEN_12)
			digits = rounded(twice, 1, more);
		else
			digits = rounded(twice, 10, more), e10++;
	} else {
		twice = e2 < 51 ? scale(m, 0, 51 - e2, &more) : m << (e2 - 51);
		for (int i = DIGITS - 1; i < e10; i++)
			unit *= 10;
		if (twice / (2 * unit) >= TEN_12)
			unit *= 10, e10++;
		digits = rounded(twice, unit, more);
	}
	return digits < TEN_12 ? (struct scaled){ digits, e10 } : (struct scaled){ TEN_11, e10 + 1 };
}

// Writes six digits with their zeros.
static inline void put6(uint32_t v, char *p)
{
	PAIR(p, v / 10000);
	PAIR(p + 2, v / 100 % 100);
	PAIR(p + 4, v % 100);
}

// Returns how many of n digits are left without the zeros at their end.
static inline int trimmed(const char *digit, int n)
{
	while (n > 0 && digit[n - 1] == '0')
		n--;
	return n;
}

// The shape that %g gives n digits without zeros at their end, the first of them for 10^e10: as they are from
// 10^-4 on and below 10^12, else with an exponent.
static char *shape(const char *digit, int n, int e10, char *p)
{
	if (e10 >= 0 && e10 < DIGITS) {
		memcpy(p, digit, DIGITS);
		if (n <= e10 + 1)
			return p + e10 + 1;
		p[e10 + 1] = '.';
		memcpy(p + e10 + 2, digit + e10 + 1, DIGITS);
		return p + n + 1;
	}
	if (e10 < 0 && e10 >= -4) {
		memcpy(p, "0.000", 5);
		memcpy(p + 1 - e10, digit, DIGITS);
		return p + 1 - e10 + n;
	}
	*p++ = digit[0];
	if (n > 1) {
		*p++ = '.';
		memcpy(p, digit + 1, DIGITS - 1);
		p += n - 1;
	}
	*p++ = 'e';
	*p++ = e10 < 0 ? '-' : '+';
	PAIR(p, e10 < 0 ? -e10 : e10);
	return p + 2;
}

size_t decimal_g12(double d, char *out)
{
	char digit[2 * DIGITS] = { 0 }, *p = out;
	uint64_t bits;

	memcpy(&bits, &d, sizeof bits);
	int e2 = (int)(bits >> 52 & 0x7ff) - 1023;
	int e10 = e2 * 78913 >> 18; // floor(e2 * log10(2)), for all exponents of a double

	if (bits << 1 && (e10 < LEAST_E10 || e2 >= END_E2))
		return (size_t)snprintf(out, DECIMAL_BYTES, "%.12g", d);
	if (bits >> 63)
		*p++ = '-';
	if (!(bits << 1)) {
		*p++ = '0';
	} else {
		struct scaled s = scaled_of((bits & (MANTISSA - 1)) | MANTISSA, e2, e10);

		put6((uint32_t)(s.digits / 1000000), digit);
		put6((uint32_t)(s.digits % 1000000), digit + 6);
		p = shape(digit, trimmed(digit, DIGITS), s.e10, p);
	}
	*p = '\0';
	return (size_t)(p - out);
}

size_t decimal_u64(uint64_t v, char *out)
{
	char digit[2 * U64_DIGITS] = { 0 };
	int at = U64_DIGITS;

	for (; v >= 100; v /= 100)
		PAIR(digit + (at -= 2), v % 100);
	if (v >= 10)
		PAIR(digit + (at -= 2), v);
	else
		digit[--at] = (char)('0' + v);
	memcpy(out, digit + at, U64_DIGITS); // one length: no call
	out[U64_DIGITS - at] = '\0';
	return (size_t)(U64_DIGITS - at);
}

size_t decimal_i64(int64_t v, char *out)
{
	if (v >= 0)
		return decimal_u64((uint64_t)v, out);
	*out = '-';
	return 1 + decimal_u64(0 - (uint64_t)v, out + 1);
}

size_t decimal_millionths(int64_t v, char *out)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	uint32_t part = (uint32_t)(u % 1000000);
	size_t n = 0;

	if (v < 0)
		out[n++] = '-';
	n += decimal_u64(u / 1000000, out + n);
	if (part) {
		out[n++] = '.';
		put6(part, out + n);
		n += (size_t)trimmed(out + n, 6);
	}
	out[n] = '\0';
	return n;
}
