/* SPDX-License-Identifier: BSD-3-Clause */
// paper_script_fuzz.c: any bytes as a script of orders. What is refused says where and why; what is accepted
// is in order, and every row belongs to one leg.
#include "lcore/trade/paper_script.h"
#include "tests/fuzz/fuzz_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t bytes = (paper_script_bytes(text, size) + 63) / 64 * 64;
	void *mem = aligned_alloc(64, bytes);
	struct paper_script_error err = { 0 };
	struct paper_script s;
	uint32_t n = 0;

	CHECK(mem != NULL);
	memset(mem, 0, bytes);
	if (paper_script_read(&s, text, size, mem, &err)) {
		CHECK(err.text[0] && (err.line == 0) == (err.column == 0));
		free(mem);
		return 0;
	}
	for (uint32_t i = 0; i < s.n_legs; i++) {
		const struct paper_script_leg *leg = &s.leg[i];

		CHECK(leg->first == n && leg->n > 0 && leg->venue < VENUE_COUNT);
		n += leg->n;
		for (uint32_t k = leg->first; k < n; k++) {
			const struct trade_request *r = &s.row[k], *before = k > leg->first ? r - 1 : NULL;

			CHECK(r->symbol == leg->symbol && r->venue == leg->venue && r->action <= TRADE_AGAIN);
			CHECK(!before || before->arrival_ns < r->arrival_ns ||
			      (before->arrival_ns == r->arrival_ns && before->id <= r->id));
		}
	}
	CHECK(n == s.n && s.n_orders <= s.n);
	free(mem);
	return 0;
}
