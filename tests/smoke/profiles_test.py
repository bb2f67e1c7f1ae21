#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every shipped profile is started and stopped, on captures in place of its devices: an end travels through its topology.
Usage: profiles_test.py WIREBAR MARKETGEN"""
import glob
import json
import os
import re
import signal
import subprocess
import unittest

from smoke_kit import SOURCE, Folder, asked, market, programs, socket_of, wait_for

WIREBAR, MARKETGEN = programs(2)
# What names a machine, or takes its memory: the topology stays.
DROP = re.compile(r"^\s*(device|rx_desc|cpu|main_cpu|huge_dir|hugepages|vdev|share_cpu|idle|file_prefix|speed|instruments|orders|levels"
                  r"|prints|groups|membership|address|igmp)\s*=.*$", re.M)
SIZES = "instruments = 1000\norders = 65536\nlevels = 65536\nprints = 65536\n"


def on_captures(text, prefix):
    text = DROP.sub("", text)
    for section, lines in (("eal", f"hugepages = no\nfile_prefix = {prefix}\n"), ("run", "share_cpu = yes\n"), ("bars", SIZES)):
        head = re.search(rf"^\[{section}\]\s*\n", text, re.M)
        text = text[:head.end()] + lines + text[head.end():] if head else f"{text}\n[{section}]\n{lines}"
    return re.sub(r"^(\[lcore \w+\])\s*\n", r"\1\nidle = sleep\n", text, flags=re.M)


class Profiles(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "20", "--messages", "20k", "--start",
                              "09:29:55", "--duration", "5m", "--lines", "AB")

    def start(self, profile, *args):
        name = os.path.basename(profile)[:-5]
        conf = os.path.join(self.dir, name + ".conf")
        with open(profile, encoding="utf-8") as f, open(conf, "w", encoding="utf-8") as to:
            to.write(on_captures(f.read(), "profile_" + name))
        socket_path = socket_of(self.env, "profile_" + name)
        self.summary = os.path.join(self.dir, name + ".json")
        child = subprocess.Popen([WIREBAR, "replay", *self.captures, "--conf", conf, "--quiet", "--summary", self.summary, *args],
                                 env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return child, socket_path

    def end(self, child):
        try:
            text, _ = child.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            self.fail("it never ends")
        with open(self.summary, encoding="utf-8") as f:
            return text, json.load(f)

    def test_each_ends_with_its_captures(self):
        for profile in sorted(glob.glob(os.path.join(SOURCE, "conf/*.conf"))):
            with self.subTest(os.path.basename(profile)):
                child, path = self.start(profile)
                text, summary = self.end(child)
                self.assertEqual((child.returncode, os.path.exists(path)), (0, False), text)
                self.assertGreater(summary["bars"], 0)

    def test_each_is_stopped_by_a_signal(self):
        for profile in sorted(glob.glob(os.path.join(SOURCE, "conf/*.conf"))):
            with self.subTest(os.path.basename(profile)):
                with open(profile, encoding="utf-8") as f:
                    ports = re.findall(r"^\[port (\w+)\]", f.read(), re.M)
                child, path = self.start(profile, *(a for p in ports for a in ("--set", f"port.{p}.speed=1x")))
                wait_for(lambda: child.poll() is not None or (asked(path, "/wirebar/health") or {}).get("health"))
                child.send_signal(signal.SIGTERM)
                text, summary = self.end(child)
                self.assertEqual((child.returncode, summary["exit_code"], os.path.exists(path)), (3, 3, False), text)
                self.assertEqual(summary["stopped_by"], "SIGTERM")

    def test_orders_of_demo_do_not_depend_on_the_pace(self):
        """Also those of the last seconds, in which one venue has ended before the others."""
        captures = market(MARKETGEN, self.dir + "/three", "--venues", "itch,iex,pillar", "--seed", "7", "--instruments", "100",
                          "--messages", "100k", "--start", "09:29:45", "--duration", "55s")
        hashes = set()
        for speed in ("max", "40x", "max"):
            summary = os.path.join(self.dir, "pace.json")
            done = subprocess.run([WIREBAR, "replay", *captures, "--conf", os.path.join(SOURCE, "conf/demo.conf"), "--speed", speed, "--quiet",
                                   "--file-prefix", "pace", "--summary", summary, *(a for k in ("orders", "fills", "positions", "equity")
                                                                                 for a in ("--" + k, os.path.join(self.dir, k + ".csv")))],
                                  env=self.env, capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(summary, encoding="utf-8") as f:
                hashes.add(json.load(f)["sha256"])
        self.assertEqual(len(hashes), 1)
        with open(os.path.join(self.dir, "fills.csv"), encoding="utf-8") as f:
            self.assertGreater(len(f.readlines()), 10)


unittest.main(verbosity=2)
