/* SPDX-License-Identifier: BSD-3-Clause */
// A kill between any two stores: a child works in shared memory and is stepped through, instruction by instruction. Each state of
// memory and spool that it passes is one that a kill may leave; from each of them the next process goes on, and in the end each
// thing is there once.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "drivers/sink/lanes.h"
#include "drivers/sink/outbox.h"
#include "lcore/stage/kept.h"
#include "tests/unit/stepped.h"
extern const struct sink_ops sink_tail;
}

namespace {

constexpr uint64_t BOOT = 0xb007;
constexpr unsigned THINGS = 4; // of each stream
const sink_stream streams[] = { SINK_NEW_BAR, SINK_ENTRY_FIRE };

struct folder {
	std::string path;
	folder()
	{
		char name[] = "/tmp/killed-XXXXXX";

		path = mkdtemp(name);
	}
	~folder() { EXPECT_EQ(system(("rm -r " + path).c_str()), 0); }
};

std::string file_of(const std::string &path)
{
	static char out[1 << 16];
	int fd = open(path.c_str(), O_RDONLY);
	ssize_t n = fd < 0 ? 0 : pread(fd, out, sizeof out, 0);

	if (fd >= 0)
		close(fd);
	return { out, n > 0 ? size_t(n) : 0 };
}

// Calls see for each state of the bytes (shared with the child, which does work) and of the file that work passes. Returns false:
// a process cannot be stepped through here, or is not to be.
bool each_state(const void *bytes, size_t n, const std::string &file, const std::function<void()> &work, const std::function<void()> &see)
{
	std::string was(static_cast<const char *>(bytes), n), said = file_of(file);

	see();
	return stepped(2, work, [&] {
		if (memcmp(was.data(), bytes, n) != 0 || (!file.empty() && file_of(file) != said)) {
			was.assign(static_cast<const char *>(bytes), n);
			said = file_of(file);
			see();
		}
	});
}

sink_entry entry_of(sink_stream stream, uint64_t n)
{
	sink_entry e{};

	e.stream = stream;
	e.n = n;
	e.ts_ns = (1000 + n / 2) * NS_PER_MS;
	e.instr = 1;
	e.bytes = uint16_t(snprintf(e.text, sizeof e.text, "symbol%cA%cboot%c%016llx", 0, 0, 0, (unsigned long long)BOOT) + 1);
	return e;
}

// Everything that outlives the process: what it knows, and the other side.
struct shared {
	uint64_t count[SINK_COUNTS];
	uint64_t offered[SINK_STREAMS]; // numbers that were given
	uint64_t there_n;
	struct {
		uint64_t stream, n;
		entry_id id;
	} there[4 * THINGS];
	sink_memory memory;
};

// The other side takes a thing whose id is above the last one of its stream.
bool arrive(shared &s, const sink_entry &e)
{
	entry_id last{};

	for (uint64_t i = 0; i < s.there_n; i++)
		if (s.there[i].stream == e.stream)
			last = s.there[i].id;
	if (!entry_id_above(e.id, last))
		return false;
	s.there[s.there_n] = { e.stream, e.n, e.id };
	sink_store(&s.there_n, s.there_n + 1);
	return true;
}

bool holds(const shared &s, const sink_entry &e)
{
	return std::any_of(s.there, s.there + s.there_n, [&](const auto &t) { return t.stream == e.stream && t.n == e.n; });
}

void connect(outbox &box, const shared &s)
{
	outbox_lost(&box);
	for (uint64_t i = 0; i < s.there_n; i++)
		outbox_floor(&box, sink_stream(s.there[i].stream), s.there[i].id);
}

void open_box(outbox &box, shared &s, const std::string &dir)
{
	outbox_conf conf = { .instruments = 8, .newest = 64, .all = 64, .refusals = 3, .dir = dir.c_str(), .name = "t", .boot = BOOT, .memory = &s.memory };
	char err[256] = "";

	if (outbox_open(&box, &conf, s.count, err, sizeof err))
		FAIL() << err;
}

// One answer; the second thing of each stream is refused once.
void answer(outbox &box, shared &s, bool refuses)
{
	const outbox_sent *sent = outbox_oldest(&box);

	if (sent->is_key)
		outbox_answered(&box, OUTBOX_ACKED);
	else if (sent->there)
		outbox_answered(&box, holds(s, sent->entry) ? OUTBOX_ALREADY : OUTBOX_LATER);
	else if (refuses && sent->entry.n == 2 && !sent->entry.refusals)
		outbox_answered(&box, OUTBOX_REFUSED);
	else
		outbox_answered(&box, OUTBOX_ACKED);
}

void all_once(const shared &s)
{
	uint64_t ends = 0;

	for (sink_stream stream : streams) {
		std::vector<uint64_t> got;

		for (uint64_t i = 0; i < s.there_n; i++)
			if (s.there[i].stream == stream)
				got.push_back(s.there[i].n);
		std::sort(got.begin(), got.end());
		ASSERT_EQ(got, (std::vector<uint64_t>{ 1, 2, 3, 4 })) << sink_stream_name[stream];
	}
	for (int i = SINK_HANDED + 1; i < SINK_COUNTS; i++)
		ends += s.count[i];
	ASSERT_EQ(s.count[SINK_HANDED], ends);
	ASSERT_EQ(s.count[SINK_LEFT] + s.count[SINK_DROPPED] + s.count[SINK_DEAD] + s.count[SINK_KEPT], 0u);
}

// Some things, sent a few at a time; a connection is lost in between.
void work_box(shared &s, const std::string &dir)
{
	static outbox box; // large
	sink_entry e[THINGS + 1][2];

	open_box(box, s, dir);
	for (unsigned i = 1; i <= THINGS; i++)
		for (int k = 0; k < 2; k++)
			e[i][k] = entry_of(streams[k], i);
	raise(SIGSTOP);
	for (unsigned i = 1; i <= THINGS; i++) {
		for (int k = 0; k < 2; k++) {
			sink_store(&s.offered[streams[k]], i);
			outbox_take(&box, &e[i][k]);
		}
		outbox_mark(&box, 1, KEY_BUNDLE);
		for (int k = 0; k < 3; k++) {
			const outbox_sent *sent = outbox_next(&box);

			if (sent && !sent->is_key && !sent->there && !(sent->entry.n == 2 && !sent->entry.refusals))
				arrive(s, sent->entry);
		}
		if (i == 3)
			connect(box, s);
		while (i != THINGS && outbox_oldest(&box))
			answer(box, s, true);
	}
}

// The next process: all that was offered comes again, then the rest; all of it is sent.
void go_on(shared s, const std::string &spool, const std::string &state)
{
	folder dir;
	outbox box{};
	sink_recount recount;

	std::ofstream(dir.path + "/t-spool", std::ios::binary) << spool;
	sink_recount_begin(&recount, s.count);
	open_box(box, s, state.empty() ? "" : dir.path);
	sink_recount_opened(&recount, s.count);
	for (sink_stream stream : streams)
		for (uint64_t n = 1; n <= s.offered[stream]; n++) {
			sink_entry e = entry_of(stream, n);

			outbox_again(&box, &e);
		}
	sink_recount_end(&recount, s.count);
	for (sink_stream stream : streams)
		for (uint64_t n = s.offered[stream] + 1; n <= THINGS; n++) {
			sink_entry e = entry_of(stream, n);

			outbox_take(&box, &e);
		}
	connect(box, s);
	for (int i = 0; i < 200 && s.count[SINK_WAITING]; i++) {
		const outbox_sent *sent = outbox_next(&box);

		if (sent && !sent->is_key && !sent->there) {
			ASSERT_TRUE(arrive(s, sent->entry)) << "an id that is taken";
		}
		if (outbox_oldest(&box))
			answer(box, s, false);
	}
	outbox_close(&box);
	all_once(s);
}

shared *share()
{
	void *at = mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? nullptr : static_cast<shared *>(at);
}

void each_kill_of_a_box(const std::string &dir)
{
	shared *s = share();
	std::string spool = dir.empty() ? "" : dir + "/t-spool";
	unsigned states = 0;

	ASSERT_NE(s, nullptr);
	bool stepped = each_state(s, offsetof(shared, memory) + sizeof(outbox_memory), spool, [&] { work_box(*s, dir); }, [&] {
		states++;
		if (!testing::Test::HasFatalFailure())
			go_on(*s, file_of(spool), dir);
	});

	munmap(s, sizeof *s);
	if (!stepped)
		GTEST_SKIP() << "no process is stepped through here";
	EXPECT_GT(states, 40u);
}

TEST(killed, each_thing_is_there_once_whenever_the_process_is_killed)
{
	folder dir;

	each_kill_of_a_box(dir.path);
}

TEST(killed, nothing_is_lost_either_where_there_is_no_folder)
{
	each_kill_of_a_box("");
}

// The other side of lanes: a parcel is known by its lane and its first thing.
bool arrive(shared &s, const lanes &l, const lane &lane)
{
	const lane_slot *slot = lanes_first(&l, &lane);
	uint64_t stream = lane_stream(lanes_index(&l, &lane)), at = s.there_n;

	for (uint64_t i = 0; i < s.there_n; i++)
		if (s.there[i].stream == stream && s.there[i].id.ms == slot->n)
			return false;
	for (uint32_t i = 0; i < lane.parcel; i++, slot = lanes_after(&l, slot))
		s.there[at++] = { stream, slot->n, { lanes_first(&l, &lane)->n, i } };
	sink_store(&s.there_n, at);
	return true;
}

void open_lanes(lanes &l, shared &s, const std::string &dir)
{
	lanes_conf conf = { .newest = 64, .all = 64, .refusals = 3, .forgets_ns = NS_PER_S, .dir = dir.c_str(), .name = "t", .boot = BOOT,
			    .memory = &s.memory };
	char err[256] = "";

	if (lanes_open(&l, &conf, s.count, err, sizeof err))
		FAIL() << err;
}

bar row_of(uint64_t n)
{
	bar b{};

	b.symbol = 'A' + n % 2; // two lanes
	b.close_ts = n * NS_PER_S;
	return b;
}

void work_lanes(shared &s, const std::string &dir)
{
	static lanes l; // large
	sink_entry e[THINGS + 1];
	bar row[THINGS + 1];

	open_lanes(l, s, dir);
	for (unsigned i = 1; i <= THINGS; i++) {
		e[i] = entry_of(SINK_ENTRY_FIRE, i);
		row[i] = row_of(i);
	}
	raise(SIGSTOP);
	for (unsigned i = 1; i <= THINGS; i++) {
		sink_store(&s.offered[SINK_NEW_BAR], i);
		lanes_row(&l, &row[i], i);
		sink_store(&s.offered[SINK_ENTRY_FIRE], i);
		lanes_entry(&l, &e[i]);
		bool ask;

		for (lane *at; i % 2 == 0 && (at = lanes_next(&l, 1 + i, 2, &ask)) != nullptr;) {
			uint32_t index = lanes_index(&l, at);
			bool fresh = arrive(s, l, *at);

			if (i != 2) // lost: all of it is sent again
				lanes_answered(&l, index, at->number, fresh ? LANES_ACKED : LANES_ALREADY);
		}
		lanes_lost(&l);
	}
}

void lanes_go_on(shared s, const std::string &spool)
{
	folder dir;
	static lanes l;
	sink_recount recount;
	bool ask;

	std::ofstream(dir.path + "/t-spool", std::ios::binary) << spool;
	sink_recount_begin(&recount, s.count);
	open_lanes(l, s, dir.path);
	sink_recount_opened(&recount, s.count);
	for (uint64_t n = 1; n <= THINGS; n++) {
		bar row = row_of(n);
		sink_entry e = entry_of(SINK_ENTRY_FIRE, n);

		if (n <= s.offered[SINK_NEW_BAR])
			lanes_row_again(&l, &row, n);
		if (n <= s.offered[SINK_ENTRY_FIRE])
			lanes_entry_again(&l, &e);
	}
	sink_recount_end(&recount, s.count);
	for (uint64_t n = 1; n <= THINGS; n++) {
		bar row = row_of(n);
		sink_entry e = entry_of(SINK_ENTRY_FIRE, n);

		if (n > s.offered[SINK_NEW_BAR])
			lanes_row(&l, &row, n);
		if (n > s.offered[SINK_ENTRY_FIRE])
			lanes_entry(&l, &e);
	}
	for (lane *at; (at = lanes_next(&l, 100, 2, &ask)) != nullptr;) {
		uint32_t index = lanes_index(&l, at);

		lanes_answered(&l, index, at->number, arrive(s, l, *at) ? LANES_ACKED : LANES_ALREADY);
	}
	lanes_close(&l);
	all_once(s);
}

TEST(killed, what_lanes_had_sent_is_sent_again_as_it_was)
{
	folder dir;
	shared *s = share();
	unsigned states = 0;

	ASSERT_NE(s, nullptr);
	bool stepped = each_state(s, sizeof *s, dir.path + "/t-spool", [&] { work_lanes(*s, dir.path); }, [&] {
		states++;
		if (!testing::Test::HasFatalFailure())
			lanes_go_on(*s, file_of(dir.path + "/t-spool"));
	});

	munmap(s, sizeof *s);
	if (!stepped)
		GTEST_SKIP() << "no process is stepped through here";
	EXPECT_GT(states, 40u);
}

// A file of lines: one that is there whole, and was not settled, is not written once more.
struct lines {
	conf c{};
	sink_world world{};
	void *sink{};

	lines(shared &s, const std::string &file, bool again)
	{
		static_assert(SINK_TAIL == 0, "the first memory of all");
		char err[256] = "";

		snprintf(c.tail.path, sizeof c.tail.path, "%s", file.c_str());
		c.gateway.queue = c.gateway.keep = 64;
		c.bars.instruments = 8;
		world.conf = &c;
		world.boot = BOOT;
		world.started_ns = 1;
		world.memory = &s.memory;
		world.again = again;
		sink = sink_tail.open(&world, s.count, err, sizeof err);
	}
	void offer(uint64_t n, bool again) const
	{
		bar row = row_of(n);
		sink_item item{};

		item.n = n;
		item.ts_ns = row.close_ts;
		item.symbol = row.symbol;
		item.stream = SINK_NEW_BAR;
		item.record = &row;
		item.again = again;
		sink_tail.offer(sink, &item, 1);
	}
};

TEST(killed, a_line_is_in_its_file_once)
{
	folder dir;
	shared *s = share();
	std::string file = dir.path + "/lines";
	unsigned states = 0;

	ASSERT_NE(s, nullptr);
	auto all = std::make_unique<lines>(*s, file, false);
	bool stepped = each_state(s, offsetof(shared, memory) + sizeof(outbox_memory), file, [&] {
		sink_tail.poll(all->sink, 1);
		raise(SIGSTOP);
		for (uint64_t n = 1; n <= 3; n++) {
			sink_store(&s->offered[SINK_NEW_BAR], n);
			all->offer(n, false);
			sink_tail.poll(all->sink, 1 + n);
		}
	}, [&] {
		states++;
		folder other;
		auto now = std::make_unique<shared>(*s);
		std::string copy = other.path + "/lines", said;

		std::ofstream(copy, std::ios::binary) << file_of(file);
		auto next = std::make_unique<lines>(*now, copy, true);
		for (uint64_t n = 1; n <= 4; n++)
			next->offer(n, n <= now->offered[SINK_NEW_BAR]);
		sink_tail.poll(next->sink, 100);
		sink_tail.close(next->sink);
		std::ifstream in(copy);
		std::vector<std::string> got;

		while (std::getline(in, said))
			got.push_back(said.substr(said.find("\"n\":")).substr(0, 7));
		EXPECT_EQ(got, (std::vector<std::string>{ "\"n\":\"1\"", "\"n\":\"2\"", "\"n\":\"3\"", "\"n\":\"4\"" })) << states;
	});

	sink_tail.close(all->sink);
	munmap(s, sizeof *s);
	if (!stepped)
		GTEST_SKIP() << "no process is stepped through here";
	EXPECT_GT(states, 10u);
}

// A gateway's numbers and engines: each of the commits is whole, and nothing is between two.
struct desk {
	sink_engine engine[4]; // first: what is looked at is engines and commits
	kept k;
};

void change(desk &d, uint64_t commit)
{
	kept_begin(&d.k);
	for (uint64_t at : { commit % 4, (commit + 1) % 4, commit % 4 }) {
		kept_save(&d.k, d.engine, at);
		d.engine[at].size += commit;
		d.engine[at].cost += 3 * commit;
	}
	kept_next(&d.k)->n[SINK_FILL] += 2;
	kept_next(&d.k)->taken[1] += 3;
	kept_commit(&d.k);
}

TEST(killed, a_commit_is_whole_or_has_not_been)
{
	void *mem = mmap(nullptr, sizeof(desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static desk was, want; // large
	unsigned states = 0;

	ASSERT_NE(mem, MAP_FAILED);
	auto *d = static_cast<desk *>(mem);
	bool stepped = each_state(d, offsetof(desk, k.memory), "", [&] {
		raise(SIGSTOP);
		for (uint64_t i = 0; i < 5; i++)
			change(*d, i);
	}, [&] {
		states++;
		was = *d;
		kept_open(&was.k, was.engine);
		memset(&want, 0, sizeof want);
		for (uint64_t i = 0; i < was.k.commits; i++)
			change(want, i);
		EXPECT_EQ(memcmp(was.engine, want.engine, sizeof was.engine), 0) << "after " << was.k.commits;
		EXPECT_EQ(kept_now(&was.k)->n[SINK_FILL], kept_now(&want.k)->n[SINK_FILL]);
		EXPECT_EQ(kept_now(&was.k)->taken[1], kept_now(&want.k)->taken[1]);
	});

	munmap(mem, sizeof(desk));
	if (!stepped)
		GTEST_SKIP() << "no process is stepped through here";
	EXPECT_GT(states, 30u);
}

// Three links in turns, as a gateway takes them: bursts, some elements of which are nothing to hand on.
TEST(killed, what_several_links_have_comes_again_in_the_order_of_numbers)
{
	constexpr unsigned LINKS = 3;
	auto k = std::make_unique<kept>();
	const uint32_t first[LINKS] = { UINT32_MAX - 20, 7, 0 }; // numbers of elements go around
	std::vector<std::pair<unsigned, uint32_t>> taken, got;
	std::mt19937 random(3);

	memset(k.get(), 0, sizeof *k);
	std::copy(first, first + LINKS, k->state[0].taken);
	for (int burst = 0; burst < 60; burst++) {
		unsigned link = random() % LINKS, streams_of = link == 1 ? 1 : SINK_STREAMS;

		kept_begin(k.get());
		for (unsigned i = random() % 6; i--;) {
			uint32_t at = kept_next(k.get())->taken[link]++;
			uint64_t stream = random() % streams_of;
			bool is = random() % 5;

			*kept_of(k.get(), link, at) = { is ? ++kept_next(k.get())->n[stream] : 0, 1, stream };
			if (is)
				taken.emplace_back(link, at);
		}
		kept_commit(k.get());
	}
	kept_again again{};
	unsigned link;
	uint32_t at;
	uint64_t last[SINK_STREAMS]{};
	std::vector<std::pair<unsigned, uint32_t>> of[2][LINKS];

	kept_again_begin(k.get(), &again, first, LINKS);
	while (kept_again_next(k.get(), &again, &link, &at)) {
		const kept_item *item = kept_of(k.get(), link, at);

		ASSERT_EQ(item->n, ++last[item->stream]) << sink_stream_name[item->stream];
		got.emplace_back(link, at);
	}
	ASSERT_EQ(got.size(), taken.size());
	for (unsigned i = 0; i < got.size(); i++) {
		of[0][got[i].first].push_back(got[i]);
		of[1][taken[i].first].push_back(taken[i]);
	}
	for (unsigned i = 0; i < LINKS; i++)
		EXPECT_EQ(of[0][i], of[1][i]) << "of a link as it was taken";
}

} // namespace
