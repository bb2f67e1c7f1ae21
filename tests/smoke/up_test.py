#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A supervised wirebar: killed, stopped, stalled, asked while it is down, with a log that nobody reads.
Usage: up_test.py WIREBAR WIREBARCTL MARKETGEN CLOCK_STEP"""
import os
import pty
import re
import signal
import socket
import subprocess
import time
import unittest

from smoke_kit import Folder, Socket, ask, freeze, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN, CLOCK = programs(4)

# Small, so that it starts at once, and slow, so that it does not end by itself.
CONF = """include = builtin:demo
[orders]
enabled = {orders}
[eal]
file_prefix = {prefix}
[port replay]
files = {captures}
speed = 0.05x
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
history = 16
[supervise]
pause = 300ms
stuck = 3s
start = 60s
restarts = {restarts}
window = 10s
log_room = 16K
[run]
slow_poll = 2s
state_dir = {state}
control_audit = {audit}
"""


class Up(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "5", "--messages", "20k", "--duration", "10m")

    def setUp(self):
        self.fresh()
        self.prefix = f"up{os.getpid()}"
        self.control = socket_of(self.env, self.prefix, "wirebar_control")
        self.audit = os.path.join(self.dir, "audit")
        self.child = None

    def tearDown(self):
        if self.child:
            self.child.kill()
            self.child.wait()
            for f in (self.child.stdout, self.child.stderr):
                f.close()

    def conf(self, captures=None, orders="no", restarts=5):
        return self.path("up.conf", CONF.format(captures=",".join(captures or self.captures), prefix=self.prefix, orders=orders,
                                                restarts=restarts, state=self.dir, audit=self.audit))

    def start(self, *words, stdout=None, ready=True, **env):
        self.log = open(self.path("log"), "wb")
        self.child = subprocess.Popen([WIREBAR, "up", *words], env=dict(self.env, **env), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                      stdout=stdout or self.log)
        self.child.stdout = self.child.stdout or self.log
        if ready:
            wait_for(lambda: self.child.poll() is not None or self.state() == "ok")
            self.assertIsNone(self.child.poll(), self.said())

    def said(self):
        return self.read(self.path("log")).decode()

    def ask(self, request):
        with Socket(self.control) as s:
            return s.send(request)

    def part(self):
        try:
            return self.ask("parts")["parts"][0]
        except OSError:
            return {}

    def state(self):
        return self.part().get("state")

    def ctl(self, *words):
        return ask(CTL, self.env, self.prefix, *words)

    def again(self, before):
        """Waits until the part is well in another process than before."""
        wait_for(lambda: self.state() == "ok" and self.part()["pid"] != before["pid"])
        return self.part()

    def stop(self):
        done = self.ctl("stop")
        self.assertEqual((done.returncode, done.stdout), (0, "stop: all parts are asked to end, in their order\n"), done.stderr)
        return self.child.wait(60)

    def gone(self, pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    def test_a_part_that_dies_is_started_again_and_commands_are_answered_meanwhile(self):
        self.start("--conf", self.conf(orders="yes"), "--set", "supervise.pause=2s")
        before = self.part()
        self.assertRegex(self.ctl("parts").stdout, r"^P1-Appliance cores=\[[\d,]+\] uptime=0:00:\d\d restarts=0 lag=\d+[num]?s state=ok\n$")
        self.assertEqual(self.ask("set telemetry.lag_warn 9ms")["value"], "9ms")
        os.kill(before["pid"], signal.SIGKILL)
        wait_for(lambda: self.state() == "waiting")
        self.assertEqual(self.part()["why"], "killed by signal 9")
        self.assertIn("part appliance is down (killed by signal 9): it takes no commands now, starts again in", self.ask("reload")["error"])
        killed = self.ask("kill while it is down")
        self.assertEqual((killed["status"], killed["mode"], killed["by"]), ("ok", "kill", "supervisor"), killed)
        after = self.again(before)
        self.assertEqual((after["restarts"], after["restarts_left"]), (1, 4))
        self.assertIn("trading  kill: while it is down", self.ctl("health").stdout)
        self.assertEqual(self.ask("resume all is well")["before"], "kill")
        self.assertEqual(self.stop(), 3)  # it was interrupted
        audit = self.read(self.audit).decode()
        # Each in the name of who asked: this process.
        for line in ('"set telemetry.lag_warn 9ms": ok', '"kill while it is down": ok, written by the supervisor', '"resume all is well": ok'):
            self.assertIn(f"uid {os.geteuid()} pid {os.getpid()} {line}", audit)
        log = self.said()
        for words in ("dead: killed by signal 9; starts again in 2.0 s (4 restarts left)", "state=waiting (killed by signal 9; starts in",
                      "has ended (exit code 3)", "all parts have ended: exit code 3"):
            self.assertIn(words, log)
        self.assertFalse(os.path.exists(os.path.dirname(self.control)))

    def test_stuck_is_distinguished_and_started_again(self):
        self.start("--conf", self.conf())
        before = self.part()
        freeze(before["pid"])
        after = self.again(before)
        self.assertIn("stuck: no heartbeat for 3", self.said())
        self.assertEqual(self.ask("debug stall ingest0 20000")["status"], "ok")
        last = self.again(after)
        self.assertIn("(lcore ingest0 makes no progress): killed", self.said())
        self.assertEqual(last["restarts"], 2)
        # By an operator: in order, and none of the restarts is used up.
        self.assertEqual(self.ctl("restart", "appliance").returncode, 0)
        self.assertEqual(self.again(last)["restarts_left"], 5)
        refused = self.ctl("restart", "nothing")
        self.assertIn('found no part "nothing", allowed: appliance', refused.stderr)
        self.assertEqual(self.stop(), 3)  # it was interrupted

    def test_a_supervisor_that_was_stopped_kills_nobody(self):
        self.start("--conf", self.conf(), "--set", "supervise.stuck=1s")
        before = self.part()
        freeze(self.child.pid)
        time.sleep(3)  # three times what is stuck; the part beats all the while
        self.child.send_signal(signal.SIGCONT)
        wait_for(lambda: "nobody looked for" in self.said())
        wait_for(lambda: self.part()["uptime_s"] > before["uptime_s"] + 3)
        self.assertEqual((self.part()["pid"], self.part()["restarts"]), (before["pid"], 0))
        self.assertEqual(self.stop(), 3)  # it was interrupted

    def test_slow_and_starved_are_said_and_nothing_is_restarted(self):
        self.start("--conf", self.conf(), "--set", "supervise.starved=2s", "--set", "supervise.stuck=30s", "--set",
                   "port.replay.speed=0.001x")
        before = self.part()
        wait_for(lambda: self.state() == "starved")
        self.assertEqual(self.ask("debug stall ingest0 2500")["status"], "ok")
        wait_for(lambda: self.state() == "slow")
        self.assertEqual((self.part()["pid"], self.part()["restarts"]), (before["pid"], 0))
        self.assertEqual(self.stop(), 3)  # it was interrupted

    def test_what_crashes_too_often_fails_and_usage_at_once(self):
        self.start("--conf", self.conf(captures=[self.path("missing.pcap")], restarts=2), ready=False)
        self.assertEqual(self.child.wait(60), 1)
        log = self.said()
        self.assertEqual(log.count(" started, pid "), 3)
        self.assertIn("failed: exit code 1, too often", log)
        self.assertIn("missing.pcap", log)  # its last words are there
        self.start("--conf", self.conf(), "--", "--nonsense", ready=False)
        self.assertEqual(self.child.wait(60), 2)
        self.assertEqual(self.said().count(" started, pid "), 1)
        broken = self.path("broken.conf", self.read(self.conf()).decode() + "[link nowhere]\nfrom = ingest0\nto = nobody\n")
        done = subprocess.run([WIREBAR, "up", "--conf", broken], capture_output=True, text=True, env=self.env, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("nobody", done.stderr)
        for words in ([], ["--conf"], ["--conf", "x", "y"], ["--what"], ["--replay", "x", "--", "--conf", "y"]):
            done = subprocess.run([WIREBAR, "up", *words], capture_output=True, env=self.env, check=False, timeout=60)
            self.assertEqual(done.returncode, 2, done)

    def test_colours_are_for_terminals(self):
        reader, writer = pty.openpty()
        self.start("--conf", self.conf(), "--", "--nonsense", stdout=writer, ready=False, TERM="xterm")
        self.assertEqual(self.child.wait(60), 2)
        os.close(writer)
        text = os.read(reader, 1 << 16)
        os.close(reader)
        self.assertIn(b"\x1b[1;31mfailed: exit code 2", text)
        self.start("--conf", self.conf(), "--", "--nonsense\x1b", ready=False)
        self.assertEqual(self.child.wait(60), 2)
        self.assertNotIn("\x1b", self.said())  # nor what a part prints

    def test_a_log_that_nobody_reads_stops_nothing(self):
        reader, writer = os.pipe()
        self.start("--conf", self.conf(), "--set", "run.control_audit=", stdout=writer)
        os.close(writer)
        before = self.part()
        while not self.ask("parts")["log_dropped"]:
            for _ in range(200):
                self.assertEqual(self.ask("ping")["status"], "ok")
        wait_for(lambda: self.part()["frames"] > before["frames"])
        self.assertEqual((self.state(), self.part()["pid"]), ("ok", before["pid"]))
        self.assertIn("lines of the log were dropped", self.ctl("parts").stdout)
        os.set_blocking(reader, False)
        text = b""

        def more():
            nonlocal text
            self.ask("ping")
            try:
                text += os.read(reader, 1 << 20)
            except BlockingIOError:
                pass
            return re.search(rb"up +\d+ lines dropped here", text)
        wait_for(more)
        os.close(reader)  # and a reader that goes away ends nothing either
        self.ask("ping")
        self.assertEqual(self.state(), "ok")
        self.assertEqual(self.stop(), 3)  # it was interrupted
        self.assertIn(b"the log is not whole", self.child.stderr.read())

    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "its runtime must be loaded first")
    def test_a_log_that_nobody_reads_ends_in_time_whatever_the_clock_says(self):
        reader, writer = os.pipe()
        self.start("--conf", self.conf(), "--set", "run.control_audit=", stdout=writer, LD_PRELOAD=CLOCK, CLOCK_STEP_S="3600", CLOCK_STEP_AFTER_MS="0")
        os.close(writer)
        while not self.ask("parts")["log_dropped"]:
            self.ask("ping")
        self.assertEqual(self.stop(), 3)
        os.close(reader)

    def test_a_killed_supervisor_leaves_nobody(self):
        self.start("--conf", self.conf())
        pid = self.part()["pid"]
        self.child.kill()
        self.child.wait()
        wait_for(lambda: self.gone(pid))
        self.start("--conf", self.conf())  # what they left is in nobody's way
        second = subprocess.run([WIREBAR, "up", "--conf", self.conf()], capture_output=True, text=True, env=self.env, check=False, timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn("in use", second.stderr)
        self.child.send_signal(signal.SIGTERM)
        self.assertEqual(self.child.wait(60), 3)

    def test_a_replay_is_done_and_writes_the_same(self):
        for words in (["replay"], ["up", "--replay"]):
            out = self.path(words[0] + ".csv")
            done = subprocess.run([WIREBAR, *words, *self.captures, "--conf", "builtin:plain", "--", "--bars", out][:-3 if words[0] == "replay" else None]
                                  + (["--bars", out] if words[0] == "replay" else []), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.read(self.path("up.csv")), self.read(self.path("replay.csv")))
        self.assertIn(b"done (exit code 0)", done.stdout)

    def test_a_disk_that_does_not_write_is_no_stuck_lcore(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.start("--replay", "--conf", self.conf(), "--set", "supervise.stuck=3s", "--set", "port.replay.speed=max", "--", "--bars", fifo, "--fill")
        before = self.part()
        frames = lambda: self.part().get("frames")
        full = wait_for(lambda: self.child.poll() is not None or (frames() and (time.sleep(1) or frames()) == frames() and frames()))
        self.assertIsNone(self.child.poll(), self.said())
        os.set_blocking(reader, True)
        end = time.monotonic() + 5
        while time.monotonic() < end:  # longer than stuck
            self.assertEqual(self.part()["pid"], before["pid"], self.said())
            time.sleep(0.1)
        self.assertEqual((self.part()["restarts"], frames()), (0, full))
        while os.read(reader, 1 << 20):
            pass
        os.close(reader)
        self.assertEqual(self.child.wait(60), 0)

    def test_systemd_is_told(self):
        path = self.path("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(60)
            self.start("--conf", self.conf(), NOTIFY_SOCKET=path)
            told = []

            def until(word):
                while not told or word not in told[-1]:
                    told.append(s.recv(4096).decode())
                return told[-1]
            self.assertIn("WATCHDOG=1\n", until("READY=1"))
            self.assertIn("STATUS=all parts are well", until("STATUS="))
            os.kill(self.part()["pid"], signal.SIGKILL)
            self.assertIn("appliance: waiting: killed by signal 9", until("waiting"))
            self.assertIn("WATCHDOG=1", until("all parts are well"))  # restarting is its work, no fault of its
            self.child.send_signal(signal.SIGHUP)
            self.assertIn("MONOTONIC_USEC=", until("RELOADING=1"))
            until("READY=1")
            self.child.send_signal(signal.SIGTERM)
            until("STOPPING=1")
            self.assertEqual(self.child.wait(60), 3)
            self.assertIn("reload: {", self.said())
            self.assertFalse([m for m in told if "X_" in m])


unittest.main(verbosity=1, warnings="ignore")
