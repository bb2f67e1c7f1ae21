#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The black box: what is recorded of a process is shown after its death as the process would have shown it, whatever
became of the files. Usage: box_test.py WIREBAR WIREBARCTL MARKETGEN"""
import contextlib
import json
import os
import resource
import signal
import subprocess
import unittest

from served import Server
from smoke_kit import Folder, ask, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
HEALTH = {"status": "ok", "health": "ok", "why": "", "frames": 7, "pid": 495}
CHANNEL = {"channel": 0, "feed": "itch50", "session": "A", "messages": 12}
POSITION = {"symbol": "SPY", "qty": "200", "cost": "100.5", "realized": "1", "unrealized": "0", "fees": "0"}


class Box(Folder):
    def setUp(self):
        self.fresh()
        self.box = os.path.join(self.dir, "box")
        os.mkdir(self.box)
        self.children = []
        self.server = None

    def tearDown(self):
        for child in self.children:
            child.kill()
            child.wait()
        if self.server:
            self.server.stop()

    def serve(self, answers):
        if self.server:
            self.server.stop()
            os.unlink(self.server.path)
        self.server = Server(socket_of(self.env, "one"), answers)

    def record(self, code=0):
        done = ask(CTL, self.env, "one", "--once", "record", self.box)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def shown(self, *words, box=None):
        return ask(CTL, self.env, "one", "--box", box or self.box, *words)

    def file(self, turn):
        return os.path.join(self.box, f"wirebar-box.{turn}")

    def frames(self, box=None):
        """Of the box that is read: which recording it is."""
        done = self.shown("--json", "health", box=box)
        return json.loads(done.stdout)["frames"] if done.stdout else None

    def serve_frames(self, frames, pid=495):
        self.serve({"/wirebar/health": dict(HEALTH, frames=frames, pid=pid)})
        self.record()

    def test_shows_what_the_process_would_have_shown(self):
        page = {"0": CHANNEL, "channels": 2, "more": 1}
        rest = {"1": dict(CHANNEL, channel=1), "channels": 2, "more": 0}
        why = {"symbol": "SPY", "n": 0, "more": 0}
        self.serve({"/wirebar/health": dict(HEALTH, health="bad", why="a line is silent"), "/wirebar/lines": page, "/wirebar/lines,1": rest,
                    "/wirebar/positions": {"0": POSITION, "held": 1, "traded": 1, "more": 0}, "/wirebar/why,SPY": why})
        words = ("health",), ("--json", "health"), ("lines",), ("lines", "1"), ("positions",), ("why", "SPY")
        live = [ask(CTL, self.env, "one", *w) for w in words]
        self.record()
        self.server.stop()
        for w, before in zip(words, live):
            after = self.shown(*w)
            self.assertEqual((after.returncode, after.stdout), (before.returncode, before.stdout), w)
            self.assertRegex(after.stderr, r"^wirebarctl: process 495 as of \d{4}-\d\d-\d\dT[0-9:]+Z, from .*/wirebar-box\.[01]\n$")
        told = self.shown("postmortem").stdout
        for name in ("== health\n", "== lines\n", "== lines,1\n", "== positions\n"):
            self.assertIn(name + live[0].stdout if name == "== health\n" else name, told)
        self.assertEqual(self.shown("postmortem", "why").stdout, "\n== why,SPY\n" + live[5].stdout)

    def test_what_it_does_not_hold_is_said(self):
        self.serve_frames(1)
        done = self.shown("quote", "SPY")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("does not hold /wirebar/quote,SPY", done.stderr)
        self.assertIn("takes no commands", self.shown("kill", "now").stderr)
        self.assertEqual(ask(CTL, self.env, "one", "postmortem").returncode, 2)
        none = self.shown("health", box=self.dir)
        self.assertEqual(none.returncode, 4)
        self.assertIn(f"{self.dir}: no black box in it", none.stderr)
        for word in ("why", "halt", "top"):
            done = self.shown("postmortem", word)
            self.assertEqual((done.returncode, done.stdout), (4, ""), word)
            self.assertIn(f"holds nothing of {word}\n", done.stderr)
        done = self.shown("postmortem", "helth")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('found "helth", did you mean "health"?', done.stderr)

    def test_what_asks_again_takes_a_box_as_it_is(self):
        self.serve({"/wirebar/health": HEALTH, "/wirebar/lag": {}, "/wirebar/links": {}, "/wirebar/top": {"n": 0}})
        self.record()
        once = self.shown("top")
        self.assertEqual(once.returncode, 0, once.stderr)
        self.assertIn("7 frames", once.stdout)
        shown, tty = os.openpty()
        on_screen = subprocess.run([CTL, "--box", self.box, "top"], env=self.env, stdin=tty, stdout=tty, stderr=subprocess.DEVNULL, timeout=60)
        os.close(tty)
        self.assertEqual(on_screen.returncode, 0)
        seen = b""
        with contextlib.suppress(OSError):  # what ends a terminal that nobody holds
            while part := os.read(shown, 65536):
                seen += part
        self.assertIn(b"7 frames", seen)
        os.close(shown)
        done = self.shown("record", self.box)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("record: found --box, allowed: a process", done.stderr)

    def test_damage_of_one_file_leaves_the_other(self):
        self.serve_frames(1)
        self.serve_frames(2)
        newer = next(t for t in (0, 1) if self.frames(self.file(t)) == 2)
        whole = self.read(self.file(newer))
        head = whole.index(b"\n") + 1
        cuts = [whole[:n] for n in (0, 1, head - 1, head, head + 1, len(whole) // 2, len(whole) - 1)]
        flips = [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1:] for n in (0, 13, 15, head - 2, head, len(whole) - 1)]
        for bad in cuts + flips + [whole + b"x", b"\0" * len(whole), whole[:head] + b"[" * (len(whole) - head)]:
            with open(self.file(newer), "wb") as f:
                f.write(bad)
            done = self.shown("--json", "health")
            self.assertEqual(json.loads(done.stdout)["frames"], 1, bad[:40])
            self.assertIn("wirebarctl: left out: ", done.stderr)
        with open(self.file(1 - newer), "wb"):
            pass
        done = self.shown("health")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        with open(self.file(newer), "wb") as f:
            f.truncate(1 << 30)
        self.assertIn("not a box", self.shown("health", box=self.file(newer)).stderr)
        for left in (0, 1), (1,), (0,), ():  # what a recorder may find that was killed while it wrote
            for turn in (0, 1):
                with open(self.file(turn), "wb") as f:
                    f.write(whole[:-1])
                if turn not in left:
                    os.unlink(self.file(turn))
            self.serve_frames(3 + len(left))
            self.assertEqual(self.frames(), 3 + len(left), left)

    def test_a_disk_that_is_full_costs_no_box_that_is_whole(self):
        self.serve_frames(1)
        self.serve_frames(2)
        self.serve({"/wirebar/health": dict(HEALTH, frames=3, why="x" * 20000)})
        full = subprocess.Popen([CTL, "--file-prefix", "one", "record", self.box], env=self.env, stderr=subprocess.PIPE, text=True,
                                restore_signals=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
        self.children.append(full)
        self.assertIn("File too large", full.stderr.readline())
        rounds = self.server.asked.count("/wirebar/health")
        wait_for(lambda: self.server.asked.count("/wirebar/health") > rounds + 2)
        self.assertEqual(self.frames(), 2)
        full.send_signal(signal.SIGTERM)
        self.assertEqual(full.wait(60), 1)  # the newest could not be kept
        full.stderr.close()
        self.serve_frames(4)
        self.assertEqual(self.frames(), 4)

    def test_a_signal_ends_a_recording_that_is_under_way(self):
        def end():
            recorder.send_signal(signal.SIGTERM)
            return {"more": 0}
        self.serve({"/wirebar/health": HEALTH, "/wirebar/lcores": end})
        recorder = subprocess.Popen([CTL, "--file-prefix", "one", "record", self.box], env=self.env, stderr=subprocess.PIPE, text=True)
        self.children.append(recorder)
        self.assertEqual((recorder.communicate(timeout=60)[1], recorder.returncode), ("", 0))
        self.assertEqual(self.server.asked[-1], "/wirebar/lcores")

    def test_what_is_no_file_holds_nobody_up(self):
        os.mkfifo(self.file(0))
        os.mkfifo(self.file(1))
        self.serve({"/wirebar/health": HEALTH})
        self.assertIn("wirebar-box.", self.record(code=1).stderr)
        self.assertEqual(self.shown("health").returncode, 4)
        self.assertEqual(self.shown("health", box=self.file(0)).returncode, 4)
        os.unlink(self.file(1))
        self.record()
        self.assertEqual(self.frames(), 7)

    def test_the_next_process_leaves_the_last_words_of_the_one_before(self):
        before = os.path.join(self.box, "wirebar-box.before")
        for n in (1, 2, 3):
            self.serve_frames(n)
        self.serve({"/wirebar/health": {"status": "error", "error": "wirebar is starting"}})
        self.assertIn("is starting", self.record(code=1).stderr)
        self.assertEqual(self.frames(), 3)
        self.assertFalse(os.path.exists(before))
        for n in (10, 11):
            self.serve_frames(n, pid=496)
            self.assertEqual((self.frames(), self.frames(before)), (n, 3))
        self.serve_frames(20, pid=497)
        self.assertEqual((self.frames(), self.frames(before)), (20, 11))
        self.assertEqual(sorted(os.listdir(self.box))[-1], "wirebar-box.before")

    def test_a_process_of_the_same_number_is_another_one_when_it_is_younger(self):
        for frames, uptime in ((1, 5000), (2, 9000), (3, 300)):
            self.serve({"/wirebar/health": dict(HEALTH, frames=frames, pid=1, uptime_ns=uptime)})
            self.record()
        self.assertEqual((self.frames(), self.frames(os.path.join(self.box, "wirebar-box.before"))), (3, 2))

    def test_a_folder_that_is_none_is_said(self):
        self.serve({"/wirebar/health": HEALTH})
        done = ask(CTL, self.env, "one", "--once", "record", self.box + "/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file", done.stderr)

    def test_who_could_not_write_ends_with_an_error(self):
        self.serve({"/wirebar/health": HEALTH})
        recorder = subprocess.Popen([CTL, "--file-prefix", "one", "record", self.box + "/none"], env=self.env, stderr=subprocess.PIPE, text=True)
        self.children.append(recorder)
        self.assertIn("No such file", recorder.stderr.readline())
        recorder.send_signal(signal.SIGTERM)
        self.assertEqual((recorder.communicate(timeout=60)[1], recorder.returncode), ("", 1))

    def test_after_a_kill_of_a_real_process(self):
        capture, = market(MARKETGEN, self.dir + "/m", "--venues", "itch", "--instruments", "5", "--messages", "5k", "--duration", "10m")
        recorder = subprocess.Popen([CTL, "--file-prefix", "one", "record", self.box], env=self.env, stderr=subprocess.DEVNULL)
        self.children.append(recorder)  # before there is a process: it waits
        child = subprocess.Popen([WIREBAR, "replay", "--quiet", "--speed", "20x", "--file-prefix", "one", capture], env=self.env,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.children.append(child)
        wait_for(lambda: (self.frames() or 0) > 100)
        child.kill()
        child.wait()
        recorder.send_signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(60), 0)
        health, lines, ledger = (json.loads(self.shown("--json", topic).stdout) for topic in ("health", "lines", "ledger"))
        self.assertEqual(health["pid"], child.pid)
        self.assertGreaterEqual(ledger["frames_rx"], health["frames"])
        self.assertGreater(lines["0"]["messages"], 0)
        self.assertEqual(self.shown("ledger").returncode, 0)
        told = subprocess.run([WIREBAR, "postmortem", self.box], capture_output=True, text=True, check=True).stdout
        self.assertEqual(told, self.shown("postmortem").stdout)
        self.assertIn("\n== ledger\n" + self.shown("ledger").stdout, told)
        one = subprocess.run([WIREBAR, "postmortem", self.box, "lines"], capture_output=True, text=True, check=True).stdout
        self.assertTrue(one.startswith("\n== lines\n") and one.count("\n== ") == 1, one)


if __name__ == "__main__":
    unittest.main()
