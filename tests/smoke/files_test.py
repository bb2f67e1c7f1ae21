#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures as they come: recorders' clocks that are wrong, lines in any order and on any ingest lcore, raw files.
Bars must be those of the undisturbed capture. usage: files_test.py WIREBAR MARKETGEN"""

import gzip
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

WIREBAR, MARKETGEN = (os.path.abspath(p) for p in sys.argv[1:3])
S = 10**9
DAY = "2026-03-10"


def records(path):
	with open(path, "rb") as f:
		data = f.read()
	frac = 1 if struct.unpack_from("<I", data)[0] == 0xA1B23C4D else 1000
	at, out = 24, []
	while at < len(data):
		s, f, n, _ = struct.unpack_from("<IIII", data, at)
		out.append([s * S + f * frac, data[at + 16:at + 16 + n]])
		at += 16 + n
	return out


def write(path, recs):
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
		for ts, frame in recs:
			ts = max(ts, 0)
			f.write(struct.pack("<IIII", ts // S, ts % S, len(frame), len(frame)) + frame)
	return path


def messages(recs):
	"""The ITCH messages of captured MoldUDP64 packets, as a raw file holds them."""
	out = []
	for _, frame in recs:
		body, n = frame[62:], struct.unpack_from(">H", frame, 60)[0]
		for _ in range(n if n != 0xFFFF else 0):
			bytes_ = 2 + struct.unpack_from(">H", body)[0]
			out.append(body[:bytes_])
			body = body[bytes_:]
	return out


class Files(unittest.TestCase):
	@classmethod
	def setUpClass(cls):
		cls.dir = tempfile.mkdtemp(prefix="wirebar-files-")
		cls.n = 0
		subprocess.run([MARKETGEN, "--out", cls.dir + "/m", "--venues", "itch,iex,pillar", "--lines", "AB", "--lag", "3ms",
				"--messages", "60k", "--instruments", "200", "--duration", "40s", "--halts", "0"],
			       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		cls.files = sorted(cls.dir + "/" + f for f in os.listdir(cls.dir) if f.endswith((".pcap", ".pcapng")))
		cls.want = cls.replay(cls.files)

	@classmethod
	def tearDownClass(cls):
		shutil.rmtree(cls.dir)

	@classmethod
	def replay(cls, files, *options):
		cls.n += 1
		out = "%s/s%d.json" % (cls.dir, cls.n)
		p = subprocess.run([WIREBAR, "replay", *files, *([] if "--bars" in options else ["--bars", cls.dir + "/b.csv"]), "--summary", out, "--quiet", "--file-prefix",
				    "wbfiles%d" % os.getpid(), *options], capture_output=True, text=True, timeout=120)
		s = {}
		if os.path.exists(out):
			with open(out) as f:
				s = json.load(f)
		return {"rc": p.returncode, "sha": s.get("sha256"), "frames": s.get("frames"), "mended": s.get("ledger", {}).get("rx_times_mended"), "clocks": s.get("capture_clocks"),
			"dates": s.get("capture_dates"), "err": p.stderr}

	def same(self, got, what):
		self.assertEqual((got["rc"], got["sha"]), (0, self.want["sha"]), "%s: %s" % (what, got))

	def disturbed(self, which, change):
		out = list(self.files)
		recs = records(out[which])
		change(recs)
		out[which] = write("%s/disturbed.pcap" % self.dir, recs)
		return out

	def test_names_in_gz_are_compressed(self):
		plain = {}
		for ending in ("csv", "csv.gz", "arrow", "arrow.gz"):
			path = "%s/out.%s" % (self.dir, ending)
			for burst in ("256", "1"):
				got = self.replay(self.files, "--bars", path, "--burst", burst)
				with open(path, "rb") as f:
					data = f.read()
				self.assertEqual((got["rc"], got["sha"]), (0, hashlib.sha256(data).hexdigest()), got)
			plain[ending] = gzip.decompress(data) if ending.endswith(".gz") else data
		self.assertEqual(plain["csv.gz"], plain["csv"])
		self.assertEqual(plain["arrow.gz"], plain["arrow"])
		os.symlink("/dev/full", self.dir + "/full.gz")
		self.assertEqual(self.replay(self.files, "--bars", self.dir + "/full.gz")["rc"], 1)

	def test_single_records(self):
		for which in range(len(self.files)):
			for ts in (3600 * S, -3600 * S, None, "2038"):
				def change(recs):
					for i in (0, 1, len(recs) // 2, len(recs) // 3, len(recs) - 1):
						recs[i][0] = 0 if ts is None else 2145916800 * S if ts == "2038" else recs[i][0] + ts
				got = self.replay(self.disturbed(which, change))
				self.same(got, "file %d by %s" % (which, ts))
				self.assertEqual(got["mended"], 5, "file %d by %s" % (which, ts))
				self.assertEqual(got["clocks"], [{"file": self.dir + "/disturbed.pcap", "shift_ns": 0, "times_mended": 5}])

	def test_clock_set_under_way(self):
		def change(recs):
			for r in recs[len(recs) // 2:]:
				r[0] += 7200 * S
		for which in range(len(self.files)):
			self.same(self.replay(self.disturbed(which, change)), "file %d" % which)

	def test_clock_of_a_file(self):
		for off in (-2 * 86400 * S, -26 * 365 * 86400 * S, 3600 * S):
			for which in range(len(self.files)):
				def change(recs):
					for r in recs:
						r[0] += off
				got = self.replay(self.disturbed(which, change), "--date", DAY)
				self.same(got, "file %d by %d days" % (which, off // S // 86400))
				self.assertIn("set right", got["err"])
				self.assertEqual([(c["file"], c["shift_ns"]) for c in got["clocks"]], [(self.dir + "/disturbed.pcap", -off)])

	def test_day_in_a_name(self):
		"""Two witnesses of the day of packets that tell none: the file's name and the receive times."""
		itch = next(f for f in self.files if b"itch" in f.lower().encode() and f.endswith(".pcap"))
		self.want = self.replay([itch])
		self.assertEqual(self.want["dates"], [])
		for off, day, name_days, shifted in (
				(0, "20260310", None, False),           # they agree
				(-2, "20260310", 2, True),              # clocks that nobody set
				(-26 * 365, "20260310", 26 * 365, True),
				(-20522, "20260310", 20522, True),      # times that count from zero
				(7, "20260310", -7, True),
				(0, "20260311", 1, False),              # filed the morning after
				(0, "20260309", -1, False),             # begun the evening before
				(0, "20260308", -2, False)):            # a Sunday: nothing is traded
			recs = records(itch)
			for r in recs:
				r[0] += off * 86400 * S
			path = write("%s/%s.pcap" % (self.dir, day), recs)
			got = self.replay([path])
			what = "%d days, %s" % (off, day)
			self.same(got, what)
			self.assertEqual([d["name_days"] for d in got["dates"]], [name_days] if name_days else [], what)
			self.assertEqual([c["shift_ns"] for c in got["clocks"]], [-off * 86400 * S] if shifted else [], what)
			self.assertEqual("the date in its name" in got["err"], name_days is not None, what)
			if off == -2:
				self.assertEqual(self.replay([path], "--date", DAY)["dates"], [])  # told
			os.unlink(path)

	def test_no_day_at_all(self):
		itch = next(f for f in self.files if b"itch" in f.lower().encode() and f.endswith(".pcap"))
		got = self.replay([self.raw("undated.itch50", messages(records(itch)))])
		self.assertEqual(got["rc"], 0)
		self.assertIn("no trade date in its name", got["err"])
		self.assertIn("1970-01-01", got["dates"][0]["remark"])

	def test_packets_without_times(self):
		"""All of one time, or of a clock that began at 0: rows would be of 1970, which is said; --date gives the day."""
		itch = next(f for f in self.files if b"itch" in f.lower().encode() and f.endswith(".pcap"))
		recs = records(itch)
		for name, at in (("none.pcap", lambda t: 0), ("began.pcap", lambda t: t - recs[0][0])):
			path = write("%s/%s" % (self.dir, name), [[at(t), data] for t, data in recs])
			got = self.replay([path])
			self.assertIn("its receive times are none", got["err"])
			self.assertEqual([d["file"] for d in got["dates"]], [path])
			self.assertEqual(self.replay([path], "--date", DAY)["dates"], [])
			os.unlink(path)

	def test_order_and_lcores(self):
		for files in (self.files, self.files[::-1], self.files[1::2] + self.files[::2]):
			for n in ("1", "2", "3", "4"):
				self.same(self.replay(files, "--ingest-lcores", n), "%s on %s" % (files, n))
		one = self.replay(self.files[:2])
		for files in (self.files[:2], self.files[1::-1]):
			self.assertEqual(self.replay(files, "--ingest-lcores", "2")["sha"], one["sha"])

	def test_loops_play_the_files_again(self):
		first = subprocess.run([WIREBAR, "profile", "bench"], capture_output=True, text=True).stdout
		port = [x.split()[1].rstrip("]") for x in first.splitlines() if x.startswith("[port ")][0]
		once = self.replay(self.files[:1])
		again = self.replay(self.files[:1], "--set", "port.%s.loops=3" % port)
		self.assertGreater(once["frames"], 0)
		self.assertEqual(again["frames"], 3 * once["frames"])

	def test_lines_on_two_lcores_by_conf(self):
		conf = self.dir + "/two.conf"
		text = "include = builtin:bench\n"
		first = subprocess.run([WIREBAR, "profile", "bench"], capture_output=True, text=True).stdout
		lcore = [x.split()[1].rstrip("]") for x in first.splitlines() if x.startswith("[lcore ingest")][0]
		port = [x.split()[1].rstrip("]") for x in first.splitlines() if x.startswith("[port ")][0]
		with open(conf, "w") as f:
			f.write(text + "[port %s]\nfiles = %s\n[port second]\nfiles = %s\n[lcore other]\nstage = ingest\nqueues = second\n"
				"[link relay]\nfrom = other\nto = %s\n" % (port, self.files[0], self.files[1], lcore))
		got = self.replay([], "--conf", conf)
		self.assertEqual(got["rc"], 1, got)
		self.assertIn("carry the same stream", got["err"])

	def raw(self, name, msgs):
		path = self.dir + "/" + name
		with open(path, "wb") as f:
			f.write(b"".join(msgs))
		return path

	def volume(self, *files):
		got = self.replay(list(files[0]), *files[1:])
		with open(self.dir + "/b.csv") as f:
			rows = [r.split(",") for r in f.read().splitlines()[1:]] if got["rc"] == 0 else []
		return sum(int(r[9]) for r in rows if r[1] == "1s"), got

	def test_raw_files(self):
		itch = next(f for f in self.files if records(f)[0][1][42 + 18:42 + 20] and b"itch" in f.lower().encode())
		msgs = messages(records(itch))
		one = self.raw("20260310.NASDAQ_ITCH50", msgs)
		v, _ = self.volume([one])
		self.assertGreater(v, 0)
		other = self.raw("S031026-v50-bx.txt", msgs)
		self.assertEqual(self.volume([one, other])[0], 2 * v)  # another exchange
		self.assertEqual(self.volume([other, one])[0], 2 * v)
		psx = self.raw("20260310.PSX_ITCH_50", msgs)
		for files, want in (([other], {"BX"}), ([psx, other, one], {"BX", "NASDAQ", "PSX"}), ([one], {"NASDAQ"})):
			self.assertEqual(self.replay(files, "--venue-bars", self.dir + "/v.csv")["rc"], 0)
			with open(self.dir + "/v.csv") as f:
				rows = [r.split(",") for r in f.read().splitlines()]
			self.assertEqual({r[rows[0].index("venue")] for r in rows[1:]}, want)
		copy = self.raw("copy-20260310.itch50", msgs)
		self.assertEqual(self.volume([one, copy])[0], v)  # the same messages
		self.assertEqual(self.volume([one, copy], "--ingest-lcores", "2")[0], v)
		late = self.raw("late.itch50", msgs[500:])
		self.assertEqual(self.volume([one], "--lines", one + "," + late, "--date", DAY)[0], v)
		self.assertEqual(self.volume([], "--lines", late + "," + one, "--date", DAY)[0], v)
		stranger = self.raw("stranger.itch50", [m[:5] + b"\1" + m[6:] for m in msgs])
		self.assertNotEqual(self.volume([one], "--lines", one + "," + stranger)[1]["rc"], 0)
		days = [self.raw("202603%02d.NASDAQ_ITCH50" % d, msgs) for d in range(11, 15)]
		self.assertEqual(self.volume(days[::-1])[0], 4 * v)
		got = self.replay(days, "--date", DAY)
		self.assertEqual(got["rc"], 2)


if __name__ == "__main__":
	unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
