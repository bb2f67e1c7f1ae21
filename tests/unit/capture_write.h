/* SPDX-License-Identifier: BSD-3-Clause */
// capture_write.h: small captures for tests, byte by byte.
#ifndef WB_TEST_CAPTURE_WRITE_H
#define WB_TEST_CAPTURE_WRITE_H

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <string>

// Bytes in the byte order of choice.
struct Bytes {
	std::string s;
	bool big = false;

	Bytes &u(uint64_t v, int n)
	{
		for (int i = 0; i < n; i++)
			s += (char)(v >> 8 * (big ? n - 1 - i : i));
		return *this;
	}
	Bytes &u8(uint64_t v) { return u(v, 1); }
	Bytes &u16(uint64_t v) { return u(v, 2); }
	Bytes &u32(uint64_t v) { return u(v, 4); }
	Bytes &raw(const std::string &r)
	{
		s += r;
		return *this;
	}
	Bytes &pad4()
	{
		while (s.size() % 4)
			s += '\0';
		return *this;
	}
};

inline Bytes pcap_header(bool big, bool nano, uint32_t link = 1)
{
	Bytes b;

	b.big = big;
	b.u32(nano ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(link);
	return b;
}

inline void pcap_record(Bytes &b, uint32_t s, uint32_t frac, const std::string &frame, uint32_t wire = 0)
{
	b.u32(s).u32(frac).u32(frame.size()).u32(wire ? wire : frame.size()).raw(frame);
}

inline std::string gzip(const std::string &in)
{
	z_stream z = {};
	std::string out(compressBound(in.size()) + 64, '\0');

	deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)in.data();
	z.avail_in = in.size();
	z.next_out = (Bytef *)out.data();
	z.avail_out = out.size();
	deflate(&z, Z_FINISH);
	out.resize(z.total_out);
	deflateEnd(&z);
	return out;
}

// A file in a temporary directory of its own, gone with the object.
struct TempFile {
	std::string dir, path;

	explicit TempFile(const std::string &bytes, const std::string &name = "capture")
	{
		const char *tmp = getenv("TMPDIR");
		std::string t = std::string(tmp && *tmp ? tmp : "/tmp") + "/wirebar_test_XXXXXX";

		dir = mkdtemp(&t[0]);
		path = dir + "/" + name;
		FILE *f = fopen(path.c_str(), "wb");
		fwrite(bytes.data(), 1, bytes.size(), f);
		fclose(f);
	}
	TempFile(const TempFile &) = delete;
	~TempFile()
	{
		unlink(path.c_str());
		rmdir(dir.c_str());
	}
};

#endif
