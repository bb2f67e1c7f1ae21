# SPDX-License-Identifier: BSD-3-Clause
"""Generates small captures and checks them with a reader of its own: counts against truth.json, prints against
trades.csv, books for consistency, faults against what truth.json says was done, and that a seed means the same bytes.
Usage: marketgen_test.py MARKETGEN"""
import csv
import datetime
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zoneinfo
from collections import Counter

import capture
import replica

MARKETGEN = None


def generate(folder, name, *options, code=0):
    prefix = os.path.join(folder, name)
    done = subprocess.run([MARKETGEN, "--out", prefix, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, done.stderr
    return prefix


def truth(prefix):
    with open(prefix + ".truth.json") as f:
        return json.load(f)


def rows(prefix, venue):
    with open(prefix + ".trades.csv", newline="") as f:
        for row in csv.DictReader(f):
            if row["venue"] == venue:
                yield (venue, row["symbol"], int(row["ts_ns"]), int(row["price_e6"]), int(row["shares"]), row["kind"],
                       row["flags"], int(row["match"]), row["aggressor"])


def collect(path, venue):
    """Messages by sequence number from the packets of one line that are whole, and the packets."""
    packets = list(capture.read(path, venue))
    messages = {}
    for packet in packets:
        for i, message in enumerate(packet.messages):
            assert messages.setdefault(packet.sequence + i, message) == message
    return messages, packets


class Clean(unittest.TestCase):
    """Five minutes around the open on two lines, without faults."""
    OPTIONS = ("--messages", "120k", "--instruments", "300", "--duration", "3m", "--lines", "AB", "--vlan", "141",
               "--breaks", "0.02", "--seed", "7")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = generate(cls.folder.name, "clean", *cls.OPTIONS, "--raw",
                              os.path.join(cls.folder.name, "clean_20260310.itch50"))
        cls.truth = truth(cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def line(self, venue, letter):
        stream = self.truth["streams"][venue]
        messages, packets = collect(f"{self.prefix}.{venue}.{letter}.pcap", venue)
        self.assertEqual(sorted(messages), list(range(1, stream["messages"] + 1)))
        self.assertEqual(stream["next_sequence"], stream["messages"] + 1)
        self.assertTrue(all(p.valid and p.vlan == 141 for p in packets))
        times = [p.capture_ns for p in packets]
        self.assertEqual(times, sorted(times))
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 1.1e9)
        told = stream["lines"]["ab".index(letter)]
        self.assertEqual(told["packets_written"], len(packets))
        self.assertEqual(told["messages"], len(messages))
        self.assertEqual({p.group for p in packets}, {told["group"]})
        self.assertEqual(told["heartbeats_sent"], sum(p.count == 0 for p in packets))
        self.assertEqual(dict(Counter(chr(m[0]) for m in messages.values())), stream["by_type"])
        return [messages[i] for i in range(1, len(messages) + 1)], packets

    def test_midnight(self):
        midnight = datetime.datetime(2026, 3, 10, tzinfo=zoneinfo.ZoneInfo("America/New_York"))
        self.assertEqual(self.truth["midnight_ns"], int(midnight.timestamp()) * 10**9)

    def test_size(self):
        total = sum(s["messages"] for s in self.truth["streams"].values())
        self.assertLess(abs(total - 120000), 1200)

    def test_itch(self):
        messages, packets = self.line("itch", "a")
        self.assertEqual([p.count for p in packets[-3:]], [0xFFFF] * 3)
        self.assertEqual({p.session.decode() for p in packets}, {self.truth["streams"]["itch"]["session"]})
        for packet in packets:
            self.assertLessEqual(len(packet.messages), 80)
        book = replica.Itch(self.truth["midnight_ns"])
        for message in messages:
            book.message(message)
        told = list(rows(self.prefix, "itch"))
        hidden = [r[:-1] for r in told if r[5] == "P"]
        self.assertEqual([r[:-1] for r in book.rows], [r[:-1] for r in told])
        self.assertEqual([r for r in book.rows if r[5] != "P"], [r for r in told if r[5] != "P"])
        self.assertGreater(len(hidden), 0)
        for kind in "SRHYLAFECXDUPQBI":
            self.assertGreater(self.truth["streams"]["itch"]["by_type"].get(kind, 0), 0, kind)
        for what, n in book.seen.items():
            self.assertGreater(n, 0, what)
        partial = book.seen["E_partial"] / (book.seen["E_partial"] + book.seen["E_full"])
        self.assertTrue(0.3 < partial < 0.5, partial)
        self.assertTrue(any(r[5] == "C" for r in told))

    def test_itch_raw(self):
        with open(os.path.join(self.folder.name, "clean_20260310.itch50"), "rb") as f:
            data = f.read()
        at, raw = 0, []
        while at < len(data):
            length, = struct.unpack_from(">H", data, at)
            raw.append(data[at + 2:at + 2 + length])
            at += 2 + length
        self.assertEqual(raw, self.line("itch", "a")[0])

    def test_iex(self):
        _, packets = self.line("iex", "a")
        book = replica.Iex(self.truth["midnight_ns"])
        offset, sequence = 0, 1
        for packet in packets:
            self.assertEqual((packet.offset, packet.sequence), (offset, sequence))
            offset, sequence = offset + packet.payload_bytes, sequence + packet.count
            for message in packet.messages:
                book.message(message, packet.send_ns)
        self.assertEqual([r[:-1] for r in book.rows], [r[:-1] for r in rows(self.prefix, "iex")])
        for kind in "SDHOPE85TBX":
            self.assertGreater(self.truth["streams"]["iex"]["by_type"].get(kind, 0), 0, kind)
        self.assertGreater(book.seen["incomplete"], 0)
        self.assertTrue(0 < book.seen["back_ns"] < 70e6)
        self.assertTrue(2e5 < sorted(book.delays)[len(book.delays) // 2] < 5e5)

    def test_lines_differ(self):
        for venue in "itch", "iex":
            (a, packets_a), (b, packets_b) = self.line(venue, "a"), self.line(venue, "b")
            self.assertEqual(a, b)
            self.assertNotEqual([p.sequence for p in packets_a], [p.sequence for p in packets_b])

    def test_same_bytes(self):
        with tempfile.TemporaryDirectory() as other:
            generate(other, "clean", *self.OPTIONS)
            for name in sorted(os.listdir(other)):
                digests = []
                for folder in other, self.folder.name:
                    with open(os.path.join(folder, name), "rb") as f:
                        digests.append(hashlib.sha256(f.read()).hexdigest())
                self.assertEqual(*digests, name)
            again = generate(other, "seed", *self.OPTIONS, "--seed", "8")
            with open(again + ".itch.a.pcap", "rb") as f, open(self.prefix + ".itch.a.pcap", "rb") as g:
                self.assertNotEqual(f.read(), g.read())


class Faulty(unittest.TestCase):
    """Every fault on both lines: what truth.json says must be what a reader finds."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = generate(cls.folder.name, "faulty", "--messages", "60k", "--instruments", "100", "--duration", "1m",
                              "--lines", "AB", "--loss", "0.05", "--dup", "0.02", "--reorder", "0.02", "--corrupt", "0.01",
                              "--gzip", "--micro")
        cls.truth = truth(cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def numbers(ranges):
        return {n for first, last in ranges for n in range(first, last + 1)}

    def test_faults(self):
        for venue, stream in self.truth["streams"].items():
            everything = set(range(1, stream["messages"] + 1))
            missing = []
            for letter, told in zip("ab", stream["lines"]):
                messages, packets = collect(f"{self.prefix}.{venue}.{letter}.pcap.gz", venue)
                lost, corrupted = self.numbers(told["lost_ranges"]), self.numbers(told["corrupted_ranges"])
                self.assertEqual(everything - set(messages), lost | corrupted)
                self.assertEqual(len(lost), told["lost_messages"])
                self.assertEqual(len(packets), told["packets_sent"] - told["packets_lost"] + told["packets_duplicated"])
                self.assertGreaterEqual(sum(not p.valid for p in packets), told["packets_corrupted"])
                for fault in "lost", "duplicated", "reordered", "corrupted":
                    self.assertGreater(told["packets_" + fault], 0)
                first = {}
                for at, packet in enumerate(packets):
                    if packet.valid and packet.count:
                        first.setdefault(packet.sequence, at)
                order = [sequence for sequence, _ in sorted(first.items(), key=lambda item: item[1])]
                self.assertGreater(sum(b < a for a, b in zip(order, order[1:])), 0)
                missing.append(lost | corrupted)
                times = [p.capture_ns for p in packets]
                self.assertEqual(times, sorted(times))
            self.assertEqual(missing[0] & missing[1], self.numbers(stream["lost_or_corrupted_on_every_line_ranges"]))


class Day(unittest.TestCase):
    """Other pieces of the day than the open: the close, a whole day, one venue alone."""

    def test_close(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix = generate(folder, "close", "--start", "15:59:50", "--duration", "100s", "--messages", "60k",
                              "--instruments", "50")
            told = truth(prefix)
            messages, _ = collect(prefix + ".itch.a.pcap", "itch")
            book = replica.Itch(told["midnight_ns"])
            for i in range(1, len(messages) + 1):
                book.message(messages[i])
            self.assertEqual([chr(m[11]) for _, m in sorted(messages.items()) if m[0] == ord("S")], ["O", "S", "Q", "M"])
            self.assertTrue(any(r[5:7] == ("Q", "C") for r in book.rows))
            self.assertTrue(any(int(r[6]) & 0x40 for r in rows(prefix, "iex")))
            self.assertTrue(any(not int(r[6]) & 0x40 for r in rows(prefix, "iex")))

    def test_whole_day(self):
        with tempfile.TemporaryDirectory() as folder:
            generate(folder + "/", "", "--start", "03:59", "--duration", "17h", "--messages", "30k", "--instruments", "40")
            prefix = os.path.join(folder, "marketgen")
            told = truth(prefix)
            for venue, at, events in ("itch", 11, "OSQMEC"), ("iex", 1, "OSRMEC"):
                messages, _ = collect(f"{prefix}.{venue}.a.pcap", venue)
                stream = [message for _, message in sorted(messages.items())]
                self.assertEqual("".join(chr(m[at]) for m in stream if m[0] == ord("S")), events)
                self.assertEqual((stream[0][0], stream[-1][0]), (ord("S"), ord("S")))
                self.assertEqual(len(stream), told["streams"][venue]["messages"])

    def test_one_venue(self):
        with tempfile.TemporaryDirectory() as folder:
            prefix = generate(folder, "one", "--venues", "iex", "--messages", "5k", "--instruments", "1", "--duration", "5s")
            self.assertEqual(list(truth(prefix)["streams"]), ["iex"])
            self.assertFalse(os.path.exists(prefix + ".itch.a.pcap"))


class Usage(unittest.TestCase):
    def test_exit_codes(self):
        def run(*options):
            return subprocess.run([MARKETGEN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        helped = run("--help")
        self.assertEqual((helped.returncode, helped.stderr), (0, ""))
        self.assertIn("--corrupt", helped.stdout)
        for wrong in ([], ["--out", "x", "--loss", "2"], ["--out", "x", "--start", "25:00"], ["--out", "x", "more"],
                      ["--out", "x", "--messages", "1x"], ["--out", "x", "--duration", "15h"], ["--nothing"], ["--out"],
                      ["--out", "x", "--instruments", "0"], ["--out", "x", "--vlan", "4095"], ["--out", "x", "--lines", "B"]):
            done = run(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertNotEqual(done.stderr, "")
        with tempfile.TemporaryDirectory() as folder:
            failed = run("--out", os.path.join(folder, "absent", "x"), "--messages", "1k")
            self.assertEqual(failed.returncode, 1)
            self.assertIn("absent", failed.stderr)
        if os.path.exists("/dev/full"):
            with tempfile.TemporaryDirectory() as folder:
                full = run("--out", os.path.join(folder, "x"), "--truth", "/dev/full", "--messages", "30k", "--instruments", "9")
                self.assertEqual(full.returncode, 1)
                self.assertIn("/dev/full", full.stderr)


if __name__ == "__main__":
    MARKETGEN = sys.argv.pop(1)
    unittest.main()
