#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots of the state, made from the packet journal beside a run: a start goes on from the newest that is whole, and knows
what an undisturbed run knows. Usage: snapshot_test.py WIREBAR MARKETGEN"""
import datetime
import glob
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest
import zoneinfo

from smoke_kit import Folder, asked, market, programs, socket_of, wait_for

WIREBAR, MARKETGEN = programs(2)
ROOM = [word for key in ("instruments=1000", "orders=100000", "levels=100000", "prints=65536", "watch_max=8", "history=240")
        for word in ("--set", "bars." + key)]
SPANS = ["1s", "5s", "15s", "30s", "1m", "5m"]
LIVE = """include = builtin:bench
[port replay]
files = {captures}
speed = 20x
[bars]
grace = 60s
silence = 60s
[run]
clock_anchor = first_packet
state_hash = yes
[capture]
enabled = yes
restart = yes
dir = {journal}
"""
SERVER = """include = builtin:bench
[server one]
protocol = {protocol}
feed = {feed}
addresses = 127.0.0.1:9
"""
HEADER = 88
MADE = slice(40, 48)  # when, in the header; the last four bytes of it are its check sum


class Snapshot(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/day", "--venues", "itch,iex,pillar", "--instruments", "200", "--messages", "80k",
                              "--lines", "AB", "--loss", "0.01", "--start", "09:29:40", "--duration", "30s")
        cls.size = sum(os.path.getsize(f) for f in cls.captures)
        cls.whole = cls.summary_of(cls.dir + "/whole")

    def setUp(self):
        self.fresh()
        self.journal = self.path("journal")
        self.socket = socket_of(self.env, "wirebar")

    @classmethod
    def summary_of(cls, path, *more, captures=None):
        """Of a replay of the captures that nobody disturbs."""
        subprocess.run([WIREBAR, "replay", *(captures or cls.captures), "--quiet", *ROOM, "--set", "run.state_hash=yes", "--summary", path, *more],
                       env=cls.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=120)
        return json.loads(pathlib.Path(path).read_text(encoding="ascii"))

    def kept(self, *more):
        return [WIREBAR, "replay", *self.captures, "--quiet", *ROOM, "--set", "capture.enabled=yes", "--set", "run.state_hash=yes",
                "--set", f"capture.dir={self.journal}", *more]

    def journal_bytes(self):
        return sum(os.path.getsize(f) for f in glob.glob(self.journal + "/journal-*"))

    def killed(self, part, *more, command=None):
        """A paced run, killed when so much more of the captures is in the journal."""
        size = self.journal_bytes() + part * self.size
        with subprocess.Popen(command or self.kept("--speed", "20x", *more), env=self.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            wait_for(lambda: child.poll() is not None or self.journal_bytes() > size)
            self.assertIsNone(child.poll(), "it ended by itself")
            child.kill()

    def job(self, *more, conf="builtin:bench", ended=True):
        return [WIREBAR, "snapshot", "--conf", conf, "--quiet", *(["--ended"] if ended else []), *(ROOM if conf == "builtin:bench" else []), "--set",
                f"capture.dir={self.journal}", *more]

    def snapshot(self, *more, **how):
        done = subprocess.run(self.job(*more, **how), env=self.env, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def file(self, which):
        return pathlib.Path(self.journal, f"snapshot-{which}")

    def restarted(self, *more):
        """The summary of a start with all that there is, and what it said."""
        done = subprocess.run(self.kept("--set", "capture.restart=yes", "--summary", self.path("s"), *more), env=self.env,
                              capture_output=True, text=True, check=False, timeout=120)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return json.loads(pathlib.Path(self.path("s")).read_text(encoding="ascii")), done.stderr

    def expect_alike(self, again):
        """What it knows when it is live is what a replay of the journal knows after as many frames; at the end, what a run does that
        nobody disturbed."""
        ledger = again["ledger"]
        part = self.summary_of(self.path("part"), "--set", f"run.stop_frames={ledger['restart_frames']}", captures=[self.journal])
        hashes = lambda s, which: [lcore[which] for lcore in s["lcores"] if lcore["stage"] == "ingest"]
        self.assertEqual(hashes(again, "restart_hash"), hashes(part, "state_hash"))
        self.assertEqual(again["state_hash"], self.whole["state_hash"])
        # The kill may have cut the journal's last block: those bytes are told, and the feed, which begins anew, brings them.
        self.assertEqual([x["name"] for x in again["reasons"] if x["name"] != "port_cut_tail_bytes"],
                         [x["name"] for x in self.whole["reasons"]])
        counted = ["prints", "bars_sealed", "bars_printed", "messages_applied", "gap_messages", "sweeps", "revisions", "late_prints"]
        self.assertEqual({k: ledger[k] for k in counted}, {k: self.whole["ledger"][k] for k in counted})

    def test_restart(self):
        """Killed, snapshot, started again and killed, snapshot on the snapshot, started again."""
        self.killed(0.15 + 0.2 * random.random())
        self.assertIn("snapshot-0: ", self.snapshot())
        self.killed(0.3 + 0.2 * random.random(), "--set", "capture.restart=yes")
        newest = max(glob.glob(self.journal + "/journal-*"))
        os.truncate(newest, os.path.getsize(newest) - 3)  # as a kill leaves it now and then
        self.assertIn("snapshot-1: ", self.snapshot("--set", "run.layout=split", "--set", "eal.hugepages=yes"))  # lcores know the same
        self.assertIn("nothing has come", self.snapshot())
        again, said = self.restarted()
        self.assertIn("port_cut_tail_bytes", [x["name"] for x in again["reasons"]])
        self.assertNotIn("not begun with", said)
        self.assertGreater(again["ledger"]["restart_snapshot_frames"], 1000)
        self.assertEqual(again["ledger"]["restart_snapshot_frames"], again["ledger"]["restart_frames"])
        self.expect_alike(again)
        # The same with a tail: this run's frames are in the journal now, and in no snapshot.
        again, said = self.restarted()
        self.assertGreater(again["ledger"]["restart_frames"], again["ledger"]["restart_snapshot_frames"])
        self.assertEqual(again["state_hash"], self.whole["state_hash"])

    def test_what_readers_see(self):
        """Rows and histories of watched instruments are there after a start, as with the whole journal."""
        rows = self.path("b.csv")
        self.summary_of(self.path("x"), "--bars", rows, "--columns", "symbol")
        names = sorted(set(pathlib.Path(rows).read_text(encoding="ascii").split()[1:]))[:3]
        watch = ["--set", "bars.watch=" + ",".join(names[:2])]
        self.killed(0.5, *watch)
        self.snapshot(*watch)
        answers, frames = [], []
        for _ in range(2):
            with subprocess.Popen(self.kept("--speed", "1x", "--set", "capture.restart=yes", *watch), env=self.env,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
                wait_for(lambda: child.poll() is not None or (asked(self.socket, "/wirebar/ledger") or {}).get("restart_frames"))
                ledger = asked(self.socket, "/wirebar/ledger")
                frames.append((ledger["restart_frames"], ledger["restart_snapshot_frames"]))
                answers.append([asked(self.socket, f"/wirebar/bars,{name},{span},60,open_ts;close;volume;rsi14;flags") for name in names for span in SPANS])
                answers[-1] += [asked(self.socket, "/wirebar/fires")] + [asked(self.socket, f"/wirebar/quote,{name}") for name in names]
                child.kill()
            for f in glob.glob(self.journal + "/snapshot-*"):
                os.remove(f)
            for f in sorted(glob.glob(self.journal + "/journal-*"))[1:]:  # what this one received is none of the other's
                os.remove(f)
        self.assertEqual(frames, [(frames[0][0], frames[0][0]), (frames[0][0], 0)])
        self.assertGreater(answers[0][0]["n"], 3, answers[0][0])
        self.assertEqual(answers[0], answers[1])

    def test_the_same_bytes(self):
        """Two processes make the same file, wherever their memory is: nothing in it is an address, or of a clock."""
        self.killed(0.4)
        files = []
        for _ in range(2):
            self.snapshot()
            files.append(bytearray(self.file(0).read_bytes()))
            self.file(0).unlink()
            files[-1][MADE] = bytes(8)
            files[-1][HEADER - 4:HEADER] = bytes(4)
        self.assertTrue(files[0] == files[1])

    def test_what_is_not_whole(self):
        """The older one, else the whole journal; each refusal is said, and counted."""
        self.killed(0.2)
        self.snapshot()
        self.killed(0.2, "--set", "capture.restart=yes")
        self.snapshot()
        saved = self.path("saved")
        shutil.copytree(self.journal, saved)
        older = int.from_bytes(self.file(0).read_bytes()[48:56], "little")
        newest, cut, other, none = self.file(1), "it is cut", "it is of another configuration", "not begun with"

        def damage(f, at):
            raw = bytearray(f.read_bytes())
            raw[at] ^= 4
            f.write_bytes(raw)

        cases = [
            ("a block of it is damaged", 1, lambda: damage(newest, HEADER + 100), older),
            ("its directory is damaged", 1, lambda: damage(newest, -3), older),
            ("its header is damaged", 1, lambda: damage(newest, 60), older),
            (cut, 1, lambda: os.truncate(newest, 50), older),
            (cut, 2, lambda: [os.truncate(self.file(i), 0) for i in (0, 1)], 0),
            ("the journal does not have the place where it ends", 2,
             lambda: [damage(pathlib.Path(f), os.path.getsize(f) // 2 // 4 * 4) for f in glob.glob(self.journal + "/journal-*")]
             and [os.rename(f, f.replace("/journal-0000000", "/journal-0000001")) for f in glob.glob(self.journal + "/journal-*")], 0),
            (none, 0, lambda: None, None),
        ]
        for text, n, harm, frames in cases[:-2] + cases[-1:]:
            shutil.rmtree(self.journal)
            shutil.copytree(saved, self.journal)
            harm()
            again, said = self.restarted()
            self.assertEqual((text, said.count(text)), (text, n), said)
            self.assertEqual(again["ledger"]["restart_snapshots_refused"], n)
            if frames is not None:
                self.assertEqual(again["ledger"]["restart_snapshot_frames"], frames)
            self.assertEqual(again["state_hash"], self.whole["state_hash"])
        for more, text, n in ((["--set", "bars.sweep_levels=4"], other, 2),
                              (["--bars", self.path("r.csv")], "this run writes files", 1)):
            shutil.rmtree(self.journal)
            shutil.copytree(saved, self.journal)
            again, said = self.restarted(*more)
            self.assertEqual((said.count(text), again["ledger"]["restart_snapshot_frames"]), (n, 0), said)
        # Files of other numbers are another journal.
        shutil.rmtree(self.journal)
        shutil.copytree(saved, self.journal)
        cases[5][2]()
        again, said = self.restarted()
        self.assertEqual((said.count(cases[5][0]), again["ledger"]["restart_snapshot_frames"]), (2, 0), said)

    def test_a_killed_job(self):
        """At any moment: the one before stays whole, and the next job goes on from it."""
        self.killed(0.3)
        self.snapshot()
        before = self.file(0).read_bytes()
        self.killed(0.3, "--set", "capture.restart=yes")
        for _ in range(5):
            with subprocess.Popen(self.job(), env=self.env, stderr=subprocess.DEVNULL) as child:
                time.sleep(0.6 * random.random())
                child.send_signal(signal.SIGKILL)
            self.assertEqual(self.file(0).read_bytes(), before)
            if self.file(1).exists():  # it was faster
                self.file(1).unlink()
        with subprocess.Popen(self.job(), env=self.env, stderr=subprocess.DEVNULL) as child:
            wait_for(lambda: child.poll() is not None or self.lock_is_held())
            if child.poll() is None:
                done = subprocess.run(self.job(), env=self.env, capture_output=True, text=True, check=False)
                self.assertIn("another one is at work", done.stderr)
                child.send_signal(signal.SIGTERM)
        self.assertIn(child.returncode, (0, 1))
        self.snapshot()
        again = self.restarted()[0]
        self.assertEqual(again["ledger"]["restart_snapshots_refused"], 0)
        self.expect_alike(again)

    def lock_is_held(self):
        with open(self.journal + "/snapshot.lock", "rb") as f:
            return subprocess.run(["flock", "-n", str(f.fileno())], pass_fds=[f.fileno()], check=False).returncode != 0

    def test_live(self):
        """A live run, of today: killed, snapshot beside the next one, killed, started again."""
        day = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York")).strftime("%Y-%m-%d")
        today = market(MARKETGEN, self.path("today"), "--venues", "itch,iex", "--instruments", "60", "--messages", "60k", "--date", day,
                       "--start", "09:29:50", "--duration", "50s")
        self.size = sum(os.path.getsize(f) for f in today)
        conf = self.path("live.conf", LIVE.format(captures=",".join(today), journal=self.journal))
        run = [WIREBAR, "run", "--conf", conf, "--quiet", "--summary", self.path("s"), *ROOM, "--file-prefix", "wirebar"]
        job = lambda ended: self.snapshot(*ROOM, conf=conf, ended=ended)
        self.killed(0.3, command=run)
        self.assertIn("no appliance keeps this journal", job(False))
        self.assertFalse(self.file(0).exists())
        job(True)
        slower = [*run, "--set", "port.replay.speed=5x"]  # the job has time until its end
        with subprocess.Popen(slower, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            wait_for(lambda: child.poll() is not None or (asked(self.socket, "/wirebar/ledger") or {}).get("restart_frames"))
            size = self.journal_bytes() + 0.5 * self.size
            wait_for(lambda: child.poll() is not None or self.journal_bytes() > size)
            job(False)
            self.assertTrue(self.file(1).exists())
            self.assertIsNone(child.poll(), "it ended by itself")
            child.kill()
        done = subprocess.run(run, env=self.env, capture_output=True, text=True, check=False, timeout=120)
        self.assertNotIn("not begun with", done.stderr)
        said = json.loads(pathlib.Path(self.path("s")).read_text(encoding="ascii"))
        self.assertEqual([r for r in said["reasons"] if r["name"] != "port_cut_tail_bytes"], [])
        self.assertGreater(said["ledger"]["restart_snapshot_frames"], 1000)
        self.assertEqual(said["ledger"]["bars_by_timer"], 0)
        self.assertLess(said["lag"]["feed_lag"]["p50_ns"], 600e9)
        self.assertEqual(said["state_hash"], self.summary_of(self.path("w"), captures=today)["state_hash"])

    def test_holes_that_servers_fill(self):
        """None is made behind a hole that a start asks a server for; holes of other feeds are lost either way. A start that may ask for more
        takes none of those."""
        one = market(MARKETGEN, self.path("one"), "--venues", "iex", "--instruments", "20", "--messages", "8k", "--loss", "0.01", "--duration", "20s")
        journal = [WIREBAR, "replay", *one, "--quiet", *ROOM, "--set", "capture.enabled=yes", "--set", f"capture.dir={self.journal}"]
        self.assertEqual(subprocess.run(journal, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode, 3)

        def made(conf):
            return subprocess.run(self.job(*ROOM, conf=conf), env=self.env, capture_output=True, text=True, check=False)

        other, own = (self.path(f"{feed}.conf", SERVER.format(feed=feed, protocol=protocol))
                      for feed, protocol in (("itch50", "mold64"), ("deep10", "iex_udp")))
        done = made(own)
        self.assertEqual((done.returncode, "the journal lacks" in done.stderr, self.file(0).exists()), (3, True, False), done.stderr)
        done = made(other)
        self.assertEqual((done.returncode, self.file(0).exists()), (0, True), done.stderr)
        self.assertIn("of another configuration", made(own).stderr)

    def test_nothing_to_do(self):
        self.assertIn("no journal", self.snapshot())
        os.mkdir(self.journal)
        self.assertIn("no journal", self.snapshot())
        for more, code, text in ((["x"], 2, "more than --conf"), (["--set", "no.key=1"], 2, "no.key")):
            done = subprocess.run(self.job(*more), env=self.env, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, text in done.stderr), (code, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
