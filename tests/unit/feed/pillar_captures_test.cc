/* SPDX-License-Identifier: BSD-3-Clause */
// Every NYSE packet that other people captured: those of the Integrated feed decode to their published size
// and fields (which were read off the bytes by the tables, not by this program), with the symbol introduced
// first; those of other products and of the older XDP format end where they should.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/unit/pillar_kit.h"

using namespace kit;

static std::filesystem::path folder()
{
	const char *root = getenv("WIREBAR_CAPTURES");
	return std::filesystem::path(root ? root : "../shared/captures") / "nyse";
}

// payload returns the UDP payload of a file of one packet.
static Bytes payload(const std::filesystem::path &path)
{
	std::ifstream file(path, std::ios::binary);
	Bytes all((std::istreambuf_iterator<char>(file)), {});
	if (all.size() < 40 + 42)
		return {};
	Bytes f(all.begin() + 40, all.end());
	size_t ip = f[12] == 8 && f[13] == 0 ? 14 : 18;
	size_t udp = (size_t)(f[ip + 24] << 8 | f[ip + 25]);
	return Bytes(f.begin() + (long)ip + 28, f.begin() + (long)(ip + 20 + udp));
}

class PillarCaptures : public testing::Test
{
protected:
	void SetUp() override
	{
		if (!std::filesystem::is_directory(folder()))
			GTEST_SKIP() << "no captures at " << folder();
	}
	// see plays one captured packet, on a channel that knows the symbol of that index.
	event see(const std::string &file, uint32_t index, uint8_t scale, uint32_t source_s)
	{
		Bytes p = payload(folder() / file);
		uint32_t seq = (uint32_t)(p[4] | p[5] << 8 | p[6] << 16 | p[7] << 24);
		uint64_t send = (p[8] | p[9] << 8 | p[10] << 16 | (uint64_t)p[11] << 24) * NS_PER_S;
		Rig rig;
		EXPECT_TRUE(pillar_probe(p.data(), p.size())) << file;
		rig.push({ frame(pillar(11, seq - 2,
					{ pillar_mapping(index, "XYZ", scale), pillar_time(source_s) },
					send)) });
		std::vector<event> e = rig.push({ frame(p) });
		EXPECT_EQ(e.size(), 2u) << file;
		EXPECT_EQ(e[0].kind, EV_CLOCK);
		EXPECT_EQ(rig.count(LEDGER_messages_long) + rig.count(LEDGER_gaps), 0u);
		EXPECT_EQ(pillar_size(p[18]), p.size() - 16) << file; // one message, of its published size
		EXPECT_TRUE(rig.balanced());
		send_ns = e[0].ts_ns;
		return e.back();
	}
	// end plays one captured packet alone and returns the counter in which its message or frame ended.
	std::string end(const std::string &file)
	{
		Rig rig;
		rig.push({ frame(payload(folder() / file)) });
		EXPECT_TRUE(rig.balanced());
		for (int i = 0; i < LEDGER_COUNT; i++)
			if (rig.ledger.v[i] && ledger_ends(&ledger_rows[i]) &&
			    i != LEDGER_frames_data)
				return ledger_rows[i].name;
		return "";
	}
	uint64_t send_ns = 0;
};

static const std::string kNyse = "integrated_pillar_v2.5_cert_20220223/";
static const std::string kXdp = "integrated_xdp_v2.1_cert_20170929/";

TEST_F(PillarCaptures, AddOrder)
{
	event e = see(kNyse + "AddOrderMessage.pcap", 4966, 6, 1645642927);
	EXPECT_EQ(send_ns, UINT64_C(1645642927177446400));
	EXPECT_EQ(e.kind, EV_ADD);
	EXPECT_EQ(e.ts_ns, UINT64_C(1645642927177431552));
	EXPECT_EQ(e.ref, UINT64_C(282574488381161));
	EXPECT_EQ(e.price, 10010000);
	EXPECT_EQ(e.qty, 1200u);
	EXPECT_EQ(e.side, SIDE_BUY);
	e = see(kXdp + "AddOrderMessage.pcap", 2511, 4, 1504123000);
	EXPECT_EQ(e.ts_ns, UINT64_C(1504123000726504000));
	EXPECT_EQ(e.ref, 1390859u);
	EXPECT_EQ(e.price, 48870000);
	EXPECT_EQ(e.qty, 61u);
}

TEST_F(PillarCaptures, DeleteOrder)
{
	event e = see(kNyse + "DeleteOrderMessage.pcap", 48869, 6, 1645642906);
	EXPECT_EQ(e.kind, EV_DELETE);
	EXPECT_EQ(e.ts_ns, UINT64_C(1645642906989195264));
	EXPECT_EQ(e.ref, UINT64_C(282574488381098));
}

TEST_F(PillarCaptures, ReplaceOrder)
{
	event e = see(kNyse + "ReplaceOrderMessage.pcap", 59823, 6, 1645643499);
	EXPECT_EQ(e.kind, EV_REPLACE);
	EXPECT_EQ(e.ts_ns, UINT64_C(1645643499491220224));
	EXPECT_EQ(e.ref, UINT64_C(282574488398213));
	EXPECT_EQ(e.ref2, UINT64_C(282574488398294));
	EXPECT_EQ(e.price, 10000);
	EXPECT_EQ(e.qty, 200u);
	e = see(kXdp + "ReplaceOrderMessage.pcap", 7786, 4, 1504123236);
	EXPECT_EQ(e.ref, 2581418u);
	EXPECT_EQ(e.ref2, 2581507u);
	EXPECT_EQ(e.price, 23010000);
	EXPECT_EQ(e.qty, 100u);
}

TEST_F(PillarCaptures, SecurityStatus)
{
	event e = see(kNyse + "SecurityStatusMessage.pcap", 9380, 6, 1645642897);
	EXPECT_EQ(e.kind, EV_STATUS);
	EXPECT_EQ(e.side, STATUS_TRADING);
	EXPECT_EQ(e.ts_ns, UINT64_C(1645642897150267136));
	e = see(kXdp + "SecurityStatusMessage.pcap", 43254, 4, 1504760601); // pre-opening
	EXPECT_EQ(e.kind, EV_ADMIN);
	EXPECT_EQ(e.ts_ns, UINT64_C(1504760601038886000));
}

TEST_F(PillarCaptures, SourceTimeReference)
{
	EXPECT_EQ(see(kNyse + "SourceTimeReferenceMessage.pcap", 1, 6, 1).ts_ns, 1645642895 * NS_PER_S);
	EXPECT_EQ(see(kXdp + "SourceTimeReferenceMessage.pcap", 1, 6, 1).ts_ns, 1504092602 * NS_PER_S);
}

TEST_F(PillarCaptures, StockSummary)
{
	event e = see(kNyse + "StockSummaryMessage.pcap", 59327, 6, 1645642888);
	EXPECT_EQ(e.kind, EV_ADMIN);
	EXPECT_EQ(e.ts_ns, UINT64_C(1645636597228979968));
}

TEST_F(PillarCaptures, SequenceReset)
{
	struct packet packet;
	Bytes p = payload(folder() / (kXdp + "SequenceResetMessage.pcap"));
	ASSERT_TRUE(pillar_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.reset_ns, UINT64_C(1506451841200130690));
	EXPECT_EQ(packet.stream, 0x10000u + 11 * 256 + 1);
	EXPECT_EQ(packet.first_seq, 1u);
	EXPECT_EQ(end(kXdp + "SequenceResetMessage.pcap"), "messages_admin");
}

// How each file ends on its own; a file that is not listed here fails.
TEST_F(PillarCaptures, Ends)
{
	std::map<std::string, std::string> want = {
		{ "arca_options_top_pillar_1.2c_20211211/HeartBeat.pcap", "frames_heartbeat" },
		{ "arca_options_top_pillar_1.2c_20211211/OptionsQuoteMessage.pcap", "frames_unknown_feed" },
		{ "arca_options_top_pillar_1.2c_20211211/SequenceNumberResetMessage.pcap",
		  "frames_unknown_feed" },
		{ "bbo_xdp_v2.3a_cert_20171003/QuoteMessage.pcap", "frames_unknown_feed" },
		{ "bbo_xdp_v2.3a_cert_20171003/SequenceNumberResetMessage.pcap", "frames_unknown_feed" },
		{ "bbo_xdp_v2.3a_cert_20171003/SymbolIndexMappingMessage.pcap", "messages_other_market" },
		{ "imbalances_xdp_v2.1f_cert_20170929/ImbalanceMessage.pcap", "frames_unknown_feed" },
		{ "imbalances_xdp_v2.1f_cert_20170929/SequenceResetMessage.pcap", "frames_unknown_feed" },
		{ kNyse + "AddOrderMessage.pcap", "messages_no_symbol" },
		{ kNyse + "DeleteOrderMessage.pcap", "messages_no_symbol" },
		{ kNyse + "ReplaceOrderMessage.pcap", "messages_no_symbol" },
		{ kNyse + "SecurityStatusMessage.pcap", "messages_no_symbol" },
		{ kNyse + "SourceTimeReferenceMessage.pcap", "messages_admin" },
		{ kNyse + "StockSummaryMessage.pcap", "messages_no_symbol" },
		{ kXdp + "AddOrderMessage.pcap", "messages_no_symbol" },
		{ kXdp + "ImbalanceMessage.pcap", "frames_unknown_feed" },
		{ kXdp + "OrderExecutionMessage.pcap", "messages_no_symbol" },
		{ kXdp + "ReplaceOrderMessage.pcap", "messages_no_symbol" },
		{ kXdp + "SecurityStatusMessage.pcap", "messages_no_symbol" },
		{ kXdp + "SequenceResetMessage.pcap", "messages_admin" },
		{ kXdp + "SourceTimeReferenceMessage.pcap", "messages_admin" },
		{ kXdp + "SymbolIndexMappingMessage.pcap", "messages_other_market" },
	};
	size_t n = 0;
	for (auto &file : std::filesystem::recursive_directory_iterator(folder())) {
		if (!file.is_regular_file())
			continue;
		std::string name = std::filesystem::relative(file.path(), folder()).string();
		EXPECT_EQ(end(name), want[name]) << name;
		n++;
	}
	EXPECT_EQ(n, want.size());
}

// An execution of XDP has a number where Pillar has its sale conditions: refused, not printed.
TEST_F(PillarCaptures, ExecutionOfXdpIsNoPrint)
{
	Bytes p = payload(folder() / (kXdp + "OrderExecutionMessage.pcap"));
	Rig rig;
	rig.push({ frame(
		pillar(11, 2422937, { pillar_mapping(2705, "XYZ", 4) }, UINT64_C(1506695307) * NS_PER_S)) });
	EXPECT_EQ(kinds(rig.push({ frame(p) })), "clock");
	EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 1u);
	p[54] = '@', p[55] = ' ', p[56] = ' ', p[57] = ' ';
	p[4]++;
	std::vector<event> e = rig.push({ frame(p) });
	ASSERT_EQ(kinds(e), "execpx");
	EXPECT_EQ(e[0].ref, 2522503u);
	EXPECT_EQ(e[0].ref2, UINT64_C(2705) << 32 | 96403);
	EXPECT_EQ(e[0].price, 12640000);
	EXPECT_EQ(e[0].qty, 100u);
}
