#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The packet journal of the real program: it replays to the same bars, whatever became of the process and of the disk.
Usage: journal_test.py WIREBAR WIREBARCTL MARKETGEN"""
import datetime
import glob
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest
import zoneinfo

from smoke_kit import SECOND, Folder, asked, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
# What a paced run touches first.
ROOM = [word for key in ("instruments=1000", "orders=100000", "levels=100000", "prints=65536") for word in ("--set", "bars." + key)]
ORDERS = """include = builtin:plain
[link orders]
from = signal0
to = ingest0
depth = 8192
[link stops]
from = telemetry0
to = signal0
[orders]
enabled = yes
table = 4096
fills = 4096
[risk]
qty_max = 1000
notional_max = 1000000
position_max = 2000
short_max = 1000
gross_max = 30000000
net_max = unlimited
open_orders_max = 60
collar_bps = 1000
collar_ticks = unlimited
blind_bps = 1000
quote_age = 60s
duplicate_window = 1s
symbol_rate = 10
entry_rate = 1000
exit_rate = 1000
cancel_rate = 1000
rejects_max = 1000
denials_max = unlimited
loss_day = unlimited
[stop all]
mode = bps
offset = 5
[gate flow_long]
side = long
group = any
shares = 100
price = through
tif = ioc
pause = 2s
rule = 1s directional_pressure > 0.3
[gate sweep_long]
side = long
shares = 200
price = mid
rule = sweep buy levels >= 2
"""
LIVE = """include = builtin:plain
[port replay]
files = {captures}
speed = 20x
[bars]
grace = 60s
silence = 60s
[run]
clock_anchor = first_packet
full_link = count
[link bars_export]
depth = 1024
[link bars_signal]
depth = 1024
"""


class Journal(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch,iex", "--instruments", "300", "--messages", "60k",
                              "--lines", "AB", "--loss", "0.01", "--start", "09:29:59", "--duration", "10s")

    def setUp(self):
        self.fresh()
        self.journal = os.path.join(self.dir, "journal")
        self.socket = socket_of(self.env, "wirebar")

    def keep(self, *more):
        return [WIREBAR, "replay", *self.captures, "--quiet", "--set", "capture.enabled=yes", "--set", f"capture.dir={self.journal}",
                *more]

    def said(self, name):
        return json.loads(pathlib.Path(self.path(name)).read_text(encoding="ascii"))

    def replay(self, *captures):
        """The bars and the summary of a replay."""
        done = subprocess.run([WIREBAR, "replay", *captures, "--quiet", "--bars", self.path("again.csv"), "--summary", self.path("again")],
                              env=self.env, capture_output=True, text=True, check=False, timeout=60)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return self.read(self.path("again.csv")), self.said("again")

    def running(self, child):
        wait_for(lambda: child.poll() is not None or (asked(self.socket, "/wirebar/ledger") or {}).get("journal_frames"))
        self.assertIsNone(child.poll(), self.read(self.path("stderr")).decode() if os.path.exists(self.path("stderr")) else "it ended by itself")

    def test_replays_to_the_same_bars(self):
        """Paced, on files of a megabyte; then flat out: from the folder, and from its files by name."""
        done = subprocess.run(self.keep("--speed", "20x", "--set", "capture.size=1M", "--bars", self.path("b.csv"), "--summary",
                                        self.path("s")), env=self.env, capture_output=True, text=True, check=False, timeout=60)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        bars, said = self.read(self.path("b.csv")), self.said("s")
        files = sorted(glob.glob(self.journal + "/*"))
        self.assertGreater(len(files), 2)
        self.assertEqual(said["ledger"]["journal_frames"], said["ledger"]["frames_rx"])
        for captures in ([self.journal], files):
            again, ledger = self.replay(*captures)[0], self.said("again")["ledger"]
            self.assertEqual(again, bars)
            differ = {k: v for k, v in ledger.items() if v != said["ledger"][k] and k != "lag_clamped"} # which is about our clock
            self.assertEqual(differ, {"journal_frames": 0})
        if shutil.which("capinfos"):
            shown = subprocess.run(["capinfos", "-c", "-M", "-T", "-r", *files], capture_output=True, text=True, check=True).stdout
            self.assertEqual(sum(int(line.split("\t")[1]) for line in shown.splitlines()), said["ledger"]["frames_rx"])

    def test_a_killed_process(self):
        """What was written is there; a torn block at the end is cut, counted, said, and the next run's files follow it."""
        child = subprocess.Popen(self.keep("--speed", "1x"), env=self.env, stderr=subprocess.DEVNULL)
        self.running(child)
        wait_for(lambda: sum(os.path.getsize(f) for f in glob.glob(self.journal + "/*")) > 200000)
        child.send_signal(signal.SIGKILL)
        child.wait()
        last, = glob.glob(self.journal + "/*")
        os.truncate(last, os.path.getsize(last) // 2 * 2 - 3)
        before, said = self.replay(self.journal)
        self.assertGreater(said["ledger"]["frames_rx"], 0)
        self.assertGreater(said["ledger"]["port_cut_tail_bytes"], 0)
        self.assertEqual(said["exit_code"], 3)
        # The whole day after it in the same folder: nothing of it is lost, and what is there twice is known already.
        subprocess.run(self.keep("--bars", self.path("b.csv")), env=self.env, stderr=subprocess.DEVNULL, check=False, timeout=60)
        after, said = self.replay(self.journal)
        self.assertEqual(len(glob.glob(self.journal + "/*")), 2)
        self.assertEqual(after.count(b"\n"), self.read(self.path("b.csv")).count(b"\n"))
        self.assertGreater(len(after), len(before))

    def undisturbed(self, *more):
        """The bars and the summary of a replay of the captures."""
        subprocess.run([WIREBAR, "replay", *self.captures, "--quiet", "--set", "run.state_hash=yes", "--bars", self.path("b.csv"),
                        "--summary", self.path("b"), *more], env=self.env, stderr=subprocess.DEVNULL, check=False, timeout=180)
        return self.read(self.path("b.csv")), self.said("b")

    def killed(self, part, *more):
        """A paced run that is killed when so much of the captures is in its journal."""
        shutil.rmtree(self.journal, ignore_errors=True)
        size = part * sum(os.path.getsize(f) for f in self.captures)
        with open(self.path("stderr"), "wb") as said:
            child = subprocess.Popen(self.keep("--speed", "5x", *more), env=self.env, stderr=said)
        self.running(child)
        wait_for(lambda: child.poll() is not None or sum(os.path.getsize(f) for f in glob.glob(self.journal + "/*")) > size)
        self.assertIsNone(child.poll(), "it ended by itself")
        child.send_signal(signal.SIGKILL)
        child.wait()

    def restarted(self, *more):
        """The summary of a start with the journal, and after what time, in s, all that it held was there again."""
        began = time.monotonic()
        child = subprocess.Popen(self.keep("--speed", "100x", "--set", "capture.restart=yes", "--set", "run.state_hash=yes", "--bars",
                                           self.path("r.csv"), "--summary", self.path("s"), *more), env=self.env,
                                 stderr=subprocess.DEVNULL)
        while child.poll() is None and not (asked(self.socket, "/wirebar/ledger") or {}).get("restart_frames"):
            time.sleep(0.002)
        took = time.monotonic() - began
        child.wait(timeout=180)
        return self.said("s"), took

    def test_restart(self):
        """Killed at some frame, and started again: the journal first, then what comes. What it knows when it has its journal
        is what an undisturbed run knows after as many frames, and so is what it knows at the end; so are all bars. WIREBAR_KILLS:
        how often (3); WIREBAR_HUGEPAGES: with them."""
        kills, huge = int(os.environ.get("WIREBAR_KILLS", "3")), os.environ.get("WIREBAR_HUGEPAGES")
        options = ROOM + (["--set", "eal.hugepages=yes"] if huge else [])
        pages = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
        free, took = pages.read_text(encoding="ascii") if huge else "", []
        bars, whole = self.undisturbed(*options)
        for nth in range(kills):
            self.killed(0.1 + 0.6 * random.random(), *options)
            again, after = self.restarted(*options)
            took.append(after)
            said = again["ledger"]
            self.assertGreater(said["restart_frames"], 100)
            self.assertEqual(said["restart_dropped"], 0)
            self.assertEqual(said["journal_frames"] + said["restart_frames"], said["frames_rx"])
            self.assertEqual(self.read(self.path("r.csv")), bars)
            self.assertEqual(again["state_hash"], whole["state_hash"])
            part = self.undisturbed("--set", f"run.stop_frames={said['restart_frames']}", *options)[1]
            self.assertEqual(part["frames"], said["restart_frames"])
            state, = [lcore["state_hash"] for lcore in part["lcores"] if lcore["stage"] == "ingest"]
            self.assertEqual([lcore["restart_hash"] for lcore in again["lcores"] if lcore["stage"] == "ingest"], [state])
            self.assertNotEqual(state, again["state_hash"])
            if huge:
                self.assertEqual(pages.read_text(encoding="ascii"), free, "hugepages that the dead left")
        # And both runs' journal, in one folder, is again the same.
        self.assertEqual(self.replay(self.journal)[0], bars)
        if kills > 3:
            took.sort()
            print(f"{kills} kills: p50 {took[kills // 2]:.2f} s, at most {took[-1]:.2f} s", file=sys.stderr)

    def again(self, kills, *options, streams=("bars",)):
        """Killed and started again, with options: every stream is as of a run that nobody disturbed, and so is the state."""
        files = lambda name: [x for s in streams if s != "bars" for x in ("--" + s, self.path(name + s))]
        bars, whole = self.undisturbed(*options, *files("want-"))
        for _ in range(kills):
            self.killed(0.1 + 0.6 * random.random(), *options)
            again = self.restarted(*options, *files("got-"))[0]
            self.assertGreater(again["ledger"]["restart_frames"], 100)
            self.assertEqual(again["ledger"]["restart_dropped"], 0)
            self.assertEqual(self.read(self.path("r.csv")), bars)
            for s in streams:
                self.assertEqual(again["outputs"][s]["rows"], whole["outputs"][s]["rows"])
                if s != "bars":
                    self.assertEqual(self.read(self.path("got-" + s)), self.read(self.path("want-" + s)), s)
            self.assertEqual(again["state_hash"], whole["state_hash"])
        return whole

    def test_a_journal_of_more_than_the_captures(self):
        """Room is made for what the journal may bring, not for what the captures of the start hold."""
        done = subprocess.run(self.keep(), env=self.env, capture_output=True, text=True, check=False, timeout=60)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        small = self.path("small.pcap")
        pathlib.Path(small).write_bytes(pathlib.Path(self.captures[0]).read_bytes()[:24])  # its header
        subprocess.run([WIREBAR, "replay", small, *self.keep("--set", "capture.restart=yes", "--summary", self.path("s"))[2 + len(self.captures):]],
                       env=self.env, stderr=subprocess.DEVNULL, check=False, timeout=60)
        ledger = self.said("s")["ledger"]
        self.assertGreater(ledger["restart_frames"], 1000)
        self.assertEqual((ledger["orders_no_room"], ledger["breaks_forgotten"]), (0, 0))

    def test_restart_of_several_lcores(self):
        """Each has a journal of its own, and ends at a frame of its own: they go on in step."""
        self.again(2, "--ingest-lcores", "2", *ROOM)

    def test_restart_with_orders(self):
        """Of a replay: orders, fills and positions are made anew, with one ingest lcore and with two."""
        conf = self.path("orders.conf", ORDERS)
        for lcores in "1", "2":
            whole = self.again(1, "--conf", conf, "--ingest-lcores", lcores, *ROOM, streams=("bars", "orders", "fills", "positions"))
            self.assertGreater(whole["outputs"]["fills"]["rows"], 0)

    def live(self, conf):
        return subprocess.Popen([WIREBAR, "run", "--conf", conf, "--quiet", "--bars", self.path("r.csv"), "--summary", self.path("s"), *ROOM,
                                 "--set", "capture.enabled=yes", "--set", "capture.restart=yes", "--set", f"capture.dir={self.journal}",
                                 "--file-prefix", "wirebar"], env=self.env, stderr=subprocess.DEVNULL)

    def test_restart_live(self):
        """Of today. What the journal brings flat out, full links wait for; and the clock is where it was, at the first packet."""
        day = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York")).strftime("%Y-%m-%d")
        today = market(MARKETGEN, self.path("today"), "--venues", "itch,iex", "--instruments", "60", "--messages", "60k", "--date", day,
                       "--start", "09:29:50", "--duration", "50s")
        subprocess.run([WIREBAR, "replay", *today, "--quiet", "--bars", self.path("b.csv")], env=self.env, stderr=subprocess.DEVNULL,
                       check=False, timeout=180)
        most = 0.93 * sum(os.path.getsize(f) for f in today)
        one = self.path("one.conf", LIVE.format(captures=",".join(today)))
        two = self.path("two.conf", LIVE.format(captures=today[0]) + SECOND.format(captures=today[1]))
        for conf in one, two:
            shutil.rmtree(self.journal, ignore_errors=True)
            child = self.live(conf)
            wait_for(lambda: child.poll() is not None or sum(os.path.getsize(f) for f in glob.glob(self.journal + "/*")) > most)
            self.assertIsNone(child.poll(), "it ended by itself")
            child.send_signal(signal.SIGKILL)
            child.wait()
            self.live(conf).wait(timeout=120)
            said = self.said("s")
            self.assertGreater(said["ledger"]["restart_frames"], 1000)
            self.assertEqual([r for r in said["reasons"] if r["name"] != "port_cut_tail_bytes"], [])
            self.assertEqual(said["ledger"]["bars_by_timer"], 0)
            self.assertLess(said["lag"]["feed_lag"]["p50_ns"], 600e9)
            self.assertEqual(self.read(self.path("r.csv")), self.read(self.path("b.csv")))

    def test_on_and_off(self):
        child = subprocess.Popen(self.keep("--speed", "1x"), env=self.env, stderr=subprocess.DEVNULL)
        self.running(child)
        ctl = [CTL, "--file-prefix", "wirebar"]
        off = subprocess.run([*ctl, "capture", "off"], env=self.env, capture_output=True, text=True, check=False)
        self.assertIn("capture: off; ", off.stdout)
        first, = glob.glob(self.journal + "/*")
        wait_for(lambda: b"wirebar" in self.read(first) and asked(self.socket, "/wirebar/ledger") is not None)
        kept = asked(self.socket, "/wirebar/ledger")
        wait_for(lambda: asked(self.socket, "/wirebar/ledger")["frames_rx"] > kept["frames_rx"])
        self.assertEqual(asked(self.socket, "/wirebar/ledger")["journal_frames"], kept["journal_frames"])
        subprocess.run([*ctl, "set", "capture.enabled", "yes"], env=self.env, check=True, stdout=subprocess.DEVNULL)
        wait_for(lambda: len(glob.glob(self.journal + "/*")) == 2)
        wrong = subprocess.run([*ctl, "capture", "maybe"], env=self.env, capture_output=True, text=True, check=False)
        self.assertIn('found "maybe", allowed: capture', wrong.stderr + wrong.stdout)
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
        said = self.replay(self.journal)[1]["ledger"]
        self.assertEqual(said["port_cut_tail_bytes"], 0)
        self.assertGreater(said["frames_rx"], kept["journal_frames"])

    def test_a_full_disk(self):
        """No file may be longer than 300 KB: bars do not notice, health does, and what is lost is counted on both sides."""
        child = subprocess.Popen(self.keep("--speed", "1x", "--set", "capture.ring=1M", "--summary", self.path("s"), "--set",
                                           "telemetry.lag_warn=3600s", "--set", "telemetry.lag_fail=3600s"), env=self.env,
                                 stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.running(child)
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (300001, 300001))
        wait_for(lambda: child.poll() is not None or (asked(self.socket, "/wirebar/health") or {}).get("why", "").startswith("packet journal"))
        self.assertIsNone(child.poll(), "it ended by itself")
        self.assertEqual(asked(self.socket, "/wirebar/health")["health"], "degraded")
        self.assertIn("File too large", asked(self.socket, "/wirebar/health")["why"])
        wait_for(lambda: asked(self.socket, "/wirebar/ledger")["journal_dropped"])
        child.send_signal(signal.SIGTERM)
        wait_for(lambda: child.poll() is not None)
        said = self.said("s")["ledger"]
        self.assertEqual(child.returncode, 3)
        self.assertEqual(said["journal_frames"] + said["journal_dropped"], said["frames_rx"])
        self.assertGreater(said["journal_unwritten"], 0)
        again = self.replay(self.journal)[1]["ledger"]
        self.assertEqual(again["port_cut_tail_bytes"], 0)
        self.assertEqual(again["frames_rx"], said["journal_frames"] - said["journal_unwritten"])

    def test_refused(self):
        os.mkdir(self.journal)
        done = subprocess.run([WIREBAR, "replay", self.journal], env=self.env, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, "found no file of a packet journal" in done.stderr), (2, True))
        pathlib.Path(self.dir, "plain").write_text("x", encoding="ascii")
        self.journal = os.path.join(self.dir, "plain", "folder")
        done = subprocess.run(self.keep(), env=self.env, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, "[capture] dir: " in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
