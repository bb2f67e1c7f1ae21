/* SPDX-License-Identifier: BSD-3-Clause */
// What waits and what was sent: the identity holds after each call, whatever the other side does.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "drivers/sink/outbox.h"
}

namespace {

using id = std::pair<uint64_t, uint64_t>;

// A Redis stream: what is not above the last entry is refused as being there.
struct stream {
	id last{};
	std::vector<uint64_t> n;
};

struct kit : testing::Test {
	outbox box{};
	uint64_t count[SINK_COUNTS]{};
	uint64_t n[SINK_STREAMS]{};
	std::string dir;
	std::map<unsigned, stream> there;
	std::vector<std::string> order; // of what arrived

	void open(const char *spool = "", unsigned refusals = 2, uint32_t newest = 64, uint32_t all = 128)
	{
		outbox_conf conf = { .instruments = 8, .newest = newest, .all = all, .refusals = refusals, .dir = spool, .name = "t" };
		char err[256] = "";

		ASSERT_EQ(outbox_open(&box, &conf, count, err, sizeof err), 0) << err;
	}
	void TearDown() override
	{
		outbox_close(&box);
		if (!dir.empty()) {
			EXPECT_EQ(system(("rm -r " + dir).c_str()), 0);
		}
	}
	const char *folder()
	{
		char name[] = "/tmp/outbox-XXXXXX";

		dir = mkdtemp(name);
		return dir.c_str();
	}
	void balanced() const
	{
		uint64_t ends = 0;

		for (int i = SINK_HANDED + 1; i < SINK_COUNTS; i++)
			ends += count[i];
		ASSERT_EQ(count[SINK_HANDED], ends);
	}
	void take(sink_stream s, uint64_t ts_ms, uint32_t instr = 1, unsigned keys = 0)
	{
		sink_entry e{};

		e.stream = s;
		e.n = ++n[s];
		e.ts_ns = ts_ms * NS_PER_MS;
		e.instr = instr;
		e.bytes = 4;
		e.keys = uint16_t(keys);
		memcpy(e.text, "a\0b", 4);
		outbox_take(&box, &e);
		balanced();
	}
	// The other side takes what was sent first.
	void arrive(const outbox_sent *s)
	{
		if (s->is_key) {
			order.push_back("key" + std::to_string(s->key) + "/" + std::to_string(s->instr));
			return;
		}
		if (s->there)
			return; // a question
		stream &to = there[s->entry.stream];
		id is{ s->entry.id.ms, s->entry.id.seq };

		if (is <= to.last)
			return;
		to.last = is;
		to.n.push_back(s->entry.n);
		order.push_back(std::string(sink_stream_name[s->entry.stream]) + std::to_string(s->entry.n));
	}
	bool taken(const outbox_sent *s)
	{
		const auto &all = there[s->entry.stream].n;

		return std::find(all.begin(), all.end(), s->entry.n) != all.end();
	}
	// An id that is no longer free, of an entry that was not asked for: the connection is given up.
	bool too_low(const outbox_sent *s)
	{
		return !s->is_key && !s->there && id{ s->entry.id.ms, s->entry.id.seq } <= there[s->entry.stream].last;
	}
	outbox_answer verdict(const outbox_sent *s)
	{
		return s->is_key || !s->there ? OUTBOX_ACKED : taken(s) ? OUTBOX_ALREADY : OUTBOX_LATER;
	}
	// The next connection begins with the ends of the streams.
	void lost()
	{
		outbox_lost(&box);
		for (auto &s : there)
			outbox_floor(&box, sink_stream(s.first), { s.second.last.first, s.second.last.second });
		balanced();
	}
	void run()
	{
		while (outbox_next(&box) || box.sent.n) {
			if (!box.sent.n)
				continue;
			const outbox_sent *s = outbox_oldest(&box);
			outbox_answer a = verdict(s);

			if (too_low(s)) {
				lost();
				continue;
			}

			arrive(s);
			outbox_answered(&box, a);
			balanced();
		}
	}
};

using outbox_of = kit;

} // namespace

TEST_F(outbox_of, keys_go_before_the_entry_of_their_instrument)
{
	open();
	outbox_mark(&box, 1, KEY_QUOTE);
	outbox_mark(&box, 2, KEY_BARS);
	outbox_mark(&box, 1, KEY_BARS);
	take(SINK_NEW_BAR, 1000, 1);
	run();
	EXPECT_EQ(order, (std::vector<std::string>{ "key0/1", "key" + std::to_string(KEY_QUOTE) + "/1", "new_bar1", "key0/2" }));
	EXPECT_EQ(count[SINK_ACKED], 4u);
}

// Whoever waits for the first row of several is not to wait for the values of the others.
TEST_F(outbox_of, keys_that_an_entry_does_not_tell_of_go_behind_it)
{
	open();
	for (unsigned key : { 0u, 1u, unsigned(KEY_BUNDLE) })
		outbox_mark(&box, 1, outbox_key(key));
	take(SINK_NEW_BAR, 1000, 1, 1u << 0 | 1u << KEY_BUNDLE);
	take(SINK_NEW_BAR, 1000, 1, 1u << 1 | 1u << KEY_BUNDLE);
	outbox_mark(&box, 1, KEY_ENGINE);
	take(SINK_NEW_BAR, 1000, 1, 1u << 2 | 1u << KEY_BUNDLE);
	take(SINK_ENTRY_FIRE, 1000); // of all
	run();
	const std::string bundle = "key" + std::to_string(KEY_BUNDLE) + "/1", engine = "key" + std::to_string(KEY_ENGINE) + "/1";
	EXPECT_EQ(order, (std::vector<std::string>{ "key0/1", "key1/1", bundle, engine, "entry_fire1", "new_bar1", "new_bar2", "new_bar3" }))
		<< "a fire goes before rows that wait";
	order.clear();
	for (unsigned key : { 0u, 1u, unsigned(KEY_BUNDLE) })
		outbox_mark(&box, 1, outbox_key(key));
	outbox_mark(&box, 1, KEY_ENGINE);
	take(SINK_NEW_BAR, 1001, 1, 1u << 0 | 1u << KEY_BUNDLE);
	take(SINK_NEW_BAR, 1001, 1, 1u << 1 | 1u << KEY_BUNDLE);
	run();
	EXPECT_EQ(order, (std::vector<std::string>{ "key0/1", bundle, "new_bar4", "key1/1", "new_bar5", engine }));
	EXPECT_EQ(count[SINK_WAITING], 0u);
}

TEST_F(outbox_of, a_key_that_is_marked_twice_is_sent_once)
{
	open();
	for (int i = 0; i < 5; i++)
		outbox_mark(&box, 3, KEY_BUNDLE);
	EXPECT_EQ(count[SINK_CONFLATED], 4u);
	run();
	EXPECT_EQ(order.size(), 1u);
	outbox_mark(&box, 3, KEY_BUNDLE);
	ASSERT_TRUE(outbox_next(&box));
	outbox_mark(&box, 3, KEY_BUNDLE); // newer than what is in flight
	outbox_lost(&box);
	balanced();
	run();
	EXPECT_EQ(order.size(), 2u);
	EXPECT_EQ(count[SINK_CONFLATED], 5u);
	EXPECT_EQ(count[SINK_WAITING], 0u);
}

// An id that is too low may be another writer's doing: what was never sent is not there.
TEST_F(outbox_of, only_what_was_sent_before_and_reached_may_be_there_already)
{
	open();
	take(SINK_EXIT_FIRE, 1000);
	take(SINK_EXIT_FIRE, 1001);
	outbox_floor(&box, SINK_EXIT_FIRE, { 999, 0 });
	for (int i = 0; i < 2; i++)
		EXPECT_FALSE(outbox_next(&box)->there);
	outbox_lost(&box);
	outbox_floor(&box, SINK_EXIT_FIRE, { 1000, 0 });
	EXPECT_TRUE(outbox_next(&box)->there);
	EXPECT_FALSE(outbox_next(&box)->there);
	outbox_lost(&box); // and the stream is gone
	EXPECT_FALSE(outbox_next(&box)->there);
}

TEST_F(outbox_of, the_oldest_rows_are_dropped_and_no_fire_is)
{
	open("", 2, 64, 256);
	for (int i = 0; i < 100; i++) {
		take(SINK_NEW_BAR, 1000 + i);
		take(SINK_EXIT_FIRE, 1000 + i);
	}
	EXPECT_EQ(count[SINK_DROPPED], 36u);
	EXPECT_FALSE(outbox_room(&box));
	run();
	EXPECT_EQ(there[SINK_NEW_BAR].n.front(), 37u);
	EXPECT_EQ(there[SINK_NEW_BAR].n.size(), 64u);
	EXPECT_EQ(there[SINK_EXIT_FIRE].n.size(), 100u);
	EXPECT_TRUE(outbox_room(&box));
}

TEST_F(outbox_of, no_more_is_in_flight_than_the_window)
{
	open("", 2, 1024);
	for (int i = 0; i < 1000; i++)
		take(SINK_NEW_BAR, 1000);
	while (outbox_next(&box))
		;
	EXPECT_EQ(box.sent.n, unsigned(OUTBOX_WINDOW));
	outbox_lost(&box);
	while (outbox_next(&box))
		;
	EXPECT_EQ(box.sent.n, unsigned(OUTBOX_WINDOW));
}

// Connections break at any place, answers are lost, also those that refuse; what an old connection had sent is taken after the
// new one has begun: nothing is missing or twice.
TEST_F(outbox_of, nothing_is_lost_or_doubled_by_broken_connections)
{
	srand(3);
	open("", 255, 1 << 15, 1 << 15);
	for (int round = 0; round < 2000; round++) {
		for (int i = rand() % 20; i > 0; i--)
			take(rand() % 3 ? SINK_NEW_BAR : SINK_ENTRY_FIRE, 1000 + round / 10, rand() % 8);
		if (rand() % 2)
			outbox_mark(&box, rand() % 8, outbox_key(rand() % OUTBOX_KEYS));
		for (int i = rand() % 90; i > 0; i--)
			outbox_next(&box);
		uint32_t seen = box.sent.n ? rand() % (box.sent.n + 1) : 0, told = seen ? rand() % (seen + 1) : 0;
		std::vector<outbox_sent> late;

		for (uint32_t i = 0; i < seen; i++) {
			const outbox_sent s = box.sent.slot[(box.sent.head + (i < told ? 0 : i - told)) % OUTBOX_SLOTS];
			bool refused = !s.is_key && !s.there && rand() % 10 == 0;

			if (too_low(&s)) {
				told = i;
				seen = std::min(seen, i + 1);
				late.push_back(s);
				break;
			}
			outbox_answer a = refused ? rand() % 2 ? OUTBOX_REFUSED : OUTBOX_LATER : verdict(&s);

			if (!refused)
				arrive(&s);
			if (i < told)
				outbox_answered(&box, a);
			balanced();
		}
		// On its way when the connection broke.
		for (uint32_t i = seen - told; i < box.sent.n && rand() % 8; i++)
			late.push_back(box.sent.slot[(box.sent.head + i) % OUTBOX_SLOTS]);
		if (!late.empty() || rand() % 3 == 0)
			lost();
		for (const outbox_sent &s : late)
			if (!s.is_key)
				arrive(&s);
		if (rand() % 20 == 0)
			there[SINK_NEW_BAR].last.first++; // another writer
	}
	lost();
	run();
	for (auto &s : there) {
		std::set<uint64_t> once(s.second.n.begin(), s.second.n.end());

		EXPECT_EQ(once.size(), s.second.n.size()) << "twice";
		EXPECT_EQ(once.size(), n[s.first]) << "lost";
	}
	EXPECT_GT(count[SINK_ALREADY], 0u);
	EXPECT_EQ(count[SINK_WAITING] + count[SINK_DROPPED] + count[SINK_DEAD], 0u);
}

TEST_F(outbox_of, what_is_refused_too_often_is_a_dead_letter)
{
	open(folder(), 2);
	take(SINK_ENTRY_FIRE, 1000);
	take(SINK_NEW_BAR, 1000);
	for (int i = 0; i < 3; i++) {
		while (outbox_next(&box))
			;
		while (box.sent.n)
			outbox_answered(&box, OUTBOX_REFUSED);
		balanced();
	}
	EXPECT_EQ(count[SINK_DEAD], 1u);
	EXPECT_EQ(count[SINK_DROPPED], 1u);
	std::ifstream dead(dir + "/t-dead.json");
	std::string line;
	ASSERT_TRUE(std::getline(dead, line));
	EXPECT_EQ(line, R"({"stream":"entry_fire","a":"b"})");
	EXPECT_EQ(box.spool.open, 0u);
}

TEST_F(outbox_of, lost_connections_and_a_server_that_is_not_ready_kill_no_letter)
{
	open("", 0);
	take(SINK_EXIT_FIRE, 1000);
	for (int i = 0; i < 300; i++) {
		ASSERT_TRUE(outbox_next(&box));
		i % 2 ? outbox_lost(&box) : outbox_answered(&box, OUTBOX_LATER);
	}
	run();
	EXPECT_EQ(there[SINK_EXIT_FIRE].n.size(), 1u);
}

TEST_F(outbox_of, the_next_process_hands_on_what_was_not_acknowledged_under_the_same_ids)
{
	open(folder());
	for (int i = 0; i < 10; i++)
		take(SINK_ENTRY_FIRE, 1000 + i / 3);
	take(SINK_NEW_BAR, 1000);
	for (int i = 0; i < 6; i++)
		arrive(outbox_next(&box));
	outbox_answered(&box, OUTBOX_ACKED); // of five the answer is lost
	uint64_t before[SINK_COUNTS];
	memcpy(before, count, sizeof before);
	close(box.spool.fd); // as a kill does
	close(box.spool.dead_fd);
	outbox killed = box;
	open(dir.c_str());
	balanced();
	EXPECT_EQ(count[SINK_LEFT], 1u) << "the row";
	EXPECT_EQ(count[SINK_WAITING], 9u);
	run();
	EXPECT_EQ(there[SINK_ENTRY_FIRE].n, (std::vector<uint64_t>{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }));
	EXPECT_EQ(count[SINK_ALREADY], 5u);
	EXPECT_EQ(box.spool.records, 0u) << "the file begins anew when all is settled";
	free(killed.newest.slot), free(killed.all.slot), free(killed.marked), free(killed.list), free(killed.spool.free);
}

TEST_F(outbox_of, a_spool_that_is_never_empty_does_not_grow)
{
	struct stat st;

	open(folder());
	take(SINK_ENTRY_FIRE, 1000);
	for (int i = 0; i < 1000; i++) {
		take(SINK_ENTRY_FIRE, 1001 + i);
		arrive(outbox_next(&box));
		outbox_answered(&box, OUTBOX_ACKED);
	}
	ASSERT_EQ(stat((dir + "/t-spool").c_str(), &st), 0);
	EXPECT_LT(st.st_size, 8 * off_t(sizeof(sink_entry)));
	EXPECT_EQ(box.spool.open, 1u);
}

TEST_F(outbox_of, places_that_are_used_again_change_no_order)
{
	open(folder());
	for (int i = 1; i <= 4; i++)
		take(SINK_ENTRY_FIRE, 1000 + i);
	for (int i = 0; i < 3; i++)
		arrive(outbox_next(&box));
	for (int i = 0; i < 2; i++)
		outbox_answered(&box, OUTBOX_ACKED);
	for (int i = 5; i <= 7; i++)
		take(SINK_ENTRY_FIRE, 1000 + i);
	EXPECT_EQ(box.spool.records, 5u) << "two of them twice";
	outbox_close(&box);
	open(dir.c_str());
	run();
	EXPECT_EQ(there[SINK_ENTRY_FIRE].n, (std::vector<uint64_t>{ 1, 2, 3, 4, 5, 6, 7 }));
}

// What a full disk, or a machine that died, has left of records: zeros, text that ends nowhere, halves.
TEST_F(outbox_of, a_torn_record_is_told_and_not_handed_on)
{
	open(folder());
	for (int i = 0; i < 5; i++)
		take(SINK_ENTRY_FIRE, 1000 + i);
	outbox_close(&box);
	std::string path = dir + "/t-spool";
	struct stat st;
	ASSERT_EQ(stat(path.c_str(), &st), 0);
	const long bytes = (st.st_size - 16) / 5, text = 8 + offsetof(sink_entry, text);
	{
		std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
		auto fill = [&](int record, long from, long size, char with) {
			file.seekp(16 + record * bytes + from);
			file << std::string(size, with);
		};
		fill(1, 0, bytes, '\0');
		fill(2, text, ENTRY_TEXT, 'x');
		fill(3, text, ENTRY_TEXT, '\0');
	}
	memset(count, 0, sizeof count);
	open(dir.c_str());
	balanced();
	EXPECT_EQ(count[SINK_LEFT], 3u);
	run();
	EXPECT_EQ(there[SINK_ENTRY_FIRE].n, (std::vector<uint64_t>{ 1, 5 }));
}

TEST_F(outbox_of, a_torn_record_is_lost_once_however_often_the_spool_is_opened)
{
	open(folder());
	take(SINK_ENTRY_FIRE, 1000);
	take(SINK_ENTRY_FIRE, 1001);
	outbox_close(&box);
	std::string path = dir + "/t-spool";
	struct stat st;
	ASSERT_EQ(stat(path.c_str(), &st), 0);
	{
		std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);

		file.seekp(16);
		file << std::string((st.st_size - 16) / 2, '\0');
	}
	memset(count, 0, sizeof count);
	for (int i = 0; i < 3; i++) {
		open(dir.c_str());
		outbox_close(&box);
	}
	EXPECT_EQ(count[SINK_LEFT], 1u);
	open(dir.c_str());
	run();
	EXPECT_EQ(there[SINK_ENTRY_FIRE].n, (std::vector<uint64_t>{ 2 }));
}

TEST_F(outbox_of, what_found_no_room_on_disk_leaves_no_half_of_a_record)
{
	struct rlimit before, small;

	open(folder());
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
	take(SINK_ENTRY_FIRE, 1000);
	small = before;
	small.rlim_cur = 900; // a record and a half
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
	take(SINK_ENTRY_FIRE, 1001);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
	take(SINK_ENTRY_FIRE, 1002);
	close(box.spool.fd); // as a kill does
	close(box.spool.dead_fd);
	outbox killed = box;
	open(dir.c_str());
	balanced();
	run();
	EXPECT_EQ(there[SINK_ENTRY_FIRE].n, (std::vector<uint64_t>{ 1, 3 }));
	EXPECT_EQ(count[SINK_LEFT], 1u);
	free(killed.newest.slot), free(killed.all.slot), free(killed.marked), free(killed.list), free(killed.spool.free);
}

TEST_F(outbox_of, a_fifo_in_the_place_of_a_file_is_refused)
{
	for (const char *name : { "/t-spool", "/t-dead.json" }) {
		outbox other{};
		uint64_t counts[SINK_COUNTS]{};
		char err[256];
		std::string path = folder();

		ASSERT_EQ(mkfifo((path + name).c_str(), 0600), 0);
		outbox_conf conf = { .instruments = 8, .newest = 64, .all = 64, .refusals = 2, .dir = path.c_str(), .name = "t" };
		EXPECT_LT(outbox_open(&other, &conf, counts, err, sizeof err), 0);
		EXPECT_EQ(system(("rm -r " + path).c_str()), 0);
		dir.clear();
	}
}

TEST_F(outbox_of, what_waits_at_the_end_is_kept_or_left)
{
	open(folder());
	take(SINK_FILL, 1000);
	take(SINK_NEW_BAR, 1000);
	outbox_mark(&box, 1, KEY_QUOTE);
	outbox_close(&box);
	balanced();
	EXPECT_EQ(count[SINK_KEPT], 1u);
	EXPECT_EQ(count[SINK_LEFT], 2u);
}

TEST_F(outbox_of, a_second_process_of_the_same_spool_is_refused)
{
	outbox other{};
	uint64_t counts[SINK_COUNTS]{};
	char err[256];

	open(folder());
	outbox_conf conf = { .instruments = 8, .newest = 64, .all = 64, .refusals = 2, .dir = dir.c_str(), .name = "t" };
	EXPECT_EQ(outbox_open(&other, &conf, counts, err, sizeof err), -EWOULDBLOCK);
	EXPECT_NE(std::string(err).find("a living process"), std::string::npos);
}

// What is on disk is neither left nor handed in twice when a later attempt opens it.
TEST_F(outbox_of, what_could_not_be_opened_waits_for_the_next_attempt)
{
	outbox other{};
	uint64_t counts[SINK_COUNTS]{};
	char err[256];

	open(folder());
	take(SINK_FILL, 1000);
	memcpy(counts, count, sizeof counts);
	outbox_conf conf = { .instruments = 8, .newest = 64, .all = 64, .refusals = 2, .dir = dir.c_str(), .name = "t" };
	ASSERT_EQ(outbox_open(&other, &conf, counts, err, sizeof err), -EWOULDBLOCK);
	EXPECT_EQ(counts[SINK_HANDED], 1u);
	EXPECT_EQ(counts[SINK_WAITING], 1u);
	EXPECT_EQ(counts[SINK_LEFT], 0u);
}

TEST_F(outbox_of, another_writers_entries_are_not_taken_for_ours)
{
	open();
	take(SINK_NEW_BAR, 1000);
	ASSERT_TRUE(outbox_next(&box));
	outbox_lost(&box);
	outbox_floor(&box, SINK_NEW_BAR, { 5000, 7 });
	there[SINK_NEW_BAR].last = { 5000, 7 };
	run();
	EXPECT_EQ(there[SINK_NEW_BAR].n.size(), 1u);
	EXPECT_EQ(there[SINK_NEW_BAR].last, (id{ 5000, 8 }));
	EXPECT_EQ(count[SINK_ALREADY], 0u);
}
