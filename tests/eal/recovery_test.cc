/* SPDX-License-Identifier: BSD-3-Clause */
// The recovery service against servers of this test on the loopback interface, over real sockets.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/recovery/recovery.h"
#include "tests/shim/eal.h"
}

using namespace kit;

namespace
{

constexpr int kWaitMs = 20000; // for what must come; nothing here depends on how long it takes

// A socket on a port of its own at 127.0.0.1, served by a function on a thread until it is closed.
class Listener
{
public:
	explicit Listener(int type) : fd(socket(AF_INET, type, 0))
	{
		struct sockaddr_in at = {};
		socklen_t n = sizeof at;
		struct timeval tv = { 0, 50000 };

		at.sin_family = AF_INET;
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		EXPECT_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
		getsockname(fd, (struct sockaddr *)&at, &n);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
		port = ntohs(at.sin_port);
		if (type == SOCK_STREAM)
			listen(fd, 8);
	}
	~Listener()
	{
		stop = true;
		if (thread.joinable())
			thread.join();
		close(fd);
	}
	// answer gets a datagram and returns those to send back.
	void datagrams(std::function<std::vector<Bytes>(const Bytes &)> answer)
	{
		thread = std::thread([this, answer] {
			while (!stop) {
				Bytes in(2048);
				struct sockaddr_in from;
				socklen_t n_from = sizeof from;
				ssize_t n = recvfrom(fd, in.data(), in.size(), 0, (struct sockaddr *)&from, &n_from);

				if (n < 0)
					continue;
				in.resize((size_t)n);
				for (const Bytes &b : answer(in))
					sendto(fd, b.data(), b.size(), 0, (struct sockaddr *)&from, n_from);
			}
		});
	}
	// serve gets each connection, one after the other.
	void connections(std::function<void(int)> serve)
	{
		thread = std::thread([this, serve] {
			while (!stop) {
				int c = accept(fd, nullptr, nullptr);

				if (c < 0)
					continue;
				struct timeval tv = { 0, 50000 };
				setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
				serve(c);
				close(c);
			}
		});
	}
	Bytes read_some(int c, size_t n)
	{
		Bytes in;

		while (!stop && in.size() < n) {
			uint8_t b[256];
			ssize_t k = recv(c, b, std::min(sizeof b, n - in.size()), 0);

			if (k == 0)
				break;
			if (k > 0)
				in.insert(in.end(), b, b + k);
		}
		return in;
	}
	std::string address() const { return "127.0.0.1:" + std::to_string(port); }

	int fd;
	int port = 0;
	std::atomic<bool> stop{ false };
	std::thread thread;
};

class Service
{
public:
	explicit Service(const std::string &text)
	{
		struct conf_error ce;

		EXPECT_EQ(0, conf_parse(&conf, "r.conf", text.data(), text.size(), &ce)) << ce.text;
		EXPECT_EQ(0, conf_servers(&conf, &ce)) << ce.text;
		EXPECT_EQ(0, recovery_create(&r, &conf, 1, err, sizeof err)) << err;
		EXPECT_EQ(0, recovery_start(r));
		link = recovery_link_of(r, 0);
	}
	~Service() { recovery_destroy(r); }
	void want(const struct feed *feed, uint64_t first, uint64_t last, uint64_t session0, uint64_t session1 = 0,
		  uint32_t stream = 0)
	{
		struct recovery_want w = { { session0, session1 }, first, last, stream, 0, 3, {} };

		while (feeds[w.feed] != feed)
			w.feed++;
		EXPECT_TRUE(recovery_tell(link, &w));
	}
	// Takes replies until the message `last` has come or the hole is given up, which is returned as 0. Packets must come in
	// sequence. Returns the number behind the last message.
	uint64_t take(const struct feed *feed, uint64_t first, uint64_t last)
	{
		for (int ms = 0; ms < kWaitMs; ms++) {
			const struct recovery_reply *reply[8];
			unsigned n = recovery_replies(link, reply, 8);

			for (unsigned i = 0; i < n; i++) {
				struct packet p;

				EXPECT_EQ(reply[i]->channel, 3);
				if (reply[i]->kind == RECOVERY_GAVE_UP) {
					EXPECT_EQ(reply[i]->last_seq, last);
					recovery_replies_done(link, n);
					return 0;
				}
				EXPECT_TRUE(feed->header(reply[i]->data, reply[i]->bytes, &p));
				EXPECT_LE(p.first_seq, first);
				EXPECT_GT(p.first_seq + p.count, first);
				first = p.first_seq + p.count;
				packets++;
			}
			if (n)
				recovery_replies_done(link, n);
			if (first > last)
				return first;
			usleep(1000);
		}
		ADD_FAILURE() << "nothing came";
		return first;
	}
	struct recovery_view view(unsigned i = 0)
	{
		struct recovery_view v[CONF_SERVER_MAX];

		EXPECT_GT(recovery_look(r, v), i);
		return v[i];
	}
	uint64_t count(enum ledger_id id) { return recovery_ledger(r)->v[id]; }

	struct conf conf;
	struct recovery *r = nullptr;
	struct recovery_link *link = nullptr;
	char err[512] = "";
	unsigned packets = 0;
};

constexpr uint64_t kSession0 = 0x3530303130303030, kSession1 = 0x4239; // "0000100595" and so on: opaque here

Bytes mold_answer(const Bytes &request, unsigned most)
{
	uint64_t first = 0, count = (uint64_t)request[18] << 8 | request[19];

	for (int i = 10; i < 18; i++)
		first = first << 8 | request[(size_t)i];
	std::vector<Bytes> m(std::min<uint64_t>(count, most), Bytes{ 'x', 1, 2 });
	Bytes out = mold("S", first, m);
	std::copy(request.begin(), request.begin() + 10, out.begin());
	return out;
}

std::string section(const std::string &name, const std::string &protocol, const std::string &addresses,
		    const std::string &more = "")
{
	return "[server " + name + "]\nprotocol = " + protocol + "\naddresses = " + addresses + "\nrequests_per_s = 0\n" + more;
}

} // namespace

TEST(Recovery, Mold64PartialAnswersAndLostOnes)
{
	Listener server(SOCK_DGRAM);
	std::atomic<int> n{ 0 };

	server.datagrams([&](const Bytes &in) -> std::vector<Bytes> {
		EXPECT_EQ(in.size(), 20u);
		if (++n % 4 == 1) // lost
			return {};
		if (n % 4 == 2) // another session first
			return { mold("T", 100, { {} }), mold_answer(in, 7) };
		return { mold_answer(in, 7) };
	});
	Service s(section("a", "mold64", server.address(), "timeout = 2ms\n"));
	s.want(&itch50_feed, 100, 149, kSession0, kSession1);
	EXPECT_EQ(s.take(&itch50_feed, 100, 149), 150u);
	EXPECT_GE(s.packets, 8u);
	EXPECT_EQ(s.view().stats.messages, 50u);
	EXPECT_GE(s.view().stats.timeouts, 2u);
	EXPECT_GE(s.view().stats.useless, 1u);
	s.want(&itch50_feed, 0, 0, kSession0, kSession1);
	s.want(&itch50_feed, 200, 200, kSession0, kSession1); // and the next hole
	EXPECT_EQ(s.take(&itch50_feed, 200, 200), 201u);
}

TEST(Recovery, TheNextAddressIsAskedWhenOneIsNotThere)
{
	Listener server(SOCK_DGRAM);
	uint16_t nobody;
	{
		Listener gone(SOCK_DGRAM);
		nobody = (uint16_t)gone.port;
	}
	server.datagrams([&](const Bytes &in) -> std::vector<Bytes> { return { mold_answer(in, 100) }; });
	Service s(section("a", "mold64", "127.0.0.1:" + std::to_string(nobody) + "," + server.address()));
	for (uint64_t seq = 10; seq < 100; seq += 10) {
		s.want(&itch50_feed, seq, seq + 4, kSession0, kSession1);
		EXPECT_EQ(s.take(&itch50_feed, seq, seq + 4), seq + 5);
	}
	EXPECT_EQ(s.view().down, 1u);
	EXPECT_EQ(s.view().stats.messages, 45u);
}

TEST(Recovery, GivesUpWhenNobodyIsThere)
{
	uint16_t nobody;
	{
		Listener gone(SOCK_DGRAM);
		nobody = (uint16_t)gone.port;
	}
	std::string at = "127.0.0.1:" + std::to_string(nobody);
	Service s(section("a", "mold64", at) + section("b", "mold64", at) + section("t", "iex_tcp", at));
	for (uint64_t seq = 10; seq < 200; seq += 10) {
		s.want(&itch50_feed, seq, seq + 4, kSession0, kSession1);
		EXPECT_EQ(s.take(&itch50_feed, seq, seq + 4), 0u);
	}
	s.want(&iex_deep10, 7, 8, 5, 0, 1);
	EXPECT_EQ(s.take(&iex_deep10, 7, 8), 0u);
	s.want(&pillar_feed, 7, 8, 5, 0, 1); // for which there is no server at all
	EXPECT_EQ(s.take(&pillar_feed, 7, 8), 0u);
	EXPECT_EQ(s.count(LEDGER_recovery_given_up), 21u);
	EXPECT_FALSE(recovery_serves(&s.conf, &pillar_feed, 1));
	EXPECT_TRUE(recovery_serves(&s.conf, &iex_tops16, 1));
}

TEST(Recovery, IexFallsBackFromUdpToTcp)
{
	Listener udp(SOCK_DGRAM), tcp(SOCK_STREAM);
	std::atomic<int> asked{ 0 };

	udp.datagrams([&](const Bytes &in) -> std::vector<Bytes> {
		EXPECT_EQ(in.size(), 32u);
		asked++;
		return {};
	});
	tcp.connections([&](int c) {
		Bytes in = tcp.read_some(c, 32);

		if (in.size() < 32)
			return;
		uint64_t first = in[16] | in[17] << 8, last = in[24] | in[25] << 8;
		Bytes out;

		while (first <= last) { // segments of up to 64 KB
			std::vector<Bytes> m(std::min<uint64_t>(last - first + 1, 2000), Bytes(25, 'm'));
			out = out + iex(IEX_DEEP10, 5, first, 77, m);
			first += m.size();
		}
		for (size_t at = 0; at < out.size() && !tcp.stop;) { // cut anywhere
			ssize_t n = send(c, out.data() + at, std::min<size_t>(out.size() - at, 1 + at % 5000), MSG_NOSIGNAL);
			if (n < 0)
				return;
			at += (size_t)n;
		}
	});
	Service s(section("u", "iex_udp", udp.address(), "timeout = 1ms\ntries = 2\n") +
		  section("t", "iex_tcp", tcp.address(), "timeout = 5s\ntimeout_max = 5s\n"));
	s.want(&iex_deep10, 1, 9000, 5, 0, 1);
	EXPECT_EQ(s.take(&iex_deep10, 1, 9000), 9001u);
	EXPECT_EQ(asked, 2);
	EXPECT_EQ(s.view(0).stats.given_up, 1u);
	EXPECT_EQ(s.view(1).stats.messages, 9000u);
	s.want(&iex_deep10, 0, 0, 5, 0, 1);
	s.want(&iex_deep10, 9500, 9600, 5, 0, 1); // a connection for each request
	EXPECT_EQ(s.take(&iex_deep10, 9500, 9600), 9601u);
	EXPECT_GE(s.view(1).stats.connects, 2u);
}

TEST(Recovery, PillarConnectionHeartbeatsAndQuota)
{
	Listener tcp(SOCK_STREAM);
	std::atomic<int> requests{ 0 }, alive{ 0 };
	char file[] = "/tmp/wb_quota_XXXXXX";

	close(mkstemp(file));
	tcp.connections([&](int c) {
		Bytes beat = pillar(1, 1, {});
		send(c, beat.data(), beat.size(), MSG_NOSIGNAL);
		for (uint32_t seq = 2; !tcp.stop; seq++) {
			Bytes head = tcp.read_some(c, 16);
			if (head.size() < 16)
				return;
			Bytes m = tcp.read_some(c, (size_t)(head[0] | head[1] << 8) - 16);
			if (m[2] == 12) {
				alive++;
				continue;
			}
			uint8_t status = ++requests <= 3 ? '0' : '4';
			Bytes out = pillar(11, seq, { pillar_message(11, Bytes(head.begin() + 4, head.begin() + 8) +
										 Bytes(m.begin() + 4, m.end()) + Bytes{ status }) });
			send(c, out.data(), out.size(), MSG_NOSIGNAL);
		}
	});
	std::string text = "[recovery]\nquota_file = " + std::string(file) + "\n" +
			   section("arca", "pillar", tcp.address(),
				   "source_id = WIREBAR01\nchannel = 3\nrequests_per_day = 1000\ntimeout = 20ms\ntries = 100\n");
	{
		Service s(text);
		s.want(&pillar_feed, 100, 149, 0);
		for (int ms = 0; ms < kWaitMs && (requests < 2 || alive < 1); ms++)
			usleep(1000);
		EXPECT_EQ(alive, 1);
		s.want(&pillar_feed, 120, 149, 0); // the first part came by multicast
		EXPECT_EQ(s.take(&pillar_feed, 100, 149), 0u); // the fourth request says: no more today
		EXPECT_EQ(s.view().stats.refusals, 1u);
		EXPECT_NE(std::string(s.view().stats.last_refusal).find("quota"), std::string::npos);
		EXPECT_EQ(s.view().used, 1000u);
		EXPECT_EQ(s.view().stats.connects, 1u);
	}
	Service again(text); // after a restart, the same day
	EXPECT_EQ(again.view().used, 1000u);
	again.want(&pillar_feed, 200, 249, 0);
	EXPECT_EQ(again.take(&pillar_feed, 200, 249), 0u);
	EXPECT_EQ(requests, 4);
	EXPECT_EQ(again.count(LEDGER_recovery_quota), 1u);
	unlink(file);
}

TEST(Recovery, QuotaIsWrittenAhead)
{
	Listener server(SOCK_DGRAM);
	char file[] = "/tmp/wb_quota_XXXXXX";

	close(mkstemp(file));
	unlink(file); // none yet
	server.datagrams([&](const Bytes &in) -> std::vector<Bytes> { return { mold_answer(in, 1) }; });
	std::string text = "[recovery]\nquota_file = " + std::string(file) + "\n" +
			   section("a", "mold64", server.address(), "requests_per_day = 40\n");
	{
		Service s(text);
		s.want(&itch50_feed, 1, 20, kSession0, kSession1);
		EXPECT_EQ(s.take(&itch50_feed, 1, 20), 21u);
		EXPECT_EQ(s.view().used, 20u);
	}
	Service again(text);
	EXPECT_EQ(again.view().used, 32u); // at least what was used
	again.want(&itch50_feed, 30, 39, kSession0, kSession1);
	EXPECT_EQ(again.take(&itch50_feed, 30, 39), 0u); // eight of them were left
	EXPECT_EQ(again.view().stats.requests, 8u);
	unlink(file);
}

TEST(Recovery, RefusesWhatCannotBe)
{
	struct conf conf;
	struct conf_error ce;
	struct recovery *r;
	char err[512];
	std::string text = section("a", "mold64", "127.0.0.1:5", "interface = nosuchif0\n");

	ASSERT_EQ(0, conf_parse(&conf, "r.conf", text.data(), text.size(), &ce)) << ce.text;
	EXPECT_EQ(-ENODEV, recovery_create(&r, &conf, 1, err, sizeof err));
	EXPECT_NE(std::string(err).find("[server a] cannot be asked from interface nosuchif0"), std::string::npos) << err;
	recovery_destroy(r);
	recovery_destroy(nullptr);
	text = section("a", "mold64", "127.0.0.1:5", "feed = nosuchfeed\n");
	ASSERT_EQ(0, conf_parse(&conf, "r.conf", text.data(), text.size(), &ce)) << ce.text;
	EXPECT_EQ(-EINVAL, recovery_create(&r, &conf, 1, err, sizeof err));
	recovery_destroy(r);
}

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	if (shim_eal_up(argv[0]) < 0 || calendar_load() < 0)
		return 1;
	int rc = RUN_ALL_TESTS();

	shim_eal_down();
	return rc;
}
