/* SPDX-License-Identifier: BSD-3-Clause */
// A desk in two states that is killed between any two instructions: a child works in shared memory and is stepped through. Each state
// of journal and link that it passes is one that a kill may leave, and so are some between them: what has left is in the journal, and
// the next process goes on to the journal and the orders of a desk that nobody killed.
#include <sys/mman.h>
#include <unistd.h>

#include "tests/eal/stage_kit.h"
#include "tests/unit/stepped.h"

extern "C" {
#include "lcore/base/calendar.h"
#include "lcore/stage/twin.h"
}

namespace {

constexpr uint32_t SLOTS = 4; // it goes around
constexpr unsigned BETWEEN = 997; // instructions

lcore desk; // in the program's image, as are its links: states hold their addresses
struct link links_of[3];
char *next_byte; // of what the processes share

void *share(size_t bytes)
{
	char *at = next_byte;

	next_byte += (bytes + 4095) & ~size_t(4095);
	return at;
}

int nothing(lcore *, char *, size_t) { return 0; }

struct Desk : Trading {
	size_t bytes = 64 << 20;
	char *shared = (char *)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	lcore *ingest = add(CONF_STAGE_INGEST), *signal = add(CONF_STAGE_SIGNAL), *exporter = add(CONF_STAGE_EXPORT);
	struct link *in = &links_of[0], *orders = &links_of[1];
	plant_order_log log = {};
	order_log_record *record;
	void *mem;
	size_t seen_bytes; // the journal and the link of orders are at the beginning
	lcore begun;
	struct link links_begun[3];

	Desk() : Trading()
	{
		order_log_view view;

		exit_below();
		next_byte = shared;
		void *journal = share(order_log_bytes(SLOTS, 0));

		order_log_format(journal, SLOTS, 0, "W1");
		EXPECT_EQ(order_log_look(journal, order_log_bytes(SLOTS, 0), &view), nullptr);
		order_log_map(&log.ring, journal, &view);
		order_log_begin(&log.log, &log.ring, &view, nullptr, nullptr, nullptr);
		record = log.ring.record;
		p.order_log = &log;
		links_of[1] = moved(connect(signal, ingest, true));
		seen_bytes = size_t(next_byte - shared);
		links_of[0] = moved(connect(ingest, signal));
		links_of[2] = moved(connect(signal, exporter));
		desk = *signal;
		desk.in[0] = in, desk.out[0] = orders, desk.out[1] = &links_of[2];
		desk.shared = (lcore_shared *)share(sizeof(lcore_shared));
		p.lcore[desk.index] = &desk;
		desk.state_bytes = desk.stage->bytes(&desk);
		mem = share(twin_bytes(desk.state_bytes));
		EXPECT_LT(next_byte, shared + bytes);
		bytes = size_t(next_byte - shared);
		begun = desk;
		memcpy(links_begun, links_of, sizeof links_of);
		open();
		desk.stage->recall(&desk);
	}
	~Desk() { munmap(shared, 64 << 20); }
	// The memory of a link is EAL's, which a child has for itself.
	static struct link moved(struct link *k)
	{
		size_t ring_bytes = link_bytes(DEPTH) - sizeof(link_shared);

		k->shared = (link_shared *)memcpy(share(sizeof *k->shared), k->shared, sizeof *k->shared);
		k->ring = k->whole = (rte_ring *)memcpy(share(ring_bytes), k->ring, ring_bytes);
		return *k;
	}
	// As the next process does.
	void open()
	{
		memcpy(links_of, links_begun, sizeof links_of);
		desk = begun;
		log.ring.seq = 0;
		ASSERT_EQ(twin_open(&desk, mem, nothing, err, sizeof err), 0) << err;
	}
	static void work()
	{
		for (int idle = 0; idle < 3;)
			idle = desk.poll(&desk) ? 0 : idle + 1;
	}
	void close(const char *symbol, uint64_t s, double price)
	{
		bar b = row(symbol, T0 + s, price);

		b.bid = (int64_t)((price - .01) * 1e6 + .5), b.ask = (int64_t)((price + .01) * 1e6 + .5);
		push(in, LINK_NEW_BAR, &b);
	}
	void mark(uint64_t s) { push(in, LINK_MARK, nullptr, T0 + s); }
	void filled(const trade_request &rq, uint64_t s)
	{
		link_elem e = {};

		e.stream = LINK_ORDER;
		e.order.id = rq.id, e.order.symbol = rq.symbol, e.order.ts_ns = e.order.row_ns = (T0 + s) * NS_PER_S + 1, e.order.n = 1;
		e.order.fill_id = 1, e.order.price = 11010000, e.order.limit = rq.price, e.order.instr = rq.instr;
		e.order.qty = e.order.total = e.order.filled = rq.qty, e.order.leaves_before = 0;
		e.order.kind = REPORT_FILL, e.order.state = STATE_FILLED, e.order.venue = rq.venue, e.order.side = rq.side;
		e.order.tif = rq.tif, e.order.source = rq.source, e.order.gate = rq.gate;
		ASSERT_TRUE(link_push(in, &e));
	}
	// What the keeper of the books is asked: all that is in the link.
	std::vector<trade_request> asked() const
	{
		std::vector<trade_request> out;

		for (uint32_t i = link_first(orders); i != link_end(orders); i++)
			if (link_at(orders, i)->stream == LINK_REQUEST)
				out.push_back(link_at(orders, i)->request);
		return out;
	}
	// Without when it was: an order that is made once more is made later.
	std::string told() const
	{
		std::string out;

		for (const trade_request &rq : asked())
			out += std::to_string(rq.id) + " " + std::to_string(rq.action) + " " + std::to_string(rq.qty) + "\n";
		for (uint32_t i = 0; i < SLOTS; i++) {
			order_log_record r = record[i];

			EXPECT_TRUE(!r.seq || order_log_whole(&r)) << i;
			r.crc = 0;
			if (r.what == ORDER_LOG_REQUEST)
				r.request.decided_tsc = 0;
			out.append((const char *)&r, sizeof r);
		}
		return out;
	}
	bool in_the_journal(const trade_request &rq) const
	{
		for (uint32_t i = 0; i < SLOTS; i++)
			if (record[i].what == ORDER_LOG_REQUEST && record[i].id == rq.id && record[i].kind == rq.action && order_log_whole(&record[i]))
				return true;
		return false;
	}
};

// Calls see for what memory was before the child's work, for each other state that the work makes of the first bytes of it, and now
// and then. Returns false: a process cannot be stepped through here, or is not to be.
bool each_state(const char *bytes, size_t n, const std::function<void()> &work, const std::function<void()> &see)
{
	std::string was(bytes, n);
	unsigned steps = 0;

	return stepped(1, work, [&] {
		if (memcmp(was.data(), bytes, n) != 0 || steps % BETWEEN == 0) {
			was.assign(bytes, n);
			see();
		}
		steps++;
	});
}

} // namespace

TEST(desk_killed, what_has_left_is_in_the_journal_and_nothing_is_done_twice)
{
	Desk k;

	k.close("A", 1, 11), k.mark(1);
	Desk::work();
	ASSERT_EQ(k.asked().size(), 1u);
	k.filled(k.asked()[0], 1);
	link_free_to(k.orders, link_end(k.orders));
	k.close("A", 2, 9), k.close("B", 2, 12), k.mark(2);
	k.close("A", 3, 7), k.mark(3);
	std::string before(k.shared, k.bytes);

	Desk::work();
	std::string want = k.told();

	ASSERT_EQ(k.asked().size(), 2u);
	EXPECT_EQ(k.record[0].seq, 5u) << "a request, a fill, an end, and two requests";
	memcpy(k.shared, before.data(), k.bytes);
	k.open();
	unsigned states = 0;

	bool stepped = each_state(k.shared, k.seen_bytes, [] { Desk::work(); }, [&] {
		std::string left(k.shared, k.bytes);

		states++;
		for (const trade_request &rq : k.asked())
			EXPECT_TRUE(k.in_the_journal(rq)) << states;
		k.open();
		Desk::work();
		EXPECT_TRUE(k.told() == want) << states;
		memcpy(k.shared, left.data(), k.bytes);
	});

	if (stepped) {
		EXPECT_GT(states, 70u) << "of two requests, and of three records";
	}
}

int main(int argc, char **argv) { return stage_kit::run(argc, argv); }
