/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/mend.h"

#include <stdlib.h>

#define LEAP_NS      (int64_t) NS_PER_S
// A last record that nothing contradicts or confirms may be a heartbeat or two behind, but not more.
#define LAST_LEAP_NS (int64_t)(5 * NS_PER_S)
// No pause of a market is longer than this: what stands alone further behind is a clock that was not set.
#define PAUSE_NS     (int64_t)(7 * NS_PER_DAY)
// Packets tell the recorder's clock to be as good as the best one when they differ by less.
#define ALIKE_NS     (int64_t)(60 * NS_PER_S)
// Times beyond 2116 are none; so sums cannot overflow.
#define TIME_MAX     (INT64_C(1) << 62)

enum { REFERENCE_TRIES = 4 };
enum verdict { UNKNOWN, REAL, CLOCK_SET };

void mend_begin(struct mend *mend, int64_t set_ns)
{
	*mend = (struct mend){ .set_ns = set_ns, .shift_ns = set_ns };
}

static inline int64_t shifted(const struct mend *mend, const struct capture_record *record)
{
	int64_t ns = record->ts_ns < (uint64_t)TIME_MAX ? (int64_t)record->ts_ns : TIME_MAX;

	// A shift that damaged times made may be as large as they are.
	if (__builtin_add_overflow(ns, mend->shift_ns, &ns))
		return TIME_MAX;
	return ns < 0 ? 0 : ns < TIME_MAX ? ns : TIME_MAX;
}

// Frames of raw messages have the messages' own time: they are their own witness.
static bool testify(const struct mend *mend, const struct capture_record *record, struct witness *out)
{
	int64_t ns = shifted(mend, record);

	if (record->synthesised) {
		*out = (struct witness){ .rx_ns = ns, .exchange_ns = ns };
		return true;
	}
	return witness_of(record, ns, out);
}

// What the packets say of a leap by leap_ns at the first record: of the records that share it, all must show
// that the exchange's clock did not move along, or one that it did. Of a leap of less than a minute one
// packet alone does not tell: it may be one that was overtaken, and its copies are no others.
static enum verdict hear(const struct mend *mend, const struct capture_record *record, unsigned n,
			 int64_t leap_ns, int64_t *strain_ns, struct witness *speaker)
{
	int64_t first_ns = shifted(mend, record),
		most = llabs(leap_ns) / 2 < LEAP_NS ? llabs(leap_ns) / 2 : LEAP_NS;
	enum verdict verdict = UNKNOWN;
	bool alone = true;

	for (unsigned i = 0; i < n && i <= MEND_AHEAD; i++) {
		struct witness w;

		if (llabs(shifted(mend, &record[i]) - first_ns) > llabs(leap_ns) / 2 ||
		    !testify(mend, &record[i], &w) || !mend->known[w.of_day])
			continue;
		int64_t strain = witness_strain(&mend->reference[w.of_day], &w);

		if (llabs(strain) <= most)
			return REAL;
		if (llabs(strain - leap_ns) >= llabs(leap_ns) / 4)
			return UNKNOWN;
		if (verdict == UNKNOWN) {
			*strain_ns = strain;
			*speaker = w;
		}
		alone = alone && w.exchange_ns == speaker->exchange_ns;
		verdict = CLOCK_SET;
	}
	return alone && llabs(leap_ns) < ALIKE_NS ? UNKNOWN : verdict;
}

// The recorder's clock was set: to the better, or to the worse?
static bool better(const struct mend *mend, const struct witness *w)
{
	return llabs(witness_offset(w)) + LEAP_NS < llabs(witness_offset(&mend->reference[w->of_day]));
}

// Of the records behind the first: those that are as late as early_ns at least, and those that are not. What
// is earlier than floor_ns is wrong itself, and says nothing.
static void poll(const struct mend *mend, const struct capture_record *record, unsigned n, int64_t early_ns,
		 int64_t floor_ns, unsigned *later, unsigned *earlier)
{
	*later = *earlier = 0;
	for (unsigned i = 1; i < n && i <= MEND_AHEAD; i++) {
		int64_t ns = shifted(mend, &record[i]);

		*later += ns >= early_ns;
		*earlier += ns < early_ns && ns >= floor_ns;
	}
}

// The time of a record that leaps ahead of where the file stands.
static int64_t leap_ahead(struct mend *mend, const struct capture_record *record, unsigned n)
{
	int64_t ns = shifted(mend, record), leap_ns = ns - mend->at_ns, strain_ns = 0;
	struct witness speaker;
	unsigned agree, deny;

	poll(mend, record, n, ns - LEAP_NS, mend->at_ns - LEAP_NS, &agree, &deny);
	if (deny > agree)
		return mend->at_ns;
	enum verdict verdict = hear(mend, record, n, leap_ns, &strain_ns, &speaker);

	if (verdict == CLOCK_SET && !better(mend, &speaker)) {
		if (agree + deny && agree > deny)
			mend->shift_ns -= strain_ns;
		ns -= strain_ns;
		return ns > mend->at_ns ? ns : mend->at_ns;
	}
	if (verdict == UNKNOWN && (agree + deny ? deny == agree : leap_ns > LAST_LEAP_NS))
		return mend->at_ns;
	return ns;
}

// The time of a record that falls behind where the file stands. Never earlier than that: a file is not
// reordered.
static int64_t fall_back(struct mend *mend, const struct capture_record *record, unsigned n)
{
	int64_t leap_ns = shifted(mend, record) - mend->at_ns, strain_ns = 0;
	struct witness speaker;
	unsigned later, earlier;

	poll(mend, record, n, mend->at_ns - LEAP_NS, 0, &later, &earlier);
	if (earlier > later && hear(mend, record, n, leap_ns, &strain_ns, &speaker) == CLOCK_SET &&
	    !better(mend, &speaker))
		mend->shift_ns -= strain_ns;
	return mend->at_ns;
}

// The reference is renewed from records whose times are in order, one of them in each batch. False when the
// record's packet tells no time.
static bool refer(struct mend *mend, const struct capture_record *record, int64_t ns)
{
	struct witness w;

	if (record->synthesised)
		w = (struct witness){ .rx_ns = ns, .exchange_ns = ns };
	else if (!witness_of(record, ns, &w))
		return false;
	mend->reference[w.of_day] = w;
	mend->known[w.of_day] = true;
	return true;
}

// Whether the first record stands alone before the others, by a clock that was not right yet.
static bool lone_start(const struct mend *mend, const struct capture_record *record, unsigned n)
{
	int64_t ns = shifted(mend, record), next_ns = n > 1 ? shifted(mend, &record[1]) : ns;
	struct mend trial = *mend;
	struct witness w, speaker;
	int64_t strain_ns;

	if (next_ns - ns <= LEAP_NS)
		return false;
	if (next_ns - ns > PAUSE_NS)
		return true;
	return testify(mend, record, &w) && refer(&trial, record, ns) &&
	       hear(&trial, record + 1, n - 1, next_ns - ns, &strain_ns, &speaker) == CLOCK_SET;
}

// Where the file begins: at its first record whose time neither the others nor its packet contradict.
static int64_t start(const struct mend *mend, const struct capture_record *record, unsigned n)
{
	bool told[MEND_AHEAD + 1];
	int64_t offset[MEND_AHEAD + 1], best = INT64_MAX;
	unsigned agree, deny, first;

	n = n < MEND_AHEAD + 1 ? n : MEND_AHEAD + 1;
	for (unsigned i = 0; i < n; i++) {
		struct witness w;

		told[i] = testify(mend, &record[i], &w);
		offset[i] = told[i] ? llabs(witness_offset(&w)) : 0;
		best = told[i] && offset[i] < best ? offset[i] : best;
	}
	for (first = 0; first + 1 < n; first++) {
		if (told[first] && offset[first] > best + ALIKE_NS)
			continue;
		poll(mend, record + first, n - first, shifted(mend, &record[first]) - LEAP_NS, 0, &agree,
		     &deny);
		if (deny <= agree && !lone_start(mend, record + first, n - first))
			break;
	}
	return shifted(mend, &record[first]);
}

void mend_settle(struct mend *mend, struct capture_record *record, unsigned n, unsigned n_all)
{
	unsigned tries = REFERENCE_TRIES;

	if (unlikely(!mend->begun) && n) {
		mend->begun = true;
		mend->at_ns = start(mend, record, n_all);
	}
	for (unsigned i = 0; i < n; i++) {
		int64_t own_ns = shifted(mend, &record[i]), ns = own_ns;

		if (unlikely(own_ns > mend->at_ns + LEAP_NS))
			ns = leap_ahead(mend, record + i, n_all - i);
		else if (unlikely(own_ns < mend->at_ns - LEAP_NS))
			ns = fall_back(mend, record + i, n_all - i);
		else if (tries && own_ns >= mend->at_ns)
			tries = refer(mend, &record[i], ns) ? 0 : tries - 1;
		if (unlikely(ns != own_ns || mend->shift_ns != mend->set_ns))
			__atomic_store_n(&mend->mended, mend->mended + 1, __ATOMIC_RELAXED);
		record[i].ts_ns = (uint64_t)ns;
		if (ns > mend->at_ns)
			mend->at_ns = ns;
	}
}
