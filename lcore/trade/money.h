/* SPDX-License-Identifier: BSD-3-Clause */
// money.h: exact arithmetic of money: products in 128 bits, quotients rounded half to even. Amounts are 1e-6
// dollar, unless a name says otherwise. Pure; any thread.
#ifndef WB_TRADE_MONEY_H
#define WB_TRADE_MONEY_H

#include "lcore/base/num.h"

typedef __int128 money_wide; // a product of two amounts, or of an amount and shares

// money_round returns n / d, rounded half to even. Assumes d > 0, and that the quotient fits.
static inline int64_t money_round(money_wide n, int64_t d)
{
	money_wide q = n / d, rest = n % d, twice = 2 * (rest < 0 ? -rest : rest);

	if (twice > d || (twice == d && q % 2 != 0))
		q += n < 0 ? -1 : 1;
	return (int64_t)q;
}

// money_share returns the part of amount that goes with part out of whole shares. Assumes whole > 0.
static inline int64_t money_share(int64_t amount, int64_t part, int64_t whole)
{
	return money_round((money_wide)amount * part, whole);
}

#endif
