#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Exit code and reasons of whole replays of small captures made by hand: complete only when every frame was understood,
and either applied or known not to matter. Usage: verdict_test.py WIREBAR WIREBARCTL"""
import bz2
import gzip
import json
import lzma
import os
import pathlib
import re
import signal
import struct
import subprocess
import unittest

from frames import START_S, ether, ip, itch, opening, pcap, tod, udp
from smoke_kit import Folder, ask, asked, programs, socket_of, wait_for

WIREBAR, CTL = programs(2)
DATA = udp(itch(*opening()))


class Verdict(Folder):
    def setUp(self):
        self.fresh()

    def command(self, content, *options, name="capture"):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(content)
        return [WIREBAR, "replay", path, "--quiet", "--file-prefix", f"verdict{os.getpid()}",
                "--summary", os.path.join(self.dir, "summary"), *options]

    def replay(self, content, *options, name="capture"):
        """Returns the exit code, the ledger, and the names of the reasons."""
        done = subprocess.run(self.command(content, *options, name=name), capture_output=True, text=True, check=False,
                              env=self.env, timeout=60)
        self.said = done.stdout + done.stderr
        if not os.path.exists(os.path.join(self.dir, "summary")):
            return done.returncode, {}, []
        self.summary = json.loads(pathlib.Path(self.dir, "summary").read_text(encoding="ascii"))
        os.unlink(os.path.join(self.dir, "summary"))
        self.assertEqual(self.summary["exit_code"], done.returncode)
        return done.returncode, self.summary["ledger"], [r["name"] for r in self.summary["reasons"]]

    def start(self, content, *options):
        """Starts a replay and returns it when its progress line shows the first frames."""
        command = [word for word in self.command(content, *options) if word != "--quiet"]
        child = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(child.stdout.close)
        for line in child.stdout:
            if re.search(r"[1-9]\d* frames", line):
                return child
        self.fail(f"ended before its first frame: {child.wait()}")

    def test_feed_alone_is_complete(self):
        code, ledger, reasons = self.replay(pcap([ether(0x0800, DATA)]))
        self.assertEqual((code, ledger["messages_rx"], ledger["prints"], reasons), (0, 3, 1, []), self.said)
        self.assertEqual(sum(l["messages"] for l in self.summary["lcores"]), 3)

    def test_an_order_that_never_was(self):
        """In a stream that is whole from its first message, a delete of an unknown order says that something is wrong."""
        head = struct.pack(">HH", 1, 0) + tod(0, 9)
        gone = b"D" + head + struct.pack(">Q", 4711)
        code, ledger, reasons = self.replay(pcap([ether(0x0800, udp(itch(*opening(), gone)))]))
        self.assertEqual((code, ledger["unknown_orders"], reasons), (3, 1, ["books_contradicted"]), self.said)
        code, ledger, reasons = self.replay(pcap([ether(0x0800, udp(itch(*opening(), gone, seq=500)))]))  # joined in its middle
        self.assertEqual((code, ledger["unknown_orders"], reasons), (0, 1, []), self.said)

    def test_report_names_sums_of_what_came_only(self):
        command = [word for word in self.command(pcap([ether(0x0800, DATA)])) if word != "--quiet"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=self.env, timeout=60).stdout
        self.assertRegex(said, r"(?m)^  holds    prints = sum of its ends: 1 = 1$")
        self.assertNotRegex(said, r": 0 = 0$")
        summary = json.loads(pathlib.Path(self.dir, "summary").read_text(encoding="ascii"))
        self.assertIn("redis_handed = sum of its ends", [i["identity"] for i in summary["identities"]])

    def test_known_bystanders_are_facts(self):
        v6 = struct.pack(">IHBB", 0x60000000, 24, 58, 255) + bytes(32) + bytes(24)
        beside = [ether(0x0806, bytes(46)), ether(0x88CC, bytes(46)), ether(0x88F7, bytes(46)), ether(0x9000, bytes(46)),
                  ether(0x8808, bytes(46)), ether(0x8809, bytes(46)), ether(0x888E, bytes(46)), ether(38, b"\x42\x42\x03" + bytes(43)),
                  ether(100, b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + bytes(92)), ether(0x86DD, v6), ether(0x0800, ip(1, bytes(20))),
                  ether(0x0800, ip(6, bytes(20))), ether(0x8100, struct.pack(">HH", 5, 0x0806) + bytes(46))]
        code, ledger, _ = self.replay(pcap([ether(0x0800, DATA), *beside, ether(0x0800, ip(2, bytes(8)))]))
        self.assertEqual((code, ledger["frames_bystander"], ledger["frames_igmp"]), (0, len(beside), 1), self.said)
        for port in (53, 67, 68, 123, 319, 320, 5353):
            code, ledger, _ = self.replay(pcap([ether(0x0800, DATA), ether(0x0800, udp(bytes(40), port))]))
            self.assertEqual((code, ledger["frames_bystander_udp"]), (0, 1), port)

    def test_what_is_not_understood_is_loss(self):
        v6 = struct.pack(">IHBB", 0x60000000, 48, 17, 1) + bytes(32) + struct.pack(">HHHH", 1, 26477, 48, 0) + bytes(40)
        for frame, row in ((ether(0x1234, bytes(46)), "frames_not_ipv4"), (ether(0x0800, ip(132, bytes(20))), "frames_not_udp"),
                           (ether(0x0800, udp(bytes(40))), "frames_bad_transport"), (ether(0x86DD, v6), "frames_ipv6"),
                           (ether(0x0800, udp(bytes(40), 4000, bytes([239, 1, 1, 1]))), "frames_unknown_feed")):
            code, ledger, reasons = self.replay(pcap([ether(0x0800, DATA), frame]))
            self.assertEqual((code, ledger[row], reasons), (3, 1, [row]), self.said)
            self.assertIn(row, self.said)

    def test_outside_the_groups_is_a_fact(self):
        other = ether(0x0800, udp(bytes(40), 4000, bytes([239, 1, 1, 1])))
        conf = os.path.join(self.dir, "conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("[port p]\ngroups = 233.54.12.111\n[lcore ingest0]\nstage = ingest\nqueues = p:0\n[run]\nshare_cpu = yes\n"
                    "[eal]\nhugepages = no\n")
        code, ledger, _ = self.replay(pcap([ether(0x0800, DATA), other]), "--conf", conf)
        self.assertEqual((code, ledger.get("frames_bystander_udp")), (0, 1), self.said)

    def test_no_frame_of_a_feed(self):
        code, _, reasons = self.replay(pcap([ether(0x0806, bytes(46))] * 3))
        self.assertEqual((code, reasons), (3, ["nothing_understood"]), self.said)
        self.assertIn("no frame of a known feed among 3", self.said)
        code, _, reasons = self.replay(pcap([]))
        self.assertEqual((code, reasons), (3, ["nothing_understood"]), self.said)
        self.assertIn("no frame at all", self.said)
        self.assertEqual(self.replay(b"not a capture at all")[0], 1)

    def test_headers_in_front_are_peeled(self):
        arista = struct.pack(">HHHIIH", 0xD28B, 1, 0x0110, START_S, 7, 0x0800)
        vxlan = udp(b"\x08\0\0\0\0\0\x09\0" + ether(0x0800, DATA), 4789)
        for frame in (ether(0x8926, b"\0\1\0\2\x08\0" + DATA), ether(0x8847, b"\0\1\1\x40" + DATA), ether(0x0800, vxlan),
                      ether(0x0800, ip(47, b"\0\0\x88\xbe" + ether(0x0800, DATA))),
                      ether(0x8100, struct.pack(">HHHHHHH", 1, 0x8100, 2, 0x88A8, 3, 0x8100, 4) + b"\x08\0" + DATA),
                      ether(0xD28B, arista[2:] + DATA)):
            code, ledger, _ = self.replay(pcap([frame]))
            self.assertEqual((code, ledger["messages_rx"], ledger["prints"]), (0, 3, 1), self.said)

    def test_links_without_ethernet(self):
        sll = bytes(14) + b"\x08\0"
        sll2 = b"\x08\0" + bytes(18)
        for link, front in ((113, sll), (276, sll2), (101, b""), (12, b""), (228, b""), (0, struct.pack("<I", 2))):
            code, ledger, _ = self.replay(pcap([front + DATA], link))
            self.assertEqual((code, ledger.get("messages_rx"), ledger.get("prints")), (0, 3, 1), self.said)
        self.assertEqual(self.replay(pcap([DATA], 105))[0], 1)

    def test_interrupted_says_what_was_not_played(self):
        frames = [(second, ether(0x0800, udp(itch(*opening(second), seq=1 + 3 * second)))) for second in range(200)]
        child = self.start(pcap(frames), "--speed", "1x")
        child.send_signal(signal.SIGTERM)
        said = child.communicate(timeout=60)[0]
        self.assertEqual(child.returncode, 3, said)
        self.assertIn("port_unplayed_bytes", said)
        summary = json.loads(pathlib.Path(self.dir, "summary").read_text(encoding="ascii"))
        self.assertGreater(summary["ledger"]["port_unplayed_bytes"], 150 * len(frames[0][1]))

    def lossy(self):
        """Packets with every kind of end of a message, then 100 s of nothing, then one more."""
        first, again, trade = opening(), itch(*opening(1), seq=4), opening(1)[2]
        order = b"A" + trade[1:19] + b"?" + trade[20:36]  # its side is none
        executed = b"E" + struct.pack(">HH", 999, 0) + trade[5:11] + bytes(20)  # nobody introduced that locate
        bodies = [itch(*first), again, again, itch(trade, seq=20), itch(b"?" + trade[1:], trade[:20], b"", order, executed, seq=21),
                  itch(trade, trade, seq=26)[:-60], b"STRANGER 1" + itch(trade, trade, seq=900)[10:], itch(trade, seq=31)]
        frames = [(n // 8, ether(0x0800, udp(body))) for n, body in enumerate(bodies)]
        calm = [(second, ether(0x0800, udp(itch(seq=32)))) for second in (2, 3)]  # heartbeats: holes' time is up
        return pcap(frames + [(1, ether(0x1234, bytes(46)))] + calm + [(100, ether(0x0800, udp(itch(opening(100)[2], seq=32))))])

    def ctl(self, *args):
        done = ask(CTL, self.env, f"verdict{os.getpid()}", "--json", *args)
        return json.loads(done.stdout)

    def test_messages_are_counted_once_everywhere(self):
        child = self.start(self.lossy(), "--speed", "1x")
        path = socket_of(self.env, f"verdict{os.getpid()}")
        wait_for(lambda: (asked(path, "/wirebar/ledger") or {}).get("frames_rx") == 11 or child.poll() is not None)
        line = next(line for line in child.stdout if re.search(r" 11 frames", line))  # a later line of progress
        ledger, health, top = self.ctl("ledger"), self.ctl("health"), self.ctl("top")
        lcores = [l for l in self.ctl("lcores").values() if l["stage"] == "ingest"]
        channels = [c for k, c in self.ctl("lines").items() if k.isdigit()]
        child.send_signal(signal.SIGTERM)
        text = child.communicate(timeout=60)[0]
        said = json.loads(pathlib.Path(self.dir, "summary").read_text(encoding="ascii"))
        ends = sum(n for k, n in said["ledger"].items() if k.startswith("messages_") and k not in ("messages_rx", "messages_long"))
        counts = {"health": health["messages"], "lcores": sum(l["messages"] for l in lcores), "top": top["health"]["messages"],
                  "progress": int(re.search(r"(\d+) messages", line)[1]), "ledger": ledger["messages_rx"], "summary": said["messages"],
                  "summary's ledger": said["ledger"]["messages_rx"], "ends": ends, "text": int(re.search(r"(\d+) messages,", text)[1]),
                  "summary's lcores": sum(l["messages"] for l in said["lcores"])}
        self.assertEqual(set(counts.values()), {ledger["messages_rx"]}, counts)
        known = sum(c["messages"] + c["duplicates"] for c in channels)  # strangers are of no channel
        self.assertEqual(known + ledger["messages_stranger"], ledger["messages_rx"])
        frames = {health["frames"], sum(l["frames"] for l in lcores), top["health"]["frames"], ledger["frames_rx"], said["frames"]}
        self.assertEqual(frames, {11})
        lost = {health["gap_messages"], top["health"]["gap_messages"], ledger["gap_messages"], said["gap_messages"],
                sum(c["gap_messages"] for c in channels)}
        self.assertEqual(lost, {ledger["gap_messages"]})
        for kind in ("applied", "admin", "duplicate", "unknown_type", "short", "bad_value", "empty", "cut", "no_symbol"):
            self.assertGreater(ledger["messages_" + kind], 0, kind)

    def test_a_capture_that_shrinks_while_it_is_played(self):
        frames = [(second, ether(0x0800, udp(itch(*opening(second), seq=1 + 3 * second)))) for second in range(300)]
        content = pcap(frames)
        for keep in (len(content) // 2, 4096, 0):
            child = self.start(content, "--speed", "60x")
            os.truncate(os.path.join(self.dir, "capture"), keep)
            said = child.communicate(timeout=60)[0]
            self.assertEqual(child.returncode, 3, said)
            self.assertIn("port_cut_tail_bytes", said)
            ledger = json.loads(pathlib.Path(self.dir, "summary").read_text(encoding="ascii"))["ledger"]
            self.assertGreaterEqual(ledger["port_cut_tail_bytes"], len(content) - max(keep, len(content) * 9 // 10))
            self.assertEqual((ledger["messages_unknown_type"], ledger["frames_unknown_feed"]), (0, 0))

    def test_compressed_captures(self):
        content = pcap([ether(0x0800, DATA)])
        for pack in (gzip.compress, bz2.compress, lzma.compress):
            code, ledger, _ = self.replay(pack(content))
            self.assertEqual((code, ledger.get("messages_rx")), (0, 3), self.said)
            code, ledger, reasons = self.replay(pack(content)[:-3])
            self.assertEqual((code, reasons), (3, ["port_cut_tail_bytes"]), self.said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
