/* SPDX-License-Identifier: BSD-3-Clause */
// The file of a snapshot: it comes back as it was, or is refused by its reason; whatever is wrong with it.
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" {
#include "drivers/journal/snapshot_parts.h"
#include "lcore/base/crc32c.h"
}

namespace {

namespace fs = std::filesystem;

constexpr struct snapshot_of OF = { 1, 2, 3, 0 };
constexpr size_t LONG = 5 * SNAPSHOT_BLOCK_BYTES + 123;

struct Snapshot : testing::Test {
	fs::path dir;
	std::string path;
	std::vector<uint8_t> a, b, nothing;
	struct snapshot s = {};

	void SetUp() override
	{
		dir = fs::temp_directory_path() / ("wirebar-snapshot-" + std::to_string(getpid()));
		fs::remove_all(dir);
		fs::create_directory(dir);
		path = dir / "snapshot-0";
		a.assign(LONG, 0);
		a[0] = a[SNAPSHOT_BLOCK_BYTES - 1] = 1;
		a[3 * SNAPSHOT_BLOCK_BYTES + 7] = 2; // between blocks of nothing
		a[LONG - 1] = 3;
		b.assign(17, 9);
		nothing.assign(1000, 0);
	}
	void TearDown() override
	{
		snapshot_close(&s);
		fs::remove_all(dir);
	}
	static struct snapshot_part part(const char *name, std::vector<uint8_t> &mem)
	{
		struct snapshot_part p = { "", mem.data(), mem.size() };

		strcpy(p.name, name);
		return p;
	}
	int write(struct snapshot_of of = OF)
	{
		struct snapshot_part p[] = { part("a", a), part("b", b), part("nothing", nothing) };
		struct snapshot_head head = {};

		head.of = of;
		head.serial = 7;
		return snapshot_write(dir.c_str(), path.c_str(), &head, p, 3);
	}
	std::string bytes()
	{
		std::ifstream f(path, std::ios::binary);

		return std::string(std::istreambuf_iterator<char>(f), {});
	}
	void put(const std::string &what) { std::ofstream(path, std::ios::binary) << what; }
	// Opens; the state that was there is closed.
	enum snapshot_reason open(const struct snapshot_of *want = &OF)
	{
		snapshot_close(&s);
		return snapshot_open(&s, path.c_str(), want);
	}
	void expect_good()
	{
		std::vector<uint8_t> x(a.size(), 0xee), y(b.size(), 0xee), z(nothing.size(), 0xee);
		struct snapshot_part p[] = { part("a", x), part("b", y), part("nothing", z) };

		ASSERT_EQ(open(), SNAPSHOT_GOOD);
		for (auto &one : p)
			EXPECT_TRUE(snapshot_get(&s, &one)) << one.name;
		EXPECT_TRUE(x == a && y == b && z == nothing);
	}
};

// Bit by bit (RFC 3720, appendix B.4).
uint32_t slow_crc(const std::string &text)
{
	uint32_t crc = UINT32_MAX;

	for (unsigned char c : text) {
		crc ^= c;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
	}
	return ~crc;
}

} // namespace

TEST(crc32c, of_any_length)
{
	std::string text = "123456789";

	EXPECT_EQ(crc32c(text.data(), text.size()), 0xE3069283u);
	for (text.clear(); text.size() < 70; text += (char)(text.size() * 37 + 11))
		EXPECT_EQ(crc32c(text.data(), text.size()), slow_crc(text)) << text.size();
}

TEST_F(Snapshot, comes_back_and_leaves_zeros_out)
{
	ASSERT_EQ(write(), 0);
	expect_good();
	EXPECT_EQ(s.head.serial, 7u);
	EXPECT_EQ(s.head.n_blocks, 4u);
	EXPECT_LT(fs::file_size(path), 4 * SNAPSHOT_BLOCK_BYTES);
	EXPECT_FALSE(fs::exists(dir / "snapshot.part"));
	struct snapshot_part wrong[] = { part("c", b), part("b", a), part("", b) };

	for (auto &one : wrong)
		EXPECT_FALSE(snapshot_get(&s, &one));
}

TEST_F(Snapshot, of_another_kind)
{
	EXPECT_EQ(open(), SNAPSHOT_READ);
	EXPECT_EQ(errno, ENOENT);
	struct { struct snapshot_of of; enum snapshot_reason why; } other[] = {
		{ { 9, 2, 3, 0 }, SNAPSHOT_BUILD },
		{ { 1, 9, 3, 0 }, SNAPSHOT_CONF },
		{ { 1, 2, 2, 0 }, SNAPSHOT_DAY },
	};

	for (auto &o : other) {
		ASSERT_EQ(write(o.of), 0);
		EXPECT_EQ(open(), o.why);
		EXPECT_EQ(open(NULL), SNAPSHOT_GOOD);
	}
	fs::remove(path);
	fs::create_directory(path);
	EXPECT_EQ(open(), SNAPSHOT_READ);
}

TEST_F(Snapshot, cut)
{
	ASSERT_EQ(write(), 0);
	const std::string whole = bytes();
	size_t directory_at = whole.size() - 3 * sizeof(struct directory_part) - 4 * sizeof(struct directory_block);

	for (size_t n : { (size_t)0, (size_t)1, sizeof(struct snapshot_head) - 1, sizeof(struct snapshot_head),
			  sizeof(struct snapshot_head) + 1, directory_at - 1, directory_at, directory_at + 1,
			  whole.size() - 1 }) {
		put(whole.substr(0, n));
		EXPECT_EQ(open(), SNAPSHOT_SHORT) << n;
	}
	put(whole + "x");
	EXPECT_EQ(open(), SNAPSHOT_HEADER);
	put(whole);
	expect_good();
}

TEST_F(Snapshot, damaged_anywhere)
{
	ASSERT_EQ(write(), 0);
	const std::string whole = bytes();
	size_t head = sizeof(struct snapshot_head),
	       directory_at = whole.size() - 3 * sizeof(struct directory_part) - 4 * sizeof(struct directory_block);

	for (size_t at = 0; at < whole.size(); at += at < head || at >= directory_at - 200 ? 1 : 251) {
		std::string bad = whole;

		bad[at] = (char)(bad[at] ^ 1 << at % 8);
		put(bad);
		enum snapshot_reason why = open();

		if (at < 8)
			EXPECT_EQ(why, SNAPSHOT_KIND) << at;
		else if (at < head)
			EXPECT_EQ(why, SNAPSHOT_HEADER) << at;
		else if (at >= directory_at)
			EXPECT_EQ(why, SNAPSHOT_DIRECTORY) << at;
		else
			EXPECT_TRUE(why == SNAPSHOT_BLOCK || why == SNAPSHOT_DIRECTORY) << at << " " << why;
	}
}

// What a check sum does not see, for somebody has made it fit.
TEST_F(Snapshot, a_directory_that_contradicts_itself)
{
	ASSERT_EQ(write(), 0);
	const std::string whole = bytes();
	struct Case { size_t block; size_t field; uint64_t value; size_t bytes; };
	const size_t blocks = 4 * sizeof(struct directory_block);

	for (const Case &c : { Case{ 0, offsetof(struct directory_block, part), 3, 4 },
			       Case{ 1, offsetof(struct directory_block, bytes), 0, 4 },
			       Case{ 1, offsetof(struct directory_block, bytes), SNAPSHOT_BLOCK_BYTES + 1, 4 },
			       Case{ 2, offsetof(struct directory_block, at), LONG, 8 },
			       Case{ 2, offsetof(struct directory_block, at), UINT64_MAX - 3, 8 },
			       Case{ 1, offsetof(struct directory_block, at), 0, 8 },
			       Case{ 1, offsetof(struct directory_block, file_at), 0, 8 },
			       Case{ 3, offsetof(struct directory_block, file_at), UINT64_MAX - 3, 8 } }) {
		std::string bad = whole;
		struct snapshot_head h;
		size_t at = whole.size() - blocks + c.block * sizeof(struct directory_block) + c.field;

		memcpy(&bad[at], &c.value, c.bytes);
		memcpy(&h, bad.data(), sizeof h);
		h.directory_crc = crc32c(&bad[h.directory_at], bad.size() - h.directory_at);
		h.crc = snapshot_head_crc(&h);
		memcpy(&bad[0], &h, sizeof h);
		put(bad);
		EXPECT_EQ(open(), SNAPSHOT_DIRECTORY) << c.block << " " << c.field << " " << c.value;
	}
}

TEST_F(Snapshot, one_that_cannot_be_written_leaves_the_one_before)
{
	ASSERT_EQ(write(), 0);
	struct rlimit before, less;

	getrlimit(RLIMIT_FSIZE, &before);
	less = before;
	less.rlim_cur = SNAPSHOT_BLOCK_BYTES * 2;
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &less), 0);
	EXPECT_EQ(write(), -EFBIG);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
	EXPECT_FALSE(fs::exists(dir / "snapshot.part"));
	expect_good();
}

TEST_F(Snapshot, only_the_file_that_was_opened_is_set_aside)
{
	char bad[SNAPSHOT_PATH_BYTES + 8];

	ASSERT_EQ(write(), 0);
	ASSERT_EQ(open(), SNAPSHOT_GOOD);
	ASSERT_EQ(write(), 0); // by another one
	EXPECT_FALSE(snapshot_set_aside(&s, false, bad));
	ASSERT_EQ(open(), SNAPSHOT_GOOD);
	int lock = snapshot_lock(dir.c_str());

	ASSERT_GE(lock, 0);
	EXPECT_EQ(snapshot_lock(dir.c_str()), -EWOULDBLOCK);
	EXPECT_FALSE(snapshot_set_aside(&s, false, bad)); // somebody is about to put another there
	EXPECT_TRUE(fs::exists(path));
	EXPECT_TRUE(snapshot_set_aside(&s, true, bad));
	close(lock);
	EXPECT_FALSE(fs::exists(path));
	EXPECT_EQ(std::string(bad), path + ".bad");
	EXPECT_TRUE(fs::exists(bad));
	EXPECT_FALSE(snapshot_set_aside(&s, false, bad)); // it is gone
	EXPECT_EQ(snapshot_lock("/proc/no such folder"), -ENOENT);
}
