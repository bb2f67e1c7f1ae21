#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Faults from outside on a real program, each with its documented end (docs/faults.md): a full disk, folders that go, clocks that
are set, floods, full rings, a process that is stopped. Usage: faults_test.py WIREBAR WIREBARCTL MARKETGEN CLOCK_STEP"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
import unittest

from smoke_kit import Folder, Socket, freeze, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN, CLOCK = programs(4)
SANITIZED = "ASAN_OPTIONS" in os.environ  # its runtime wants to be loaded first
KIB = 1 << 10
LINKS = ("bars_signal", "bars_export", "fires_telemetry", "fires_export")
SMALL = [word for key, n in (("instruments", 64), ("orders", 16384), ("levels", 16384)) for word in ("--set", f"bars.{key}={n}")]
LIVE = """include = builtin:plain
[port replay]
files = {captures}
speed = 20x
[bars]
instruments = 64
orders = 16384
levels = 16384
grace = 60s
silence = 60s
[run]
full_link = count
clock_anchor = first_packet
"""


def small_files():
    """In the program, before it begins: no file beyond 64 KiB, as on a disk that is full then."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * KIB, 64 * KIB))


class Faults(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "20", "--messages", "40k", "--duration", "80s")
        cls.want = None

    def setUp(self):
        self.fresh()
        self.prefix = f"faults{os.getpid()}"
        self.summary = self.path("summary")
        self.bars = os.path.join(self.path("out"), "bars.csv")
        os.mkdir(self.path("out"))
        if not Faults.want:
            Faults.want = self.ended(self.start("--speed", "max"))
            self.assertEqual(Faults.want["exit_code"], 0)

    def start(self, *options, command=None, env=None, before=None, wrap=()):
        # A file: a pipe that nobody reads while a flood's complaints are written would stop the process.
        self.errors = open(self.path("stderr"), "w+b")
        self.child = subprocess.Popen(
            [*wrap, WIREBAR, *(command or ["replay", *self.captures, *SMALL]), "--file-prefix", self.prefix, "--quiet", "--bars", self.bars,
             "--summary", self.summary, *options], env={**self.env, **(env or {})}, stderr=self.errors, stdout=subprocess.DEVNULL,
            preexec_fn=before)
        child = self.child
        self.addCleanup(lambda: (child.kill() if child.poll() is None else None, child.wait(), self.errors.close()))
        return child

    def ended(self, child):
        """The summary of a run that has come to its end, whose ledger balances."""
        self.code = child.wait(120)
        self.errors.seek(0)
        self.said = self.errors.read().decode()
        with open(self.summary, encoding="ascii") as f:
            summary = json.load(f)
        self.assertTrue(summary["ledger_balanced"], self.said)
        self.assertEqual(summary["exit_code"], self.code)
        return summary

    def same(self, got):
        self.assertEqual((self.code, got["sha256"]), (0, Faults.want["sha256"]), self.said)

    def begun(self, child):
        control = socket_of(self.env, self.prefix, "wirebar_control")
        wait_for(lambda: child.poll() is not None or os.path.exists(control), 30)
        self.assertIsNone(child.poll())
        time.sleep(0.5)
        return control

    def live(self, *options, **more):
        conf = self.path("live.conf", LIVE.format(captures=",".join(self.captures)))
        return self.start(*options, "--set", "run.stop_idle=1s", command=["run", "--conf", conf], **more)

    def left(self):
        return sorted(os.listdir(os.path.dirname(self.bars)))

    # A full disk.

    def full(self, **how):
        with open(self.bars, "w", encoding="ascii") as f:
            f.write("of yesterday\n")
        got = self.ended(self.start("--speed", "max", **how))
        self.assertEqual(self.code, 1)
        self.assertRegex(self.said, r"bars: .*bars\.csv.*(File too large|No space left on device)")
        self.assertEqual(self.left(), ["bars.csv"], "no temporary file stays")
        self.assertEqual(self.read(self.bars), b"of yesterday\n")
        return got

    def test_a_file_that_may_not_grow(self):
        self.full(before=small_files)

    def test_a_full_disk(self):
        if os.geteuid() or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
            self.skipTest("needs root: mounts a small file system of its own")
        out = os.path.dirname(self.bars)
        # The file system is seen by the program alone; what is left in it is listed from inside.
        script = (f'mount -t tmpfs -o size=64k none "{out}" && echo of yesterday > "{self.bars}" && "$@"; rc=$?; '
                  f'ls "{out}" > "{self.path("left")}"; exit $rc')
        wrap = ("unshare", "-m", "sh", "-c", script, "sh")
        for live in (False, True):
            got = self.ended(self.live(wrap=wrap) if live else self.start("--speed", "max", wrap=wrap))
            self.assertEqual(self.code, 1)
            self.assertIn("No space left on device", self.said)
            self.assertEqual(self.read(self.path("left")), b"bars.csv\n")
            if live:
                self.assertEqual(got["messages"], Faults.want["messages"], "the market goes on")

    def test_a_folder_that_is_removed(self):
        child = self.start("--speed", "20x")
        self.begun(child)
        shutil.rmtree(os.path.dirname(self.bars))
        got = self.ended(child)
        self.assertEqual(self.code, 1)
        self.assertRegex(self.said, r"bars\.csv: cannot be given its name: No such file or directory")
        self.assertEqual((got["messages"], got["sha256"]), (Faults.want["messages"], Faults.want["sha256"]))

    # A clock that is set.

    @unittest.skipIf(SANITIZED, "its runtime must be loaded first")
    def test_a_clock_that_is_set_changes_nothing(self):
        for by, live in ((3600, True), (-3600, False)):
            env = {"LD_PRELOAD": CLOCK, "CLOCK_STEP_S": str(by), "CLOCK_STEP_AFTER_MS": "500"}
            audit = self.path(f"audit{by}{live}")
            options = ("--set", f"run.control_audit={audit}")
            child = self.live(*options, env=env) if live else self.start("--speed", "20x", *options, env=env)
            control = self.begun(child)
            time.sleep(0.5)
            with Socket(control) as s:
                self.assertEqual(s.send("set telemetry.lag_warn 7ms")["status"], "ok")
            at = re.search(r"control: (\S+)Z", open(audit, encoding="ascii").read()).group(1)
            off = time.mktime(time.strptime(at, "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
            self.assertLess(abs(off - by), 30, "the clock was not set")
            got = self.ended(child)
            self.same(got)
            self.assertEqual(got["ledger"]["bars_by_timer"], 0)

    # Clients without end.

    def test_a_flood_of_clients_and_garbage(self):
        child = self.start("--speed", "20x")
        control = self.begun(child)
        stop = threading.Event()
        sent = [0, 0]

        def flood(path, which, word):
            while not stop.is_set():
                try:
                    with Socket(path, 1) as s:
                        for _ in range(20):
                            s.sock.send(word)
                            sent[which] += 1
                except OSError:
                    pass

        floods = [threading.Thread(target=flood, args=(path, which, word)) for word in (b"nonsense", b"\0" * 1000, b"set a b", b"/wirebar/x,")
                  for which, path in enumerate((control, os.path.join(os.path.dirname(control), "dpdk_telemetry.v2")))]
        for f in floods:
            f.start()
        code = child.wait(60)
        stop.set()
        for f in floods:
            f.join(30)
        self.assertEqual(code, 0)
        self.same(self.ended(child))
        self.assertGreater(min(sent), 100)

    # Rings that are full.

    def test_rings_of_two_elements(self):
        options = [word for link in LINKS for word in ("--set", f"link.{link}.depth=2")]
        got = self.ended(self.start("--speed", "max", *options))
        self.same(got)

    # Nobody runs.

    def test_a_process_that_is_stopped_and_goes_on(self):
        for live in (False, True):
            child = self.live() if live else self.start("--speed", "20x")
            self.begun(child)
            freeze(child.pid)
            time.sleep(2)
            os.kill(child.pid, signal.SIGCONT)
            got = self.ended(child)
            self.same(got)
            self.assertEqual(got["gap_messages"], 0)


unittest.main(verbosity=1, warnings="ignore")
