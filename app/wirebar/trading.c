/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/trading.h"

#include <stdio.h>

#include "app/wirebar/latch_file.h"

static struct latch_file trading = { .dir_fd = -1 };

const struct latch *trading_latch(void) { return &trading.latch; }

int trading_open(struct appliance *a)
{
	latch_file_none(&trading);
	a->plant.mode = latch_file_at(&trading);
	if (a->plant.replay || !a->conf.orders.enabled)
		return 0;
	appliance_state_dir(a, trading.dir);
	latch_file_open(&trading);
	a->plant.mode = latch_file_at(&trading);
	enum latch_mode mode = plant_mode(&a->plant);

	if (mode != LATCH_RUN)
		fprintf(stderr, "wirebar: the mode of trading is %s since before this start (%s)\n",
			latch_mode_name[mode],
			trading.latch.reason[0] ? trading.latch.reason : "no reason was given");
	return 0;
}

int trading_set(enum latch_mode mode, const struct ucred *who, const char *command, const char *reason,
		char *why, size_t why_bytes)
{
	return latch_file_set(&trading, mode, who, command, reason, why, why_bytes);
}

void trading_raise(enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	latch_file_raise(&trading, mode, cause, reason);
}

int trading_audit(const struct ucred *who, const char *command, const char *reason, char *why,
		  size_t why_bytes)
{
	return latch_file_audit(&trading, who, command, reason, why, why_bytes);
}

void trading_share(uint32_t *word)
{
	trading.also = word;
	if (word)
		__atomic_store_n(word, *latch_file_at(&trading), __ATOMIC_RELEASE);
}

void trading_follow(uint32_t *word)
{
	const uint32_t *file = trading.file ? latch_file_at(&trading) : NULL;
	uint32_t shared = __atomic_load_n(word, __ATOMIC_ACQUIRE),
		 said = file ? __atomic_load_n(file, __ATOMIC_ACQUIRE) : 0;

	if (said > shared && said < LATCH_MODES)
		__atomic_compare_exchange_n(word, &shared, said, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

int trading_give(uid_t uid, gid_t gid) { return latch_file_give(&trading, uid, gid); }

void trading_close(void) { latch_file_close(&trading); }
