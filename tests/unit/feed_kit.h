/* SPDX-License-Identifier: BSD-3-Clause */
// feed_kit.h: wire bytes for the feeds' tests, written from the specifications and not by the code under
// test.
#ifndef WB_TESTS_FEED_KIT_H
#define WB_TESTS_FEED_KIT_H

#include <algorithm>
#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "drivers/receiver/receiver.h"
#include "lcore/base/calendar.h"
}

namespace kit
{

using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

// big and little write the low n bytes of v.
inline Bytes big(uint64_t v, int n)
{
	Bytes out;
	for (int i = n - 1; i >= 0; i--)
		out.push_back((uint8_t)(v >> (8 * i)));
	return out;
}

inline Bytes little(uint64_t v, int n)
{
	Bytes out;
	for (int i = 0; i < n; i++)
		out.push_back((uint8_t)(v >> (8 * i)));
	return out;
}

inline Bytes text(const std::string &s, size_t n)
{
	Bytes out(s.begin(), s.end());
	out.resize(n, ' ');
	return out;
}

struct Net {
	uint32_t dst_ip = 0xe9360c6f;
	uint16_t dst_port = 26477;
	int vlans = 0;
	uint16_t vlan_type = 0x8100;
	int option_words = 0;
	uint16_t fragment = 0x4000; // don't fragment
	uint8_t protocol = 17;
	int padding = 0;
	bool sums = false;
};

inline uint16_t sum16(const Bytes &b)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < b.size(); i += 2)
		sum += (uint32_t)(b[i] << 8 | (i + 1 < b.size() ? b[i + 1] : 0));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

inline Bytes frame(const Bytes &payload, const Net &net = Net())
{
	Bytes eth(12, 0x11);
	for (int i = 0; i < net.vlans; i++)
		eth = eth + big(net.vlan_type, 2) + big(141, 2);
	eth = eth + big(0x0800, 2);
	size_t header = 20 + 4 * (size_t)net.option_words;
	Bytes ip = Bytes{ (uint8_t)(0x40 | header / 4), 0 } + big(header + 8 + payload.size(), 2) +
		   big(7, 2) + big(net.fragment, 2) + Bytes{ 20, net.protocol } + big(0, 2) +
		   big(0x0a000001, 4) + big(net.dst_ip, 4) + Bytes(4 * (size_t)net.option_words, 1);
	Bytes udp = big(5000, 2) + big(net.dst_port, 2) + big(8 + payload.size(), 2) + big(0, 2) + payload;
	if (net.sums) {
		uint16_t s = sum16(ip);
		ip[10] = (uint8_t)(s >> 8), ip[11] = (uint8_t)s;
		s = sum16(big(0x0a000001, 4) + big(net.dst_ip, 4) + big(17, 2) + big(udp.size(), 2) + udp);
		s = s ? s : 0xffff;
		udp[6] = (uint8_t)(s >> 8), udp[7] = (uint8_t)s;
	}
	return eth + ip + udp + Bytes((size_t)net.padding, 0xee);
}

// --- MoldUDP64 and ITCH 5.0
inline Bytes mold(const std::string &session, uint64_t seq, const std::vector<Bytes> &messages,
		  int count = -1)
{
	Bytes out = text(session, 10) + big(seq, 8) + big(count < 0 ? messages.size() : (uint64_t)count, 2);
	for (const Bytes &m : messages)
		out = out + big(m.size(), 2) + m;
	return out;
}

constexpr uint64_t kTimeOfDay = UINT64_C(34200123456789);

inline Bytes itch_head(char type, uint16_t locate, uint64_t tod = kTimeOfDay)
{
	return Bytes{ (uint8_t)type } + big(locate, 2) + big(9, 2) + big(tod, 6);
}

inline Bytes itch_add(uint16_t locate, const std::string &stock, uint64_t ref, char side, uint32_t shares,
		      uint32_t price, uint64_t tod = kTimeOfDay)
{
	return itch_head('A', locate, tod) + big(ref, 8) + Bytes{ (uint8_t)side } + big(shares, 4) +
	       text(stock, 8) + big(price, 4);
}

inline Bytes itch_delete(uint16_t locate, uint64_t ref) { return itch_head('D', locate) + big(ref, 8); }

inline Bytes itch_system(char code) { return itch_head('S', 0) + Bytes{ (uint8_t)code }; }

// --- IEX-TP
inline Bytes iex(uint16_t protocol, uint32_t session, uint64_t seq, uint64_t send_ns,
		 const std::vector<Bytes> &messages, uint32_t channel = 1)
{
	Bytes body;
	for (const Bytes &m : messages)
		body = body + little(m.size(), 2) + m;
	return Bytes{ 1, 0 } + little(protocol, 2) + little(channel, 4) + little(session, 4) +
	       little(body.size(), 2) + little(messages.size(), 2) + little(0, 8) + little(seq, 8) +
	       little(send_ns, 8) + body;
}

inline Bytes iex_head(char type, uint8_t detail, uint64_t ts_ns, const std::string &symbol)
{
	return Bytes{ (uint8_t)type, detail } + little(ts_ns, 8) + text(symbol, 8);
}

inline Bytes iex_level(char type, uint8_t flags, uint64_t ts_ns, const std::string &symbol, uint32_t size,
		       int64_t price)
{
	return iex_head(type, flags, ts_ns, symbol) + little(size, 4) + little((uint64_t)price, 8);
}

inline Bytes iex_trade(char type, uint8_t flags, uint64_t ts_ns, const std::string &symbol, uint32_t size,
		       int64_t price, uint64_t id)
{
	return iex_level(type, flags, ts_ns, symbol, size, price) + little(id, 8);
}

// Pages are zeroed bytes of which only those that are used cost anything (malloc's debugging aids touch all).
class Pages
{
public:
	explicit Pages(size_t n = 0) : at(n ? map(n) : nullptr), bytes(n) {}
	Pages(Pages &&other) noexcept : Pages() { *this = std::move(other); }
	Pages &operator=(Pages &&other) noexcept
	{
		std::swap(at, other.at);
		std::swap(bytes, other.bytes);
		return *this;
	}
	~Pages()
	{
		if (at)
			munmap(at, bytes);
	}
	void *get() const { return at; }

private:
	static void *map(size_t n)
	{
		void *got = mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (got == MAP_FAILED)
			abort();
		return got;
	}
	void *at;
	size_t bytes;
};

// Arena is a receiver's memory, of those that earlier receivers have done with: fresh pages for each of
// thousands of runs cost more than the runs. Zeroed is what receivers do not set themselves.
class Arena
{
public:
	explicit Arena(size_t n) : bytes((n + kStep - 1) / kStep * kStep)
	{
		std::vector<Pages> &old = idle()[bytes];
		if (old.empty()) {
			pages = Pages(bytes);
			return;
		}
		pages = std::move(old.back());
		old.pop_back();
	}
	Arena(const Arena &) = delete;
	~Arena() { idle()[bytes].push_back(std::move(pages)); }
	void *get() const { return pages.get(); }

private:
	static constexpr size_t kStep = 64 << 20; // of addresses: only what is used is memory
	static std::map<size_t, std::vector<Pages>> &idle()
	{
		static std::map<size_t, std::vector<Pages>> by_size;
		return by_size;
	}
	Pages pages;
	size_t bytes;
};

// Rig is a receiver with its memory. push() checks the ledger every time.
class Rig
{
public:
	explicit Rig(uint32_t instruments = 64, receiver_conf conf = { nullptr, false, 1000, 17000 })
		: counts(sizeof(receiver_counts)), mem(receiver_bytes(&conf))
	{
		static const int loaded = calendar_load();
		// What one run frees is the next one's, and does not go back to the kernel between them.
		static const int kept =
			mallopt(M_TRIM_THRESHOLD, 1 << 28) + mallopt(M_MMAP_THRESHOLD, 1 << 25);
		(void)kept; // where malloc is another's, it stays as it is
		if (loaded < 0)
			abort();
		symtab_mem.reset(aligned_alloc(64, (symtab_bytes(instruments) + 63) & ~(size_t)63));
		memset(symtab_mem.get(), 0, symtab_bytes(instruments));
		symtab_init(&table, instruments, symtab_mem.get());
		receiver_init(r.get(), &conf, &table, &ledger, (receiver_counts *)counts.get(), mem.get());
	}
	~Rig() { memset(r->counts->channel, 0, r->n_channels * sizeof *r->counts->channel); }
	bool keeps_held = false; // EV_HELD, too
	std::vector<event> push(const std::vector<Bytes> &frames, unsigned max = 4096)
	{
		std::vector<frame_in> in;
		for (const Bytes &f : frames)
			in.push_back({ f.data(), (uint32_t)f.size(), (uint32_t)f.size(), rx_ns, false, false,
				       source });
		return push_in(in, max);
	}
	std::vector<event> push_in(const std::vector<frame_in> &in, unsigned max = 4096)
	{
		std::vector<event> all;
		room(max);
		for (unsigned done = 0, used; done < in.size(); done += used) {
			unsigned n = receiver_push(r.get(), in.data() + done, (unsigned)in.size() - done,
						   out.data(), max, &used);
			for (unsigned i = 0; i < n; i++) {
				all.push_back(out[i]);
				all.back().frame = (uint16_t)(all.back().frame + done);
			}
		}
		return told(all);
	}
	// told leaves out what only says when a held packet was received.
	std::vector<event> told(std::vector<event> all) const
	{
		if (!keeps_held)
			all.erase(std::remove_if(all.begin(), all.end(),
						 [](const event &e) { return e.kind == EV_HELD; }),
				  all.end());
		return all;
	}
	std::vector<event> flush(uint64_t now_ns = UINT64_MAX, unsigned max = 4096)
	{
		std::vector<event> all;
		room(max);
		while (unsigned n = receiver_flush(r.get(), now_ns, out.data(), max))
			all.insert(all.end(), out.begin(), out.begin() + n);
		return told(all);
	}
	uint64_t count(enum ledger_id id) const { return ledger.v[id]; }
	bool balanced() const
	{
		struct ledger_identity identity[LEDGER_IDENTITIES];
		return ledger_check(&ledger, identity) && !ledger.v[LEDGER_invariants_broken];
	}
	uint32_t id(const std::string &symbol) const
	{
		return symtab_find(&table, symtab_key(symbol.data(), symbol.size()));
	}

	struct Free {
		void operator()(void *p) const { free(p); }
	};
	struct ledger ledger = {};
	struct symtab table = {};
	std::unique_ptr<receiver> r = std::make_unique<receiver>();
	std::unique_ptr<void, Free> symtab_mem;
	Arena counts, mem;
	uint64_t rx_ns = 0;
	uint8_t source = 0;

private:
	void room(size_t events) // exactly: what writes behind it is seen
	{
		if (out.size() != events)
			out = std::vector<event>(events);
	}
	std::vector<event> out; // kept: to clear it for each push costs more than the push
};

inline std::string kinds(const std::vector<event> &events)
{
	static const char *const names[EV_KINDS] = { "none",   "add",       "exec",  "execpx",    "cancel",
						     "delete", "replace",   "level", "quote",     "trade",
						     "cross",  "status",    "clear", "break",     "correct",
						     "system", "directory", "admin", "imbalance", "short",
						     "clock",  "join",      "gap",   "reset",     "end",
						     "open",   "held" };
	std::string out;
	for (const event &e : events)
		out += (out.empty() ? "" : " ") + std::string(names[e.kind]);
	return out;
}

} // namespace kit

#endif
