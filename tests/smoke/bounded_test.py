#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What whole replays of small captures take: memory that is used, and nothing that a capture says makes more of it, or more
rows, or more time. Usage: bounded_test.py WIREBAR MARKETGEN"""
import json
import os
import pathlib
import random
import resource
import struct
import subprocess
import unittest

from frames import ether, itch, opening, pcap, udp
from smoke_kit import Folder, market, programs

WIREBAR, MARKETGEN = programs(2)
MIB = 1 << 20
SANITIZED = "ASAN_OPTIONS" in os.environ  # shadow memory, and what is freed is kept
RESIDENT = (640 if SANITIZED else 256) * MIB
ROWS = 8  # at most, of a message: six spans of the second that it is in
SENT = {"itch": (), "iex": range(42 + 32, 42 + 40), "pillar": range(42 + 8, 42 + 12)}  # where frames say when they were sent


def limited():
    """In the program, before it begins: what it maps, libraries and stacks included; sanitized ones map terabytes."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (2048 * MIB, 2048 * MIB))


def records(capture):
    """The header of a pcap file, and its records as (seconds, fraction, frame)."""
    content = pathlib.Path(capture).read_bytes()
    at, found = 24, []
    while at < len(content):
        seconds, fraction, n, _ = struct.unpack_from("<IIII", content, at)
        found.append((seconds, fraction, content[at + 16:at + 16 + n]))
        at += 16 + n
    return content[:24], found


class Bounded(Folder):
    def replay(self, *captures, options=()):
        """The summary of a replay, which ends within a minute."""
        summary = self.path("summary")
        done = subprocess.run([WIREBAR, "replay", *captures, "--quiet", "--file-prefix", f"bounded{os.getpid()}", "--summary", summary,
                               *options], check=False, capture_output=True, text=True, env=self.env, timeout=60, preexec_fn=limited)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return json.loads(pathlib.Path(summary).read_text(encoding="ascii"))

    def held(self, name, captures):
        said = self.replay(*captures)
        self.assertGreater(said["messages"], 0, name)
        self.assertLess(said["bars_sealed"], ROWS * said["messages"], name)
        self.assertLess(said["peak_rss_bytes"], 256 * MIB, name)

    def test_a_small_capture_touches_little(self):
        capture = market(MARKETGEN, self.path("small"), "--messages", "50k", "--venues", "itch")
        self.assertLess(self.replay(*capture)["peak_rss_bytes"], RESIDENT)

    def test_times_that_jump_make_few_rows(self):
        """Event times, receive times or both jump anywhere; each packet has a print."""
        n, dice = 100, random.Random(12)
        for name in ("events", "receipts", "both"):
            frames = []
            for i in range(n):
                event = dice.randrange(1 << 48) if name != "receipts" else (34200 + i) * 10 ** 9
                trade = b"P" + struct.pack(">HH", 1, 0) + struct.pack(">Q", event)[2:] + opening()[2][11:]
                messages = opening() if not i else [trade]
                second = i if name == "events" else dice.randrange(-(1 << 30), 1 << 31)
                frames.append((second, ether(0x0800, udp(itch(*messages, seq=1 if not i else 3 + i)))))
            pathlib.Path(self.path(name)).write_bytes(pcap(frames))
            self.held(name, [self.path(name)])

    def test_damaged_markets_make_few_rows(self):
        """Three venues, a few hundred packets: receive times, send times and some bytes of each packet anything."""
        captures = market(MARKETGEN, self.path("m"), "--messages", "600", "--venues", "itch,iex,pillar", "--instruments", "20")
        dice = random.Random(13)
        for name in ("receipts", "sent", "bytes", "all"):
            damaged = []
            for capture in captures:
                head, found = records(capture)
                sent = SENT[capture.split(".")[-3]]
                damaged.append(f"{capture}.{name}")
                with open(damaged[-1], "wb") as out:
                    out.write(head)
                    for seconds, fraction, frame in found:
                        frame = bytearray(frame)
                        if name in ("receipts", "all"):
                            seconds = dice.randrange(1 << 32)
                        anywhere = [dice.randrange(42, len(frame)) for _ in range(3)] if name in ("bytes", "all") else []
                        for at in anywhere + (list(sent) if name in ("sent", "all") else []):
                            frame[at] = dice.randrange(256)
                        out.write(struct.pack("<IIII", seconds, fraction, len(frame), len(frame)) + frame)
            self.held(name, damaged)


if __name__ == "__main__":
    unittest.main(verbosity=1)
