/* SPDX-License-Identifier: BSD-3-Clause */
// The packet journal: what was copied comes back through the reader of captures, or is counted.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

extern "C" {
#include "drivers/journal/journal.h"
#include "drivers/replay/capture.h"
#include "drivers/replay/capture_place.h"
#include "lcore/base/calendar.h"
}

namespace {

namespace fs = std::filesystem;

constexpr uint64_t START = UINT64_C(1773149370) * NS_PER_S; // 2026-03-10 09:29:30 New York

struct Frame {
	uint64_t ts;
	std::string data;
	uint32_t wire;
	unsigned source;
	bool bad;
	bool operator==(const Frame &o) const
	{
		return ts == o.ts && data == o.data && wire == o.wire && source == o.source && bad == o.bad;
	}
};

Frame frame(unsigned i)
{
	return { START + i * NS_PER_MS, std::string(60 + i % 7, (char)i), 60 + i % 7 + (i % 5 == 0 ? 9 : 0), i % 3,
		 i % 11 == 0 };
}

bool take(struct tap *tap, const Frame &f)
{
	return tap_frame(tap, f.source, f.ts, (const uint8_t *)f.data.data(), (uint32_t)f.data.size(), f.wire, f.bad);
}

struct Journal : testing::Test {
	fs::path dir;
	struct journal_conf conf = {};
	struct journal *j = nullptr;
	char err[512] = "";

	void SetUp() override
	{
		calendar_load();
		dir = fs::temp_directory_path() / ("wirebar-journal-" + std::to_string(getpid()));
		fs::remove_all(dir);
		snprintf(conf.dir, sizeof conf.dir, "%s/deep/er", dir.c_str());
		conf.size_bytes = 1 << 20;
		conf.keep_bytes = 64 << 20;
		conf.ring_bytes = 1 << 20;
		conf.n_taps = 1;
		conf.n_interfaces = 3;
		conf.on = true;
		strcpy(conf.tap[0], "ingest0");
		for (unsigned i = 0; i < 3; i++)
			snprintf(conf.interface[i], sizeof conf.interface[i], "port%u", i);
	}
	void TearDown() override
	{
		journal_destroy(j);
		fs::remove_all(dir);
	}
	void create() { ASSERT_EQ(journal_create(&j, &conf, err, sizeof err), 0) << err; }
	void put(unsigned from, unsigned to)
	{
		for (unsigned i = from; i < to; i++)
			while (!take(journal_tap(j, 0), frame(i))) {
				tap_publish(journal_tap(j, 0));
				nap();
			}
		tap_publish(journal_tap(j, 0));
	}
	static void nap()
	{
		struct timespec ts = { 0, 1000000 };

		nanosleep(&ts, NULL);
	}
	void written()
	{
		struct journal_view v;

		do {
			nap();
			journal_look(j, &v);
		} while (v.waiting_bytes);
	}
	std::vector<std::string> files()
	{
		struct journal_list list = {};
		std::vector<std::string> out;

		journal_list_add(&list, conf.dir);
		journal_list_sort(&list, true);
		for (unsigned i = 0; i < list.n; i++)
			out.push_back(list.file[i].path);
		journal_list_free(&list);
		return out;
	}
};

struct Read {
	struct capture c = {};
	char err[512] = "";
	int rc;
	std::vector<Frame> frames;

	explicit Read(const std::vector<std::string> &paths)
	{
		std::vector<const char *> names;
		struct capture_record r[7];

		for (const auto &p : paths)
			names.push_back(p.c_str());
		rc = capture_open_parts(&c, names.data(), (unsigned)names.size(), err, sizeof err);
		while (!rc)
			if (unsigned n = capture_read(&c, r, 7))
				for (unsigned i = 0; i < n; i++)
					frames.push_back({ r[i].ts_ns, std::string((const char *)r[i].data, r[i].bytes),
							   r[i].wire_bytes, r[i].source, r[i].bad });
			else
				break;
	}
	~Read() { capture_close(&c); }
};

void expect_first(const std::vector<Frame> &frames, unsigned n)
{
	ASSERT_EQ(frames.size(), n);
	for (unsigned i = 0; i < n; i++)
		ASSERT_EQ(frames[i], frame(i)) << i;
}

TEST_F(Journal, ComesBackAsItWas)
{
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 2000);
	journal_stop(j);
	ASSERT_EQ(files().size(), 1u);
	Read r(files());

	ASSERT_EQ(r.rc, 0) << r.err;
	EXPECT_TRUE(r.c.journal);
	EXPECT_EQ(r.c.cut_tail_bytes + r.c.recorder_dropped, 0u);
	expect_first(r.frames, 2000);
	// and once more, from the beginning
	capture_rewind(&r.c);
	struct capture_record again;
	ASSERT_EQ(capture_next(&r.c, &again), 1);
	EXPECT_EQ(again.ts_ns, frame(0).ts);
}

TEST_F(Journal, FilesAreOneCapture)
{
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 40000);
	journal_stop(j);
	ASSERT_GE(files().size(), 4u);
	for (const auto &f : files())
		EXPECT_LT(fs::file_size(f), (2u << 20) + (64u << 10));
	Read r(files());

	ASSERT_EQ(r.rc, 0) << r.err;
	EXPECT_EQ(r.c.cut_tail_bytes, 0u);
	expect_first(r.frames, 40000);
}

TEST_F(Journal, ADateBeginsAFile)
{
	create();
	ASSERT_EQ(journal_start(j), 0);
	std::string data(60, 'x');

	for (unsigned hour = 0; hour < 48; hour += 6)
		take(journal_tap(j, 0), { START + hour * 3600 * NS_PER_S, data, 60, 0, false });
	tap_publish(journal_tap(j, 0));
	journal_stop(j);
	std::vector<std::string> all = files();

	ASSERT_EQ(all.size(), 3u);
	for (unsigned i = 0; i < 3; i++) {
		struct journal_name name;

		ASSERT_TRUE(journal_name_read(all[i].c_str(), &name));
		EXPECT_EQ(name.number, i + 1);
		EXPECT_EQ(name.day, 20522 + (int)i);
		EXPECT_STREQ(name.tap, "ingest0");
	}
	EXPECT_EQ(Read(all).frames.size(), 8u);
}

TEST_F(Journal, TheOldestGo)
{
	conf.keep_bytes = 3 << 20;
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 60000);
	journal_stop(j);
	uint64_t sum = 0, removed = journal_ledger(j)->v[LEDGER_journal_files_removed];

	for (const auto &f : files())
		sum += fs::file_size(f);
	EXPECT_LE(sum, conf.keep_bytes + (2u << 20)); // a piece may end a little beyond a file's size
	EXPECT_GE(removed, 1u);
	Read r(files());
	ASSERT_FALSE(r.frames.empty());
	EXPECT_EQ(r.frames.back(), frame(59999));
}

TEST_F(Journal, NumbersGoOn)
{
	for (unsigned run = 0; run < 3; run++) {
		create();
		ASSERT_EQ(journal_start(j), 0);
		put(run * 10, run * 10 + 10);
		journal_destroy(j);
		j = nullptr;
	}
	ASSERT_EQ(files().size(), 3u);
	expect_first(Read(files()).frames, 30);
}

// Whatever a kill leaves of the last file: the frames before the cut, the rest counted, and later files go on.
TEST_F(Journal, ATornFile)
{
	for (unsigned run = 0; run < 2; run++) {
		create();
		ASSERT_EQ(journal_start(j), 0);
		put(run * 10, run * 10 + 10);
		journal_destroy(j);
		j = nullptr;
	}
	std::vector<std::string> both = files(), first = { both[0] };
	uint64_t whole = fs::file_size(first[0]);
	unsigned before = 0;

	for (uint64_t bytes = 1; bytes < whole; bytes++) {
		fs::path cut = dir / "deep" / "er" / "journal-00000001-20260310-cut.pcapng";

		fs::copy_file(first[0], cut, fs::copy_options::overwrite_existing);
		fs::resize_file(cut, bytes);
		Read r({ cut, both[1] });

		if (bytes < 12) {
			EXPECT_EQ(r.rc, -EINVAL); // not even the beginning of a section
			continue;
		}
		ASSERT_EQ(r.rc, 0) << bytes << r.err;
		ASSERT_GE(r.frames.size(), 10u + before) << bytes;
		ASSERT_LE(r.frames.size(), 20u);
		before = (unsigned)r.frames.size() - 10;
		for (unsigned i = 0; i < before; i++)
			ASSERT_EQ(r.frames[i], frame(i)) << bytes;
		for (unsigned i = 0; i < 10; i++)
			ASSERT_EQ(r.frames[before + i], frame(10 + i)) << bytes;
		ASSERT_LE(r.c.cut_tail_bytes, bytes);
		ASSERT_EQ(Read({ cut }).c.cut_tail_bytes, r.c.cut_tail_bytes) << bytes;
	}
	EXPECT_EQ(before, 10u);
}

// A file that was begun and not written, one that is none, and one whose beginning is gone.
TEST_F(Journal, DamagedFilesAreCut)
{
	for (unsigned run = 0; run < 4; run++) {
		create();
		ASSERT_EQ(journal_start(j), 0);
		put(run * 10, run * 10 + 10);
		journal_destroy(j);
		j = nullptr;
	}
	std::vector<std::string> all = files();
	uint64_t lost = fs::file_size(all[1]);

	std::ofstream(all[0], std::ios::trunc).flush();
	std::fstream f(all[1], std::ios::in | std::ios::out | std::ios::binary);
	f.write("????????????????", 16);
	f.close();
	Read r(all);
	ASSERT_EQ(r.rc, -EINVAL) << "the first file with bytes is no pcapng";
	Read later({ all[0], all[2], all[1], all[3] });
	ASSERT_EQ(later.rc, 0);
	EXPECT_EQ(later.frames.size(), 20u);
	EXPECT_EQ(later.c.cut_tail_bytes + later.c.unknown_interface, lost);
}

// Nothing takes from the ring: what does not fit is counted, and said before the next frame that does.
TEST_F(Journal, AFullRingRefuses)
{
	create();
	struct tap *tap = journal_tap(j, 0);
	unsigned n = 0;

	while (take(tap, frame(n)))
		n++;
	EXPECT_GT(n, 5000u);
	for (unsigned i = 0; i < 99; i++)
		EXPECT_FALSE(take(tap, frame(n + 1 + i)));
	EXPECT_EQ(tap->frames, n);
	EXPECT_EQ(tap->dropped, 100u);
	tap_publish(tap);
	ASSERT_EQ(journal_start(j), 0);
	written();
	EXPECT_TRUE(take(tap, frame(n)));
	journal_stop(j);
	Read r(files());

	EXPECT_EQ(r.c.recorder_dropped, 100u);
	expect_first(r.frames, n + 1);
	capture_rewind(&r.c);
	EXPECT_EQ(r.c.recorder_dropped, 0u);
	for (struct capture_record record; capture_next(&r.c, &record);)
		;
	EXPECT_EQ(r.c.recorder_dropped, 100u);
}

// A disk without room: what is written stays whole, what waits is kept, and it goes on by itself.
TEST_F(Journal, NoRoomOnTheDisk)
{
	struct rlimit was, little;
	struct journal_view v;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	little = was;
	little.rlim_cur = 100001; // in the middle of a block
	create();
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
	ASSERT_EQ(journal_start(j), 0);
	put(0, 3000);
	do {
		nap();
		journal_look(j, &v);
	} while (!v.fails);
	EXPECT_NE(std::string(v.why).find("File too large"), std::string::npos) << v.why;
	EXPECT_GT(v.waiting_bytes, 0u);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	written();
	EXPECT_FALSE(journal_fails(j));
	journal_stop(j);
	Read r(files());
	EXPECT_EQ(r.c.cut_tail_bytes, 0u);
	expect_first(r.frames, 3000);
}

// Of a piece that is not whole no frame is in the file, those at its beginning as little as the others.
TEST_F(Journal, WhatIsNeverWrittenIsCounted)
{
	struct rlimit was, little;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	little = was;
	little.rlim_cur = 100001;
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 200);
	written();
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
	put(200, 3000);
	journal_stop(j);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
	Read r(files());
	EXPECT_GE(r.frames.size(), 200u);
	EXPECT_LT(r.frames.size(), 3000u);
	EXPECT_EQ(journal_ledger(j)->v[LEDGER_journal_unwritten] + r.frames.size(), 3000u);
	EXPECT_EQ(r.c.cut_tail_bytes, 0u);
}

TEST_F(Journal, TheFolderIsRemoved)
{
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 100);
	written();
	fs::remove_all(dir);
	put(100, 200);
	journal_stop(j);
	EXPECT_EQ(journal_ledger(j)->v[LEDGER_journal_gone] + Read(files()).frames.size(), 200u);
	EXPECT_GE(journal_ledger(j)->v[LEDGER_journal_gone], 100u);
}

TEST_F(Journal, OneProcessForAFolder)
{
	struct journal *other = nullptr;

	create();
	EXPECT_EQ(journal_create(&other, &conf, err, sizeof err), -EWOULDBLOCK);
	EXPECT_NE(std::string(err).find("living process"), std::string::npos) << err;
	conf.on = false;
	ASSERT_EQ(journal_create(&other, &conf, err, sizeof err), 0); // it may be another's until it is switched on
	EXPECT_EQ(journal_switch(other, true, err, sizeof err), -EWOULDBLOCK);
	journal_destroy(other);
}

TEST_F(Journal, OffAndOn)
{
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 10);
	ASSERT_EQ(journal_switch(j, false, err, sizeof err), 0);
	written();
	ASSERT_EQ(journal_switch(j, true, err, sizeof err), 0);
	put(10, 20);
	journal_stop(j);
	expect_first(Read(files()).frames, 20);
}

TEST(JournalName, OnlyOurs)
{
	struct journal_name name;

	EXPECT_TRUE(journal_name_read("x/journal-00000012-20260310-a-b.pcapng", &name));
	EXPECT_EQ(name.number, 12u);
	EXPECT_STREQ(name.tap, "a-b");
	for (const char *none : { "journal-12-20260310-a.pcapng", "journal-00000012-20260310.pcapng",
				  "journal-00000012-20260310-.pcapng", "journal-00000012-2026031x-a.pcapng",
				  "journal-00000012-20260310-a.pcap", "journal-", "journal-00000012-",
				  "journal-99999999999999999999999-20260310-a.pcapng",
				  "journal-00000012-20260310-0123456789012345678901234567890123.pcapng" })
		EXPECT_FALSE(journal_name_read(none, &name)) << none;
}

TEST(Pcapng, OptionsAreNotReadBeyondTheirEnd)
{
	const uint8_t damaged[] = { 1, 0, 200, 0, 1, 2, 3, 4 }, cut[] = { 5, 0 };
	uint16_t len;

	EXPECT_EQ(pcapng_option(damaged, sizeof damaged, 1, &len), nullptr);
	EXPECT_EQ(pcapng_option(cut, sizeof cut, 5, &len), nullptr);
}

} // namespace

// A process that goes on where another one has read to: in the file as it has grown, and in those after it.
TEST_F(Journal, goes_on_at_a_place)
{
	conf.size_bytes = 100000;
	create();
	ASSERT_EQ(journal_start(j), 0);
	put(0, 3000);
	written();
	auto before = files();
	struct capture_place place;
	size_t had;
	std::string at;
	{
		Read first(before);

		at = capture_where(&first.c, &place);
		had = first.frames.size();
		ASSERT_EQ(had, 3000u);
	}
	put(3000, 9000);
	journal_stop(j);
	auto all = files();
	std::vector<std::string> rest(std::find(all.begin(), all.end(), at), all.end());
	ASSERT_GT(rest.size(), 1u);
	struct Go : Read {
		std::vector<struct capture_record> more;
		Go(const std::vector<std::string> &paths, const struct capture_place &to) : Read({})
		{
			std::vector<const char *> names;

			for (const auto &p : paths)
				names.push_back(p.c_str());
			rc = capture_open_parts(&c, names.data(), (unsigned)names.size(), err, sizeof err);
			rc = rc ? rc : capture_go_to(&c, &to);
			for (struct capture_record r; !rc && capture_read(&c, &r, 1);)
				frames.push_back({ r.ts_ns, std::string((const char *)r.data, r.bytes), r.wire_bytes, r.source,
						   r.bad });
		}
	};
	Go go(rest, place);
	ASSERT_EQ(go.rc, 0) << go.err;
	ASSERT_EQ(go.frames.size(), 6000u);
	for (unsigned i = 0; i < 6000; i++)
		ASSERT_EQ(go.frames[i], frame(3000 + i)) << i;
	EXPECT_EQ(go.c.cut_tail_bytes, 0u);
	// Not in another file, nor in this one when it has become shorter.
	EXPECT_EQ(Go({ rest[1] }, place).rc, -ESTALE);
	fs::resize_file(at, place.offset - 1);
	EXPECT_EQ(Go({ at }, place).rc, -ESTALE);
}
