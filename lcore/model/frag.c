/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/frag.h"

#include "lcore/base/event.h"
#include "lcore/model/bar.h"

void frag_prints(struct frag *f)
{
	if (f->touched & FRAG_PRINTED)
		return;
	memset((char *)f + offsetof(struct frag, open), 0, sizeof *f - offsetof(struct frag, open));
	f->open = f->high = f->low = f->close = PX_NULL;
}

static void high_low(struct frag *f, int64_t high, int64_t low)
{
	if (f->high == PX_NULL || high > f->high)
		f->high = high;
	if (f->low == PX_NULL || low < f->low)
		f->low = low;
}

__attribute__((always_inline)) static inline void add_print(struct frag *restrict f,
							    const struct frag_print *restrict p)
{
	const uint32_t full = p->use == FRAG_FULL ? p->qty : 0;

	f->touched = FRAG_NEWS | FRAG_PRINTED;
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

// Apart, so that those that follow save no registers for it.
static __attribute__((noinline)) void first_print(struct frag *f, const struct frag_print *p)
{
	frag_prints(f);
	add_print(f, p);
}

void frag_print(struct frag *restrict f, const struct frag_print *restrict p)
{
	if (unlikely(!(f->touched & FRAG_PRINTED)))
		first_print(f, p);
	else
		add_print(f, p);
}

uint32_t frag_flags(const struct frag *f)
{
	return f->flags | (f->touched & FRAG_PRINTED && f->auction_volume ? BAR_AUCTION : 0);
}

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
		.touched = f->touched & FRAG_NEWS,
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

static void add_flow(struct frag *dst, const struct frag *src)
{
	dst->flags |= src->flags;
	dst->touched |= src->touched & FRAG_NEWS;
#define FLOW(type, name) dst->name += src->name;
#include "lcore/model/sums.def"
}

// Adds what prints have brought to src. False: there is none, or nothing yet to add it to.
static bool add_prints(struct frag *dst, const struct frag *src)
{
	if (!(src->touched & FRAG_PRINTED))
		return false;
	dst->trades += src->trades;
	if (!(dst->touched & FRAG_PRINTED)) {
		memcpy((char *)dst + offsetof(struct frag, open),
		       (const char *)src + offsetof(struct frag, open),
		       sizeof *dst - offsetof(struct frag, open));
		dst->touched |= FRAG_PRINTED;
		return false;
	}
	if (src->high != PX_NULL)
		high_low(dst, src->high, src->low);
#define SUM(type, name, adds)  dst->name += src->name;
#define PART(type, name, adds) dst->name += src->name;
#include "lcore/model/sums.def"
	return true;
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

		frag_copy(dst, src);
		dst->sec = sec;
		return;
	}
	add_flow(dst, src);
	if (!add_prints(dst, src))
		return;
	if (src->open != PX_NULL && (dst->open == PX_NULL || src->open_pos < dst->open_pos))
		take_open(dst, src);
	if (src->close != PX_NULL && (dst->close == PX_NULL || src->close_pos >= dst->close_pos))
		take_close(dst, src);
}

void frag_blend(struct frag *dst, const struct frag *src)
{
	add_flow(dst, src);
	if (!add_prints(dst, src))
		return;
	if (src->open != PX_NULL && (dst->open == PX_NULL || src->open_ts < dst->open_ts))
		take_open(dst, src);
	if (src->close != PX_NULL && (dst->close == PX_NULL || src->close_ts >= dst->close_ts))
		take_close(dst, src);
}
