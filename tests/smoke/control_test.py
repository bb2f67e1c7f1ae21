#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The control socket of a real program: LIVE keys set as at load, who may, what garbage, floods and crowds do, and the
audit. Usage: control_test.py WIREBAR WIREBARCTL MARKETGEN"""
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from smoke_kit import Folder, Socket, ask, freeze, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)


class Control(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = f"control{os.getpid()}"
        cls.audit = os.path.join(cls.dir, "audit")
        capture = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "30", "--messages", "30k", "--duration", "10m")
        cls.child = subprocess.Popen([WIREBAR, "replay", *capture, "--speed", "2x", "--file-prefix", cls.prefix, "--watch", "QQQ", "--quiet",
                                      "--set", f"run.control_audit={cls.audit}"], env=cls.env, stderr=subprocess.PIPE,
                                     stdout=subprocess.DEVNULL)
        cls.control = socket_of(cls.env, cls.prefix, "wirebar_control")
        wait_for(lambda: cls.child.poll() is not None or "pid" in cls.ctl_of("health").stdout, 30)
        if cls.child.poll() is not None:
            raise AssertionError(cls.child.stderr.read())

    @classmethod
    def ctl_of(cls, *args, **more):
        return ask(CTL, cls.env, cls.prefix, *args, **more)

    @classmethod
    def tearDownClass(cls):
        stopped = cls.ctl_of("stop")
        code = cls.child.wait(30)
        gone = not os.path.exists(cls.control)
        cls.child.stderr.close()
        super().tearDownClass()
        assert gone, "the socket was left behind"
        assert (stopped.returncode, stopped.stdout, code) == (0, "stop: it drains and ends\n", 3), (stopped, code)

    def set(self, key, value):
        return Socket(self.control).send(f"set {key} {value}")

    def conf(self):
        return json.loads(self.ctl_of("--json", "conf").stdout)

    def test_live_keys_are_set_as_at_load(self):
        self.assertEqual(self.set("telemetry.lag_warn", "7ms"), {"status": "ok", "command": "set", "key": "telemetry.lag_warn", "value": "7ms"})
        self.assertEqual(self.ctl_of("set", "telemetry.lag_fail", "9s").stdout, "telemetry.lag_fail = 9s\n")
        self.assertEqual((self.conf()["telemetry_lag_warn"], self.conf()["telemetry_lag_fail"]), ("7ms", "9s"))
        for key, value, why in (("telemetry.lag_warn", "7", "[telemetry] lag_warn: found \"7\", allowed: 0 to 3600s"),
                                ("bars.history", "5", "read at boot only"), ("none.key", "1", "key: found \"none.key\""),
                                ("bars.watch", "TOOLONGNAME", "[bars] watch: found \"TOOLONGNAME\""),
                                ("telemetry.lag_warn", "7\u00a0ms", "<U+00A0>")):
            answer = self.set(key, value)
            self.assertEqual(answer["status"], "error")
            self.assertIn(why, answer["error"])
        for key in ("", "telemetry.lag_warn 5ms"):  # on one line its value, or a part of it, would be the key
            self.assertEqual(self.ctl_of("set", key, "telemetry.lag_warn").returncode, 2)
        done = self.ctl_of("set", "bars.history", "5")
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused", done.stderr)

    def test_the_watch_list_is_what_was_set(self):
        watched = lambda: [v for k, v in json.loads(self.ctl_of("--json", "watched").stdout).items() if k.isdigit()]
        self.assertEqual(self.ctl_of("set", "bars.watch", "SPY,NEWONE").returncode, 0)
        self.assertEqual(watched(), ["SPY", "NEWONE"])
        self.assertEqual(self.conf()["bars_watch"], "SPY,NEWONE")
        self.assertEqual(self.ctl_of("set", "bars.watch", "QQQ").returncode, 0)
        self.assertEqual(watched(), ["QQQ"])

    def test_the_telemetry_path_names_the_control_socket(self):
        done = self.ctl_of("raw", "/wirebar/ctl/set,telemetry.lag_warn,7ms")
        self.assertEqual(done.returncode, 1)
        self.assertIn("wirebar_control", done.stdout)

    def test_only_root_and_the_user_of_the_process(self):
        self.assertEqual(os.stat(self.control).st_mode & 0o777, 0o600)
        if os.geteuid():
            self.skipTest("not root: cannot become somebody else")
        done = self.ctl_of("set", "telemetry.lag_warn", "1ms", user=65534)
        self.assertEqual(done.returncode, 6, done)
        self.assertIn("not allowed", done.stderr)

    def test_garbage_ends_the_connection(self):
        for request in (b"set", b"set ", b"\x00\x01", b"set a\nset b", b"x" * 5000, "set \ud800".encode("utf-8", "surrogatepass"),
                        b"{}", b"killed", b"resume"):
            self.assertEqual(Socket(self.control).send(request)["status"], "error", request)
        c = Socket(self.control)
        with self.assertRaises((OSError, ValueError)):
            for _ in range(20):
                c.send("nonsense")

    def test_without_a_supervisor(self):
        for request in ("parts", "restart appliance"):
            self.assertIn("wirebar up", Socket(self.control).send(request)["error"])
        # Only a supervisor may speak in another's name.
        self.assertEqual(Socket(self.control).send("as 1 1 1 ping")["status"], "error")

    def test_a_crowd_does_not_lock_the_operator_out(self):
        crowd = [Socket(self.control) for _ in range(30)]
        self.assertEqual(Socket(self.control).send("ping")["status"], "ok")
        done = self.ctl_of("set", "telemetry.lag_warn", "8ms")
        self.assertEqual(done.returncode, 0, done)
        for c in crowd:
            c.sock.close()

    def test_it_works_while_ten_clients_hold_the_telemetry_socket(self):
        crowd = []
        while len(crowd) < 10:  # one that went a moment ago may still be counted
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect(os.path.join(os.path.dirname(self.control), "dpdk_telemetry.v2"))
            if s.recv(1024):
                crowd.append(s)
            else:
                time.sleep(0.05)
        busy = self.ctl_of("health")
        self.assertEqual(busy.returncode, 7, busy)
        self.assertIn("busy", busy.stderr)
        self.assertEqual(self.ctl_of("set", "telemetry.lag_warn", "6ms").returncode, 0)
        for s in crowd:
            s.close()
        time.sleep(0.3)

    def test_a_flood_is_answered_in_turn(self):
        flood, calm = Socket(self.control), Socket(self.control)
        flood.sock.setblocking(False)
        for _ in range(200):
            try:
                flood.sock.send(b"ping")
            except BlockingIOError:
                break
        start = time.monotonic()
        self.assertEqual(calm.send("ping")["status"], "ok")
        self.assertLess(time.monotonic() - start, 2)

    def test_stopped(self):
        freeze(self.child.pid)
        try:
            for command in (["health"], ["set", "telemetry.lag_warn", "6ms"]):
                done = self.ctl_of("--timeout", "500", *command)
                self.assertEqual(done.returncode, 8, done)
                self.assertIn("stopped", done.stderr)
        finally:
            os.kill(self.child.pid, signal.SIGCONT)

    def test_each_command_leaves_a_line(self):
        self.set("telemetry.lag_warn", "5ms")
        self.set("bars.history", "1")
        with open(self.audit, encoding="utf-8") as f:
            text = f.read()
        self.assertRegex(text, rf'control: \d{{4}}-\S+Z uid {os.geteuid()} pid \d+ "set telemetry.lag_warn 5ms": ok\n')
        self.assertRegex(text, r'"set bars.history 1": refused\n')


unittest.main(verbosity=1, warnings="ignore")
