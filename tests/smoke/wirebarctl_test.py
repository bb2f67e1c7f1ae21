#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""wirebarctl against a telemetry socket of our own: what it asks, what it shows, its exit codes, and how it bears
answers that are errors, null, broken, late or hostile. Usage: wirebarctl_test.py WIREBARCTL"""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

from served import Server

CTL = sys.argv.pop(1)

HEALTH = {"status": "ok", "health": "ok", "why": "", "data_age_ns": 2958409, "wire_lag_p999_ns": 737279, "frames": 17646,
          "messages": 27963, "bars": 921, "gap_messages": 3, "refused": 0, "data_time": "2026-03-10T13:29:53.192449994Z",
          "replay": 1, "progress_permille": 987, "lcores": 4, "lcores_ended": 0, "uptime_ns": 5808722552, "pid": 495}
HIST = {"count": 1234567, "p50_ns": 999, "p99_ns": 12799, "p999_ns": 5234491, "max_ns": 5245389200}
LINK = {"from": "ingest0", "to": "signal0", "pushes": 945, "pops": 900, "depth": 40, "refused": 5, "lost": 1, "balanced": 1, "waits": 2,
        "peak": 84, "capacity": 1024, "behind_ns": 3000}


def bars(first, n, more):
    times = [f"2026-03-10T13:30:{59 - i:02}.000000000Z" for i in range(first, first + n)]
    return {"symbol": "SPY", "span": "1s", "n": n, "more": more, "open_ts": times, "close_filled": ["557.24"] * n,
            "volume": list(range(first, first + n)), "flags": ["FILL|GAP"] * n}


class Ctl(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.env = dict(os.environ, RUNTIME_DIRECTORY=self.dir.name, XDG_RUNTIME_DIR=self.dir.name)
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.close()
        self.dir.cleanup()

    def serve(self, answers, name="one", **more):
        self.servers.append(Server(os.path.join(self.dir.name, "dpdk", name, "dpdk_telemetry.v2"), answers, **more))
        return self.servers[-1]

    def run_ctl(self, *args, prefix="one"):
        args = (["--file-prefix", prefix] if prefix else []) + list(args)
        return subprocess.run([CTL, *args], capture_output=True, text=True, env=self.env, timeout=60, stdin=subprocess.DEVNULL)

    def test_health_says_how_it_is_and_exits_by_it(self):
        for health, code in (("ok", 0), ("bad", 1), ("degraded", 3), ("starting", 3)):
            with self.subTest(health):
                self.serve({"/wirebar/health": dict(HEALTH, health=health)}, health)
                done = self.run_ctl("health", prefix=health)
                self.assertEqual(done.returncode, code, done)
                self.assertIn(f"health   {health}\n", done.stdout)
                self.assertIn("2.96 ms old", done.stdout)
                self.assertIn("17,646 frames", done.stdout)
                self.assertIn("replay at 98.7 %", done.stdout)
                self.assertEqual(self.run_ctl("--json", "health", prefix=health).returncode, code)

    def test_json_is_the_answer(self):
        self.serve({"/wirebar/health": HEALTH})
        self.assertEqual(json.loads(self.run_ctl("health", "--json").stdout), HEALTH)

    def test_lag_has_units_and_columns(self):
        self.serve({"/wirebar/lag": {"ingest0": {"wire_lag": HIST}, "export0": {}}})
        head, row = self.run_ctl("lag").stdout.split("\n")[:2]
        self.assertEqual(row.split(), "ingest0 wire_lag 1,234,567 999 ns 12.8 us 5.23 ms 5.25 s".split())
        self.assertEqual(head.index("count") + len("count"), row.index("1,234,567") + len("1,234,567"))

    def test_links(self):
        self.serve({"/wirebar/links": {"bars_signal": LINK, "bad": dict(LINK, balanced=0), "more": 2}})
        out = self.run_ctl("links").stdout.split("\n")
        self.assertEqual(out[1].split(), "bars_signal ingest0 signal0 945 900 40 5 1 2 84 1,024 3.00 us holds".split())
        self.assertEqual(out[2].split()[-1], "off")
        self.assertEqual(out[3], "(2 more)")

    def test_lcores_say_what_they_knew(self):
        lcore = {"stage": "ingest", "cpu": 1, "busy_permille": 12, "worst_poll_ns": 900, "frames": 7000, "messages": 8, "rows": 9, "done": 1}
        self.serve({"/wirebar/lcores": {"ingest0": dict(lcore, restart_frames=1234, restart_hash="00000000deadbeef", state_frames=7000,
                                                        state_hash="0123456789abcdef"), "signal0": dict(lcore, stage="signal")}})
        self.assertEqual(self.run_ctl("lcores").stdout.split("\n")[3:],
                         ["state of ingest0 with its journal: 00000000deadbeef after 1,234 frames",
                          "state of ingest0 at the end of the data: 0123456789abcdef after 7,000 frames", ""])

    def test_book_and_quote(self):
        book = {"symbol": "SPY", "0": {"venue": "IEX", "state": "halted", "suspect": 1, "bids": 2, "asks": 0, "bid0": "10.5",
                                       "bid0_size": 7, "bid1": "10.4", "bid1_size": 8}}
        touch = {"bid": "1.5", "bid_size": 3, "ask": "", "ask_size": 0}
        server = self.serve({"/wirebar/book,SPY,2": book, "/wirebar/quote,SPY": dict(touch, symbol="SPY")})
        rows = [line.split() for line in self.run_ctl("book", "SPY", "2").stdout.split("\n")]
        self.assertEqual(rows[1:3], [["IEX", "7", "10.5", "halted", "suspect"], ["8", "10.4"]])
        self.assertEqual(self.run_ctl("quote", "SPY").stdout.split("\n")[1].split(), ["all", "3", "1.5", "0"])
        self.assertEqual(server.asked, ["/wirebar/book,SPY,2", "/wirebar/quote,SPY"])

    def test_auctions_by_venue(self):
        venue = {"type": "C", "paired": 1000, "imbalance": 300, "side": "buy", "reference": "10", "indicative": "10.5",
                 "time": "2026-03-10T19:55:00.000000000Z", "halt_reason": "LUDP", "status_time": "2026-03-10T19:00:01.5Z",
                 "short_sale": 1, "short_sale_time": ""}
        self.serve({"/wirebar/auction,SPY": {"symbol": "SPY", "NASDAQ": venue, "venues": 1}})
        self.assertEqual(self.run_ctl("auction", "SPY").stdout.split("\n")[1].split(),
                         "NASDAQ C 1,000 300 buy 10 10.5 19:55:00.000000 LUDP 19:00:01 restricted".split())

    def test_bars_go_on_over_pages(self):
        # Between the two requests one row was sealed: the second page begins with a row that is known.
        server = self.serve({"/wirebar/bars,SPY,1s,20,volume+open_ts": bars(0, 12, 8),
                             "/wirebar/bars,SPY,1s,8,volume+open_ts,12": bars(11, 8, 0)})
        done = self.run_ctl("--json", "bars", "SPY", "1s", "20", "volume+open_ts")
        answer = json.loads(done.stdout)
        self.assertEqual(answer["volume"], list(range(19)))
        self.assertEqual((answer["n"], answer["more"]), (19, 0))
        self.assertEqual(len(server.asked), 2)
        table = self.run_ctl("bars", "SPY", "1s", "20", "volume+open_ts").stdout.split("\n")
        self.assertEqual(table[0].split(), ["open_ts", "close_filled", "volume", "flags"])
        self.assertEqual(table[1].split(), ["13:30:59", "557.24", "0", "FILL|GAP"])

    def test_pages_without_end_are_cut_off(self):
        class Endless(dict):
            def get(self, request, *_):
                return {"n": 1, "more": 1, "open_ts": ["2026-03-10T13:29:53Z"], "volume": []} if request.startswith("/wirebar/bars") else None
        server = self.serve(Endless())
        done = self.run_ctl("--json", "bars", "SPY", "1s", "2")
        self.assertEqual((done.returncode, json.loads(done.stdout)["more"]), (0, 1))
        self.assertLess(len(server.asked), 1000)

    def test_commands_are_acknowledged_or_refused(self):
        self.serve({"/wirebar/ctl/reset": {"status": "ok", "command": "reset", "lcores": 2},
                    "/wirebar/ctl/watch,X": {"status": "error", "error": "no instrument X so far"}})
        self.assertEqual(self.run_ctl("reset").stdout, "reset: applied by 2 lcores\n")
        refused = self.run_ctl("watch", "X")
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertEqual(refused.stderr, "wirebarctl: watch: refused: no instrument X so far\n")
        self.assertEqual(self.run_ctl("--json", "watch", "X").returncode, 1)

    def test_raw(self):
        self.serve({"/info": {"pid": 1}})
        done = self.run_ctl("raw", "/info")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, {"pid": 1}))

    def test_usage(self):
        for args in ([], ["nothing"], ["quote"], ["quote", "A", "B"], ["--nothing"], ["--timeout", "x", "health"], ["quote", "A,B"],
                     ["quote", ""]):
            with self.subTest(args):
                self.serve({}, "usage") if not self.servers else None
                self.assertEqual(self.run_ctl(*args, prefix="usage").returncode, 2)
        self.assertEqual(self.run_ctl("--help").returncode, 0)

    def test_bad_answers_are_errors_with_a_reason(self):
        cases = {"null": (None, "not known"), "no json": (b"{\"/wirebar/lag\": ", "not JSON"), "empty": (b"", "closed"),
                 "another": (b"{\"/wirebar/links\": {}}", "another request")}
        for name, (answer, why) in cases.items():
            with self.subTest(name):
                self.serve({"/wirebar/lag": answer}, name.replace(" ", "_"))
                done = self.run_ctl("lag", prefix=name.replace(" ", "_"))
                self.assertEqual(done.returncode, 5 if name == "empty" else 1)
                self.assertIn(why, done.stderr)

    def test_a_late_answer_is_given_up(self):
        self.serve({"/wirebar/lag": lambda: time.sleep(5)})
        done = self.run_ctl("--timeout", "100", "lag")
        self.assertEqual(done.returncode, 8)
        self.assertIn("no answer in time", done.stderr)

    def test_control_bytes_do_not_reach_the_terminal(self):
        self.serve({"/wirebar/health": dict(HEALTH, why="\x1b[2J\x07evil", data_time="\x1b]0;x"),
                    "/wirebar/lag": {"\x1b[2J": {"\x1b": HIST}}, "/wirebar/conf": {"key": "\x1b[31m"}})
        for command in ("health", "lag", "conf"):
            self.assertNotIn("\x1b", self.run_ctl(command).stdout)

    def test_wrong_types_do_not_hurt(self):
        odd = {"0": 5, "a": [1], "b": {"volume": "x", "bids": -4, "line0": 7, "open_ts": 3}, "c": None, "identities": [1], "more": "x",
               "open_ts": [1, None, {}], "volume": ["x"]}
        commands = ("health", "lag", "lcores", "links", "lines", "ports", "ledger", "conf", "engine_state", "busiest", "reset", "orders",
                    "positions", "risk")
        self.serve({**{f"/wirebar/{c if c != 'busiest' else 'top'}": odd for c in commands}, "/wirebar/ctl/reset": odd,
                    "/wirebar/book,A": odd, "/wirebar/bundle,A": odd, "/wirebar/quote,A": odd, "/wirebar/auction,A": odd})
        for command in [[c] for c in commands] + [["book", "A"], ["bundle", "A"], ["quote", "A"], ["auction", "A"]]:
            with self.subTest(command):
                self.assertIn(self.run_ctl(*command).returncode, (0, 3))

    def test_orders_positions_and_risk_are_tables(self):
        order = {"id": "W1FU2000000045", "symbol": "XLE", "state": "LIVE", "flight": "cancelling", "side": "sell", "qty": 100,
                 "filled": 40, "leaves": 60, "price": "83.37", "tif": "day", "venue": "NASDAQ", "source": "gate", "gate": "up"}
        position = {"symbol": "XLE", "qty": "-200", "cost": "7522", "realized": "-1.5", "unrealized": "6", "fees": "0.25", "bid": "37.6",
                    "ask": "", "stale": 1}
        self.serve({"/wirebar/orders": {"open": 1, "ended": 2, "0": order, "more": 2}, "/wirebar/orders,1": {"open": 1, "ended": 2},
                    "/wirebar/positions": {"realized": "-1.5", "unrealized": "6", "fees": "0.25", "net": "4.25", "day_net": "4.25",
                                           "0": position, "held": 1, "traded": 3, "more": 0},
                    "/wirebar/risk": {"mode": "halt", "cause": "loss", "why": "the day's loss", "loss_latched": 1,
                                      "denied": {"KILLED": 0, "QTY_MAX": 27}, "limits": {"qty_max": "0", "short_max": "absent"}}})
        text = self.run_ctl("orders").stdout
        self.assertRegex(text, r"(?m)^W1FU2000000045 +XLE +NASDAQ +LIVE +cancelling +sell +100 +40 +60 +83.37 +gate +up$")
        self.assertIn("1 open, 2 ended", text)
        self.assertIn("2 more", text)
        self.assertEqual(self.run_ctl("orders", "1").returncode, 0)
        text = self.run_ctl("positions").stdout
        self.assertRegex(text, r"(?m)^XLE +-200 +7522 +-1.5 +6 +0.25 +37.6")
        self.assertIn("1 held, of 3 that were traded\nrealized -1.5, unrealized 6, fees 0.25, net 4.25, day_net 4.25\n", text)
        text = self.run_ctl("risk").stdout
        self.assertIn("mode halt (loss): the day's loss\nentries are latched: loss of the day;", text)
        self.assertRegex(text, r"QTY_MAX +27\n")
        self.assertRegex(text, r"short_max +absent\n")
        self.assertNotIn("KILLED", text)

    def test_the_only_instance_is_found(self):
        self.serve({"/wirebar/health": HEALTH}, "x1")
        self.serve({}, "other_dpdk_program")
        self.serve({"/wirebar/health": HEALTH}, "x3", greeting="not even JSON")
        self.assertEqual(self.run_ctl("health", prefix=None).returncode, 0)
        self.serve({"/wirebar/health": HEALTH}, "x2")
        several = self.run_ctl("health", prefix=None)
        self.assertEqual(several.returncode, 1)
        self.assertIn("several run", several.stderr)
        self.assertIn("/dpdk/x1/dpdk_telemetry.v2", several.stderr)

    def test_nobody_there(self):
        done = self.run_ctl("health", prefix="nobody")
        self.assertEqual(done.returncode, 4)
        self.assertIn(f"{self.dir.name}/dpdk/nobody/dpdk_telemetry.v2", done.stderr)
        self.serve({}, "dead").close()
        done = self.run_ctl("health", prefix="dead")
        self.assertEqual(done.returncode, 5)
        self.assertIn("has ended", done.stderr)
        self.assertEqual(self.run_ctl("health", prefix=None).returncode, 5, "the reason of the only one there is")

    def test_slips_columns_and_versions(self):
        self.serve({"/wirebar/health": dict(HEALTH, trading="kill", trading_why="a test"), "/wirebar/bars,SPY,1s,2,open_ts+volume": bars(0, 2, 0)})
        self.assertIn('did you mean "health"', self.run_ctl("helth").stderr)
        self.assertEqual(self.run_ctl("bars", "SPY", "1s", "2", "open_ts,volume").returncode, 0)
        self.assertIn("trading  kill: a test", self.run_ctl("health").stdout)
        self.assertRegex(self.run_ctl("--version").stdout, r"^wirebarctl \d")
        for code in "45678":
            self.assertRegex(self.run_ctl("-h").stdout, rf"\b{code} [a-z ]+:")

    def test_views_that_differ_are_in_health(self):
        self.serve({"/wirebar/health": dict(HEALTH, watchdog="doubt", watchdog_why="SPY: ours 100, the venue's 0, for 1.0 s")})
        self.assertIn("\nwatchdog doubt: SPY: ours 100, the venue's 0, for 1.0 s\n", self.run_ctl("health").stdout)

    def test_views_that_are_alike_are_not_in_health(self):
        self.serve({"/wirebar/health": dict(HEALTH, watchdog="alike", watchdog_why="")})
        self.assertNotIn("watchdog", self.run_ctl("health").stdout)

    def test_top_as_json(self):
        self.serve({f"/wirebar/{p}": {"a": p} for p in ("health", "lag", "links", "top")})
        self.assertEqual(json.loads(self.run_ctl("--json", "top").stdout)["links"], {"a": "links"})

    def test_top_outlives_its_process_and_gives_the_terminal_back(self):
        answers = {"/wirebar/health": HEALTH, "/wirebar/lag": {}, "/wirebar/links": {}, "/wirebar/top,10": {"n": 1, "span": "1m"}}
        server = self.serve(answers)
        pid, fd = pty.fork()
        if pid == 0:  # a shell of a few lines: the job has a group of its own, so that Ctrl-Z can stop it
            job = os.fork()
            if job == 0:
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                os.setpgid(0, 0)
                os.tcsetpgrp(0, os.getpid())
                signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                os.execve(CTL, [CTL, "--file-prefix", "one", "top"], self.env)
            os.write(1, b"job %d\n" % job)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
        seen, jobs = b"", []

        def until(text):
            nonlocal seen
            end = time.monotonic() + 20
            while text not in seen:
                self.assertLess(time.monotonic(), end, seen[-500:])
                if select.select([fd], [], [], 0.2)[0]:
                    seen += os.read(fd, 65536)
            jobs.append(seen[:seen.index(text)])
            seen = seen[seen.index(text) + len(text):]

        until(b"job ")
        until(b"\n")
        job = int(jobs[-1])
        until(b"health   ok")
        before = termios.tcgetattr(fd)[3] & termios.ICANON
        self.assertEqual(before, 0)
        server.stop()
        until(b"not connected")
        os.unlink(server.path)
        self.serve(answers)
        until(b"connected again")
        os.write(fd, b"\x1a")
        until(b"\x1b[?1049l")
        time.sleep(0.2)
        self.assertNotEqual(termios.tcgetattr(fd)[3] & termios.ICANON, 0)
        os.kill(job, signal.SIGCONT)
        until(b"\x1b[?1049h")
        os.write(fd, b"q")
        until(b"\x1b[?1049l")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(fd)

    def test_top_once(self):
        self.serve({"/wirebar/health": HEALTH, "/wirebar/lag": {"ingest0": {"wire_lag": HIST}}, "/wirebar/links": {"l": LINK},
                    "/wirebar/top,10": {"span": "1m", "n": 0},
                    "/wirebar/top,10,1s": {"span": "1s", "n": 1, "0": {"symbol": "QQQ", "volume": 43000, "close": "501.45"}}})
        done = self.run_ctl("top", "--once")
        self.assertEqual(done.returncode, 0)
        for part in ("health   ok", "wire_lag", "pushes", "volume 1s", "QQQ", "43,000"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("\x1b", done.stdout)


unittest.main(verbosity=1)
