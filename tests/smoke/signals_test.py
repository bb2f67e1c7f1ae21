#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""However a run is asked to end, it drains, gives its account, and leaves no socket and no temporary file.
Usage: signals_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from smoke_kit import Folder, asked, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)


class Signals(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.capture, = market(MARKETGEN, cls.dir + "/day", "--venues", "itch", "--instruments", "20", "--messages", "40k", "--start",
                              "09:29:55", "--duration", "5m")

    def setUp(self):
        self.fresh()
        self.bars, self.summary = os.path.join(self.dir, "b.csv"), os.path.join(self.dir, "s.json")
        self.socket = socket_of(self.env, "wirebar")

    def start(self, *args, speed="1x", **more):
        return subprocess.Popen([WIREBAR, "replay", self.capture, "--quiet", "--speed", speed, *args], env=self.env,
                                stderr=subprocess.PIPE, **more)

    def running(self, child):
        """Waits until it plays: frames have been received."""
        wait_for(lambda: child.poll() is not None or (asked(self.socket, "/wirebar/ledger") or {}).get("frames_rx"))
        self.assertIsNone(child.poll(), "it ended by itself")

    def files(self):
        return sorted(os.path.relpath(os.path.join(at, name), self.dir) for at, _, names in os.walk(self.dir) for name in names)

    def test_each_signal_drains(self):
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2):
            with self.subTest(sig.name):
                child = self.start("--bars", self.bars, "--summary", self.summary)
                self.running(child)
                child.send_signal(sig)
                child.send_signal(sig)  # as timeout(1) does: to the process and to its group
                child.communicate(timeout=60)
                with open(self.summary, encoding="utf-8") as f:
                    said = json.load(f)
                self.assertEqual((child.returncode, said["exit_code"], said["stopped_by"]), (3, 3, sig.name))
                self.assertEqual(self.files(), ["b.csv", "s.json"])

    def test_timeout(self):
        run = subprocess.run(["timeout", "--preserve-status", "4", WIREBAR, "replay", self.capture, "--quiet", "--speed", "1x",
                              "--bars", self.bars], env=self.env, stderr=subprocess.DEVNULL, check=False)
        self.assertIn(run.returncode, (3, 128 + signal.SIGTERM))
        self.assertNotIn("part-", " ".join(self.files()))

    def test_who_insists_is_heard(self):
        fifo = os.path.join(self.dir, "fifo")
        os.mkfifo(fifo)
        with open(self.bars, "w", encoding="utf-8") as f:
            f.write("precious")
        child = self.start("--bars", fifo, "--fires", self.bars, "--fill", speed="max")
        reader = os.open(fifo, os.O_RDONLY)
        os.read(reader, 1)  # and no more: the pipe fills up
        child.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
        os.close(reader)
        with open(self.bars, encoding="utf-8") as f:
            self.assertIn((child.returncode, f.read() == "precious"), ((1, True), (3, False)))
        self.assertEqual(self.files(), ["b.csv", "fifo"])

    def test_a_fifo_without_a_reader_is_not_waited_for(self):
        fifo = os.path.join(self.dir, "fifo")
        os.mkfifo(fifo)
        child = self.start("--bars", fifo)
        while not os.path.exists(self.socket) and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
        self.assertEqual((child.returncode, self.files()), (3, ["fifo"]))

    def test_head(self):
        # The fast one may have ended before the pipe was closed: all fitted into it.
        for speed, codes in (("max", (0, 1)), ("1x", (1,))):
            with self.subTest(speed), self.start("--bars", "-", speed=speed, stdout=subprocess.PIPE) as child:
                child.stdout.read(1)
                child.stdout.close()
                child.stderr.read()
                self.assertIn(child.wait(timeout=60), codes)
                self.assertEqual(self.files(), [])

    def test_early(self):
        for pause in (0, 0.02, 0.05, 0.1, 0.2, 0.4):
            with self.subTest(pause):
                child = self.start("--bars", self.bars)
                time.sleep(pause)
                child.send_signal(signal.SIGTERM)
                child.communicate(timeout=60)
                self.assertIn(child.returncode, (3, -signal.SIGTERM))
                self.assertIn(self.files(), ([], ["b.csv"]))

    def test_killed_and_started_again(self):
        child = self.start("--bars", self.bars)
        self.running(child)
        child.kill()
        child.communicate()
        self.assertTrue(os.path.exists(self.socket))
        left = [n for n in self.files() if ".part-" in n]
        self.assertEqual(left, [f"b.csv.part-{child.pid}-0"])
        living, foreign = f"b.csv.part-{os.getpid()}-0", "b.csv.part-of-mine"
        for name in (living, foreign):
            self.path(name, "precious")
        # No process of that number is there, but these are no files of ours: opening a FIFO would wait for its writer.
        gone = 2 ** 22 + 1
        pipe, link = f"b.csv.part-{gone}-0", f"b.csv.part-{gone}-1"
        os.mkfifo(os.path.join(os.path.dirname(self.bars), pipe))
        os.symlink("/dev/null", os.path.join(os.path.dirname(self.bars), link))
        again = self.start("--bars", self.bars)
        self.running(again)  # by the plain name
        again.terminate()
        _, said = again.communicate(timeout=60)
        self.assertIn(f"removed 1 temporary file beside {self.bars}", said.decode())
        self.assertEqual((again.returncode, self.files()), (3, sorted(["b.csv", living, foreign, pipe, link])))

    def test_a_name_in_use_is_refused(self):
        child = self.start("--file-prefix", "wirebar")
        self.running(child)
        second = self.start("--file-prefix", "wirebar", "--bars", self.bars)
        _, said = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn(b"in use", said)
        self.assertIsNone(child.poll())
        asked = subprocess.run([CTL, "health"], env=self.env, stdout=subprocess.PIPE, check=False)
        self.assertTrue(asked.stdout)
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.assertEqual(subprocess.run([CTL, "health"], env=self.env, stdout=full, stderr=subprocess.DEVNULL,
                                            check=False).returncode, 1)
        child.terminate()
        child.communicate(timeout=60)

    def test_no_runtime_directory(self):
        env = dict(self.env, RUNTIME_DIRECTORY=os.path.join(self.dir, "none"))
        run = subprocess.run([WIREBAR, "replay", self.capture, "--quiet"], env=env, stderr=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"mkdir -p", run.stderr)

    def test_a_runtime_directory_of_another_users(self):
        with tempfile.TemporaryDirectory() as base:
            os.chmod(base, 0o777)
            os.mkdir(base + "/dpdk", 0o000)
            capture = shutil.copy(self.capture, base)
            nobody = {"user": 65534} if os.geteuid() == 0 else {}  # root may go anywhere
            run = subprocess.run([WIREBAR, "replay", capture, "--quiet"], env=dict(self.env, RUNTIME_DIRECTORY=base), cwd=base,
                                 stderr=subprocess.PIPE, check=False, **nobody)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"/dpdk: another user's", run.stderr)
        self.assertIn(b"mend: export RUNTIME_DIRECTORY=DIR", run.stderr)
        self.assertNotIn(b"is in use", run.stderr)


unittest.main(verbosity=2)
