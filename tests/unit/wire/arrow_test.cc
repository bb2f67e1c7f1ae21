/* SPDX-License-Identifier: BSD-3-Clause */
// Arrow messages, read back by a reader that knows the format's rules and nothing of the writer. What other
// people's readers say is tests/smoke/arrow_test.py.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "drivers/wire/arrow.h"
}

namespace {

// A flatbuffer, each access of which is inside the bytes, aligned, and forward.
struct Flat {
	std::vector<uint8_t> bytes;

	uint64_t at(size_t i, size_t n) const
	{
		uint64_t v = 0;

		EXPECT_LE(i + n, bytes.size());
		EXPECT_EQ(i % n, 0u);
		for (size_t k = 0; k < n && i + k < bytes.size(); k++)
			v |= static_cast<uint64_t>(bytes[i + k]) << (8 * k);
		return v;
	}
	size_t follow(size_t i) const
	{
		uint64_t by = at(i, 4);

		EXPECT_GT(by, 0u);
		return i + by;
	}
	// Place of a field, or 0.
	size_t field(size_t table, unsigned slot) const
	{
		int32_t back = static_cast<int32_t>(at(table, 4));
		size_t vtable = table - static_cast<size_t>(back);

		EXPECT_GT(back, 0); // directly before its table
		size_t size = at(vtable, 2), place = 4 + 2 * slot < size ? at(vtable + 4 + 2 * slot, 2) : 0;

		EXPECT_EQ(vtable + size, table);
		return place ? table + place : 0;
	}
	size_t child(size_t table, unsigned slot) const { return follow(field(table, slot)); }
	std::string text(size_t i) const
	{
		size_t n = at(i, 4);

		EXPECT_EQ(at(i + 4 + n, 1), 0u);
		return std::string(reinterpret_cast<const char *>(&bytes[i + 4]), n);
	}
};

struct Message {
	Flat flat;
	size_t header, next;
	int kind;
	std::vector<uint8_t> body;

	Message(const std::vector<char> &all, size_t from)
	{
		const uint8_t *p = reinterpret_cast<const uint8_t *>(all.data()) + from;
		uint32_t mark, n;

		memcpy(&mark, p, 4);
		memcpy(&n, p + 4, 4);
		EXPECT_EQ(mark, UINT32_MAX);
		EXPECT_EQ((n + 8) % 8, 0u);
		flat.bytes.assign(p + 8, p + 8 + n);
		size_t table = flat.follow(0);

		EXPECT_EQ(flat.at(flat.field(table, 0), 2), 4u); // version 5
		kind = static_cast<int>(flat.at(flat.field(table, 1), 1));
		header = flat.child(table, 2);
		size_t length = flat.at(flat.field(table, 3), 8);

		body.assign(p + 8 + n, p + 8 + n + length);
		next = from + 8 + n + length;
	}

	uint64_t rows() const { return flat.at(flat.field(header, 0), 8); }
	uint64_t nulls(size_t column) const
	{
		size_t v = flat.child(header, 1);

		EXPECT_EQ(flat.at(v + 4 + 16 * column, 8), rows());
		return flat.at(v + 4 + 16 * column + 8, 8);
	}
	std::vector<uint8_t> buffer(size_t i) const
	{
		size_t v = flat.child(header, 2), at = flat.at(v + 4 + 16 * i, 8),
		       n = flat.at(v + 4 + 16 * i + 8, 8);

		EXPECT_EQ(at % 64, 0u);
		EXPECT_LE(at + n, body.size());
		return { body.begin() + static_cast<ptrdiff_t>(at), body.begin() + static_cast<ptrdiff_t>(at + n) };
	}
	size_t buffers() const { return flat.at(flat.child(header, 2), 4); }
};

const arrow_field fields[] = { { "symbol", ARROW_UTF8, false },
			       { "ts", ARROW_TIME, true },
			       { "px", ARROW_F64, true },
			       { "n", ARROW_I64, true },
			       { "flags", ARROW_I32, true } };
const arrow_meta meta[] = { { "key", "value" }, { "", "" } };
const arrow_schema schema = { fields, 5, meta, 2 };

struct Batch {
	arrow_batch b;
	std::unique_ptr<void, void (*)(void *)> mem;

	Batch(uint32_t rows, uint32_t text) : mem(nullptr, free)
	{
		size_t n = (arrow_batch_bytes(&schema, rows, text) + 63) & ~size_t{ 63 };

		mem.reset(aligned_alloc(64, n));
		memset(mem.get(), 0, n);
		arrow_batch_init(&b, &schema, rows, text, mem.get());
	}

	std::vector<char> put(arrow_block *block)
	{
		std::vector<char> out(arrow_batch_room(&b), 'x');
		size_t n = arrow_batch_put(&b, out.data(), block);

		EXPECT_LE(n, out.size());
		EXPECT_EQ(n % 8, 0u);
		EXPECT_EQ(n, block->metadata_bytes + block->body_bytes);
		out.resize(n);
		return out;
	}
};

template <typename T> std::vector<T> as(const std::vector<uint8_t> &bytes)
{
	std::vector<T> v(bytes.size() / sizeof(T));

	if (!v.empty())
		memcpy(v.data(), bytes.data(), v.size() * sizeof(T));
	return v;
}

} // namespace

TEST(arrow, schema_has_names_types_and_metadata)
{
	std::vector<char> out(arrow_schema_room(&schema));
	size_t n = arrow_schema_put(&schema, out.data());

	ASSERT_LE(n, out.size());
	Message m(out, 0);

	EXPECT_EQ(m.kind, 1);
	EXPECT_EQ(m.next, n);
	size_t v = m.flat.child(m.header, 1);
	static const int type[] = { 5, 10, 3, 2, 2 };

	ASSERT_EQ(m.flat.at(v, 4), 5u);
	for (unsigned i = 0; i < 5; i++) {
		size_t f = m.flat.follow(v + 4 + 4 * i);

		EXPECT_EQ(m.flat.text(m.flat.child(f, 0)), fields[i].name);
		EXPECT_EQ(m.flat.at(m.flat.field(f, 1), 1), fields[i].nullable);
		EXPECT_EQ(m.flat.at(m.flat.field(f, 2), 1), static_cast<uint64_t>(type[i]));
		size_t t = m.flat.child(f, 3);

		if (i == 1) {
			EXPECT_EQ(m.flat.at(m.flat.field(t, 0), 2), 3u); // nanoseconds
			EXPECT_EQ(m.flat.text(m.flat.child(t, 1)), "UTC");
		} else if (i == 2) {
			EXPECT_EQ(m.flat.at(m.flat.field(t, 0), 2), 2u); // double
		} else if (i > 2) {
			EXPECT_EQ(m.flat.at(m.flat.field(t, 0), 4), i == 3 ? 64u : 32u);
			EXPECT_EQ(m.flat.at(m.flat.field(t, 1), 1), 1u); // signed
		}
		EXPECT_EQ(m.flat.at(m.flat.child(f, 5), 4), 0u);
	}
	size_t kv = m.flat.follow(m.flat.child(m.header, 2) + 4);

	EXPECT_EQ(m.flat.text(m.flat.child(kv, 0)), "key");
	EXPECT_EQ(m.flat.text(m.flat.child(kv, 1)), "value");
}

TEST(arrow, rows_come_back_and_missing_ones_are_null)
{
	Batch batch(100, 1000);
	std::mt19937 rng(3);
	arrow_block block;

	for (uint32_t rows : { 0u, 1u, 7u, 8u, 9u, 64u, 100u }) {
		std::vector<std::string> text;
		std::vector<double> px;
		std::vector<int64_t> n;

		for (uint32_t r = 0; r < rows; r++) {
			ASSERT_TRUE(arrow_has_room(&batch.b, 10));
			text.push_back(std::string(rng() % 10, static_cast<char>('A' + r % 26)));
			px.push_back(r % 3 ? r * 1.25 : NAN);
			n.push_back(-static_cast<int64_t>(r));
			arrow_text(&batch.b, 0, text[r].data(), text[r].size());
			arrow_int(&batch.b, 1, n[r] * 1000000007);
			arrow_number(&batch.b, 2, px[r]);
			if (r % 5)
				arrow_int(&batch.b, 3, n[r]);
			arrow_int32(&batch.b, 4, static_cast<int32_t>(r));
			arrow_row(&batch.b);
		}
		EXPECT_EQ(arrow_has_room(&batch.b, 0), rows < 100);
		Message m(batch.put(&block), 0);

		EXPECT_EQ(m.kind, 3);
		EXPECT_EQ(m.rows(), rows);
		ASSERT_EQ(m.buffers(), 11u);
		EXPECT_EQ(m.nulls(0) + m.nulls(1) + m.nulls(4), 0u);
		EXPECT_EQ(m.buffer(0).size() + m.buffer(3).size() + m.buffer(9).size(), 0u); // no nulls: no bitmap
		auto ends = as<int32_t>(m.buffer(1));
		auto chars = m.buffer(2);
		auto prices = as<double>(m.buffer(6)), counts = as<double>(m.buffer(8));
		auto there = m.buffer(5), counted = m.buffer(7);

		ASSERT_EQ(ends.size(), rows + 1);
		EXPECT_EQ(m.nulls(2), (rows + 2) / 3);
		EXPECT_EQ(m.nulls(3), (rows + 4) / 5);
		for (uint32_t r = 0; r < rows; r++) {
			EXPECT_EQ(std::string(chars.begin() + ends[r], chars.begin() + ends[r + 1]), text[r]);
			EXPECT_EQ(as<int64_t>(m.buffer(4))[r], n[r] * 1000000007);
			EXPECT_EQ(there[r / 8] >> r % 8 & 1, !std::isnan(px[r]));
			EXPECT_EQ(prices[r], std::isnan(px[r]) ? 0 : px[r]);
			EXPECT_EQ(counted[r / 8] >> r % 8 & 1, r % 5 != 0);
			EXPECT_EQ(as<int32_t>(m.buffer(10))[r], static_cast<int32_t>(r));
		}
	}
}

TEST(arrow, what_was_before_leaves_no_byte)
{
	arrow_block block;
	Batch used(50, 500), fresh(50, 500);

	for (int r = 0; r < 50; r++) {
		arrow_text(&used.b, 0, "SOMETHING", 9);
		arrow_int(&used.b, 1, r + 1);
		arrow_number(&used.b, 2, r + 0.5);
		arrow_int32(&used.b, 4, -1);
		arrow_row(&used.b);
	}
	used.put(&block);
	for (arrow_batch *b : { &used.b, &fresh.b })
		for (int r = 0; r < 3; r++)
			arrow_row(b); // nothing but nulls
	EXPECT_EQ(used.put(&block), fresh.put(&block));
}

// Rows that lie anyhow: forwards and backwards, even and odd counts, after others, with and without nulls.
TEST(arrow, columns_at_once_are_the_same_bytes_as_rows)
{
	struct row {
		int64_t time;
		double number;
		int64_t count, bits;
	};
	std::mt19937 rng(4);
	Batch by_row(200, 2000), by_column(200, 2000);
	arrow_block block;

	for (int round = 0; round < 200; round++) {
		for (uint32_t part = 0; part < 1 + rng() % 3; part++) {
			std::vector<row> rows(rng() % 66);
			ptrdiff_t step = rng() % 2 ? sizeof(row) : -static_cast<ptrdiff_t>(sizeof(row));
			uint32_t n = static_cast<uint32_t>(rows.size()), first = n ? rng() % n : 0;
			unsigned nulls = rng() % 4;

			for (row &r : rows)
				r = { static_cast<int64_t>(rng()), nulls && rng() % nulls ? NAN : rng() % 3 - 1.0, -static_cast<int64_t>(rng()),
				      static_cast<int64_t>(rng()) };
			if (!n)
				continue;
			const row *from = step > 0 ? &rows.front() : &rows.back();

			for (uint32_t i = 0; i < n; i++) {
				const row &r = step > 0 ? rows[i] : rows[n - 1 - i];
				const char *text = i < first ? "AB" : "C";

				arrow_text(&by_row.b, 0, text, strlen(text));
				arrow_int(&by_row.b, 1, r.time);
				arrow_number(&by_row.b, 2, r.number + 0.0);
				arrow_int(&by_row.b, 3, r.count);
				arrow_int32(&by_row.b, 4, static_cast<int32_t>(r.bits));
				arrow_row(&by_row.b);
			}
			arrow_texts(&by_column.b, 0, 0, "AB", 2, first);
			arrow_texts(&by_column.b, 0, first, "C", 1, n - first);
			arrow_ints(&by_column.b, 1, &from->time, step, n);
			arrow_numbers(&by_column.b, 2, &from->number, step, n);
			arrow_ints(&by_column.b, 3, &from->count, step, n);
			arrow_int32s(&by_column.b, 4, &from->bits, step, n);
			arrow_rows(&by_column.b, n);
		}
		EXPECT_EQ(by_row.put(&block), by_column.put(&block));
	}
}

TEST(arrow, no_minus_zero_is_written)
{
	const double zero[] = { -0.0, -0.0, -0.0 };
	Batch batch(10, 100);
	arrow_block block;

	arrow_texts(&batch.b, 0, 0, "", 0, 3);
	arrow_ints(&batch.b, 1, zero, 8, 3);
	arrow_numbers(&batch.b, 2, zero, 8, 3);
	arrow_ints(&batch.b, 3, zero, 8, 3);
	arrow_int32s(&batch.b, 4, zero, 8, 3);
	arrow_rows(&batch.b, 3);
	Message m(batch.put(&block), 0);

	for (double d : as<double>(m.buffer(6)))
		EXPECT_FALSE(std::signbit(d));
}

TEST(arrow, text_that_does_not_fit_is_told_before)
{
	Batch batch(100, 20);

	arrow_text(&batch.b, 0, "0123456789ABCDE", 15);
	arrow_row(&batch.b);
	EXPECT_TRUE(arrow_has_room(&batch.b, 5));
	EXPECT_FALSE(arrow_has_room(&batch.b, 6));
}

TEST(arrow, a_footer_says_where_batches_are)
{
	const arrow_block blocks[] = { { 1000, 264, 640 }, { 1904, 272, 0 } };

	for (size_t n : { 0u, 1u, 2u }) {
		std::vector<char> out(arrow_footer_room(&schema, n));
		size_t bytes = arrow_footer(&schema, blocks, n, out.data());
		int32_t said;
		Flat flat;

		ASSERT_LE(bytes, out.size());
		EXPECT_EQ(std::string(out.data() + bytes - 6, 6), "ARROW1");
		memcpy(&said, out.data() + bytes - 10, 4);
		ASSERT_EQ(static_cast<size_t>(said), bytes - 10);
		flat.bytes.assign(out.begin(), out.begin() + said);
		size_t t = flat.follow(0), v = flat.child(t, 3);

		EXPECT_EQ(flat.at(v, 4), n);
		for (size_t i = 0; i < n; i++) {
			EXPECT_EQ(flat.at(v + 4 + 24 * i, 8), blocks[i].at);
			EXPECT_EQ(flat.at(v + 4 + 24 * i + 8, 4), blocks[i].metadata_bytes);
			EXPECT_EQ(flat.at(v + 4 + 24 * i + 16, 8), blocks[i].body_bytes);
		}
		EXPECT_EQ(flat.at(flat.child(flat.child(t, 1), 1), 4), 5u);
	}
}
