/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/frag.h"

#include <string.h>

#include "lcore/base/event.h"
#include "lcore/model/bar.h"

void frag_clear(struct frag *f, uint32_t sec)
{
	memset(f, 0, sizeof *f);
	f->sec = sec;
	f->open = f->high = f->low = f->close = PX_NULL;
}

static void high_low(struct frag *f, int64_t high, int64_t low)
{
	if (f->high == PX_NULL || high > f->high)
		f->high = high;
	if (f->low == PX_NULL || low < f->low)
		f->low = low;
}

void frag_print(struct frag *restrict f, const struct frag_print *restrict p)
{
	const uint32_t full = p->use == FRAG_FULL ? p->qty : 0;

	f->touched = 1;
	f->trades++;
#define SUM(type, name, adds)  f->name += adds;
#define PART(type, name, adds) f->name += adds;
#include "lcore/model/sums.def"
	if (p->use != FRAG_VOLUME_ONLY)
		high_low(f, p->price, p->price);
	if (p->use == FRAG_FULL) {
		if (f->open == PX_NULL || p->pos < f->open_pos) {
			f->open = p->price;
			f->open_pos = p->pos;
			f->open_ts = p->ts_ns;
		}
		if (f->close == PX_NULL || p->pos >= f->close_pos) {
			f->close = p->price;
			f->close_pos = p->pos;
			f->close_ts = p->ts_ns;
		}
	}
}

uint32_t frag_flags(const struct frag *f) { return f->flags | (f->auction_volume ? BAR_AUCTION : 0); }

void frag_unprint(struct frag *restrict f, const struct frag_print *restrict p)
{
	const uint32_t full = p->use == FRAG_FULL ? p->qty : 0;

	f->trades--;
#define SUM(type, name, adds)  f->name -= adds;
#define PART(type, name, adds) f->name -= adds;
#include "lcore/model/sums.def"
}

struct frag_flow frag_flow(const struct frag *f)
{
	return (struct frag_flow){
		.sec = f->sec,
		.touched = f->touched,
		.flags = f->flags,
#define FLOW(type, name) .name = f->name,
#include "lcore/model/sums.def"
	};
}

void frag_add_flow(struct frag *f, const struct frag_flow *flow)
{
	f->touched |= flow->touched;
	f->flags |= flow->flags;
#define FLOW(type, name) f->name += flow->name;
#include "lcore/model/sums.def"
}

static void add_sums(struct frag *dst, const struct frag *src)
{
	dst->flags |= src->flags;
	dst->touched |= src->touched;
	dst->trades += src->trades;
	if (src->high != PX_NULL)
		high_low(dst, src->high, src->low);
#define FLOW(type, name)       dst->name += src->name;
#define SUM(type, name, adds)  dst->name += src->name;
#define PART(type, name, adds) dst->name += src->name;
#include "lcore/model/sums.def"
}

static void take_open(struct frag *dst, const struct frag *src)
{
	dst->open = src->open;
	dst->open_pos = src->open_pos;
	dst->open_ts = src->open_ts;
}

static void take_close(struct frag *dst, const struct frag *src)
{
	dst->close = src->close;
	dst->close_pos = src->close_pos;
	dst->close_ts = src->close_ts;
}

void frag_join(struct frag *dst, const struct frag *src)
{
	if (!dst->touched) {
		uint32_t sec = dst->sec;

		*dst = *src;
		dst->sec = sec;
		return;
	}
	add_sums(dst, src);
	if (src->open != PX_NULL && (dst->open == PX_NULL || src->open_pos < dst->open_pos))
		take_open(dst, src);
	if (src->close != PX_NULL && (dst->close == PX_NULL || src->close_pos >= dst->close_pos))
		take_close(dst, src);
}

void frag_blend(struct frag *dst, const struct frag *src)
{
	add_sums(dst, src);
	if (src->open != PX_NULL && (dst->open == PX_NULL || src->open_ts < dst->open_ts))
		take_open(dst, src);
	if (src->close != PX_NULL && (dst->close == PX_NULL || src->close_ts >= dst->close_ts))
		take_close(dst, src);
}
