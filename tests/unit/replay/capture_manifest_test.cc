/* SPDX-License-Identifier: BSD-3-Clause */
// Every capture of the shared collection, against the packets and times that its manifest states.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "drivers/replay/capture.h"
#include "lcore/base/calendar.h"
}

namespace {

std::vector<std::string> columns(const std::string &line)
{
	std::vector<std::string> out;
	std::stringstream in(line);
	std::string one;

	while (std::getline(in, one, '\t'))
		out.push_back(one);
	return out;
}

TEST(CaptureManifest, PacketsAndTimes)
{
	const char *env = getenv("WIREBAR_CAPTURES");
	std::string dir = env ? env : "../shared/captures";
	std::ifstream manifest(dir + "/MANIFEST.tsv");
	std::string line;
	unsigned files = 0;

	if (!manifest)
		GTEST_SKIP() << "captures are absent";
	while (std::getline(manifest, line)) {
		auto c = columns(line);
		if (c.size() < 6 || c[0].find(".pcap") == std::string::npos)
			continue;
		struct capture capture;
		struct capture_record r;
		char err[512] = "", iso[CALENDAR_ISO_BYTES];
		uint64_t n = 0, least = UINT64_MAX, most = 0;

		ASSERT_EQ(capture_open(&capture, (dir + "/" + c[0]).c_str(), CAPTURE_NO_DAY, err, sizeof err), 0) << err;
		while (capture_next(&capture, &r)) {
			n++;
			least = std::min(least, r.ts_ns);
			most = std::max(most, r.ts_ns);
			EXPECT_LE(r.bytes, r.wire_bytes);
		}
		EXPECT_EQ(std::to_string(n), c[3]) << c[0];
		EXPECT_EQ(capture.cut_tail_bytes, 0u) << c[0];
		// The manifest stops at microseconds.
		for (auto [ns, text] : { std::pair<uint64_t, std::string>(least, c[4]), { most, c[5] } }) {
			calendar_iso(ns, iso);
			iso[10] = ' ';
			size_t digits = text.find_last_of("0123456789") + 1;
			EXPECT_EQ(std::string(iso).substr(0, digits), text.substr(0, digits)) << c[0];
		}
		capture_close(&capture);
		files++;
	}
	EXPECT_GT(files, 100u);
}

} // namespace
