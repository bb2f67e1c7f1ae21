#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""past_test.py's stories in the split layout: a live desk whose part ingest is killed, so that all parts start again, with packet journal and
order journal. And signal and telemetry killed alone, before that. Root and hugepages, which are given back; skipped (77) where they are not to be
had. Usage: past_split_test.py WIREBAR WIREBARCTL MARKETGEN [--kills 3] [unittest's]"""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import faults
from hugepages import hugepages

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "smoke"))
from desk_kit import CONF, STOPS, WIREBAR  # noqa: E402  pylint: disable=wrong-import-position
import past_test  # noqa: E402  pylint: disable=wrong-import-position
from smoke_kit import wait_for  # noqa: E402  pylint: disable=wrong-import-position

KILLS = int(sys.argv.pop(sys.argv.index("--kills") + 1)) if "--kills" in sys.argv else 3
sys.argv = [word for word in sys.argv if word != "--kills"]
LCORE = {"signal": "signal0", "telemetry": "telemetry0"}
# Goes on in section run. Lcores of all parts share two cpus.
SPLIT = """layout = split
slow_poll = 1s
[lcore signal0]
idle = sleep
[lcore telemetry0]
idle = sleep
[lcore export0]
idle = sleep
[eal]
hugepages = yes
huge_dir = {huge}
"""


class PastSplit(past_test.Past):
    huge = ""  # where hugepages are mounted

    supervised = False  # by `wirebar up`, else a process for each part

    def spawn(self, part):
        return subprocess.Popen([WIREBAR, "run", "--conf", os.path.join(self.dir, "run.conf"), "--file-prefix", self.prefix, "--quiet", "--part", part,
                                 *self.options], env=self.env, stderr=self.said, stdout=subprocess.DEVNULL)

    def start(self, *options):
        self.options = options
        pathlib.Path(self.dir, "run.conf").write_text(CONF.format(captures=",".join(self.captures), state=self.state) + SPLIT.format(huge=self.huge)
                                                      + self.more, encoding="utf-8")
        self.said = open(os.path.join(self.dir, "said"), "a+", encoding="utf-8")  # pylint: disable=consider-using-with
        self.said.truncate(0)
        if self.supervised:
            pairs = list(zip(options[::2], options[1::2]))
            keys, files = ([word for pair in pairs if (pair[0] == "--set") == is_key for word in pair] for is_key in (True, False))
            self.child = subprocess.Popen([WIREBAR, "up", "--conf", os.path.join(self.dir, "run.conf"), "--file-prefix", self.prefix, *keys, "--",
                                           "--quiet", *files], env=self.env, stderr=self.said, stdout=self.said)
            wait_for(lambda: self.child.poll() is not None or self.pid(), 30)
            return
        self.child = self.spawn("ingest")
        self.others = {part: self.spawn(part) for part in LCORE}
        wait_for(lambda: self.child.poll() is not None or "pid" in self.ctl("health").stdout, 30)
        wait_for(lambda: self.child.poll() is not None or all(self.polls(part) for part in LCORE), 30)
        self.assertIsNone(self.child.poll(), self.words())

    def stop(self, how):
        super().stop(how)  # of ingest: the others end by themselves
        for process in self.others.values():
            process.wait(60)
        self.others = {}

    def setUp(self):
        super().setUp()
        self.others = {}

    def tearDown(self):
        try:
            super().tearDown()
        finally:
            for process in self.others.values():
                process.kill()
                process.wait()

    def command(self, name, *options):
        return super().command(name, *options, *(("--set", "run.layout=fused", "--set", "eal.hugepages=no") if name == "replay" else ()))

    def ended(self, whole=True, files=True):
        said = super().ended(whole, files)
        self.assertLessEqual({process.wait(60) for process in self.others.values()}, {0, 3})
        self.others = {}
        return said

    def polls(self, part):
        answer = self.ctl("--json", "lcores").stdout
        return json.loads(answer).get(LCORE[part], {}).get("polls", 0) if answer else 0

    def pid(self):
        """Of the part ingest; 0: it does not answer."""
        answer = self.ctl("--json", "health").stdout
        return json.loads(answer).get("pid", 0) if answer else 0

    def test_the_supervisor_starts_all_again(self):
        """As in a rack: as another user, and whoever holds the journal gives way before the next one takes it."""
        self.supervised = True
        self.live(more="[supervise]\npause = 100ms\nstuck = 60s\nstart = 60s\nwindow = 5s\nrestarts = 1000\n", speed=10)
        chance = random.Random(os.getpid())
        for n in range(KILLS):
            wait_for(lambda: self.child.poll() is not None or (self.held() and self.desk("orders")))
            self.assertIsNone(self.child.poll(), self.words())
            time.sleep(chance.uniform(0, 0.5))
            pid = wait_for(self.pid)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: self.child.poll() is not None or self.pid() not in (0, pid))
            wait_for(lambda n=n: self.child.poll() is not None or len(self.told()) > n)
            wait_for(lambda: self.child.poll() is not None or self.desk("restored") == self.told()[-1])
            self.assertIsNone(self.child.poll(), self.words())
            self.assertEqual(self.mode(), "run")
        self.ended()
        self.assertEqual(len({i[5:7] for i in self.ids()}), KILLS + 1)

    def told(self):
        """How many positions each start goes on with."""
        return [int(n) for n in re.findall(r"(\d+) positions of an earlier start go on", self.words())]

    def ids(self):
        """Of all new orders."""
        ids = re.findall(r" (W1\w{12}) +new ", self.journal())
        self.assertEqual(len(ids), len(set(ids)), "an id was given twice")
        return ids

    def alone(self, part):
        """SIGKILL of one part, which is started again: it works on."""
        self.others[part].kill()
        self.others[part].wait()
        before = self.polls(part)
        self.others[part] = self.spawn(part)
        wait_for(lambda: self.child.poll() is not None or self.polls(part) > before)

    def test_parts_are_killed_alone(self):
        """Before and after ingest's death, also while the journal is taken: the order journal goes on where it was."""
        stops, chance, kills = STOPS.replace("offset = 1", "offset = 20"), random.Random(os.getpid()), 0
        print(f"seed {os.getpid()}", flush=True)
        self.live(more=stops, speed=10)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 0.5))
            for part in chance.sample(sorted(LCORE), 2):
                self.alone(part)
                kills += 1
        held = self.killed()
        newest, left = self.newest(), self.left()
        before = self.requests()["01"]
        self.live(more=stops, speed=10)
        for _ in range(KILLS):
            for part in chance.sample(sorted(LCORE), 2):
                self.alone(part)
                kills += 1
            time.sleep(chance.uniform(0, 0.5))
        self.ended()
        self.assertTrue(before <= self.requests()["01"])
        self.fresh(newest, left)
        self.assertEqual(self.audited(), "")
        faults.seen("live_orders_split", kills=kills, held_at_the_kill=len(held))

    def test_a_journal_that_is_gone_halts(self):
        """Nothing is known of a file that another one has taken the place of: neither part writes into it."""
        self.live(more=STOPS.replace("offset = 1", "offset = 20"), speed=5)
        wait_for(self.held)
        os.rename(self.out("order_journal"), self.out("moved"))
        self.assertEqual(self.mode(), "run")
        self.alone("signal")
        wait_for(lambda: self.mode() == "halt")
        self.assertIn("orders and stops are not kept from now on, so the mode becomes halt", self.words())
        pathlib.Path(self.out("order_journal")).write_bytes(b"another one")
        self.assertEqual(self.ctl("resume", "--reason", "somebody has looked").returncode, 0)
        self.alone("telemetry")
        wait_for(lambda: self.mode() == "halt")
        self.assertIn("it is not the one any more that this run began with", self.words())
        self.assertEqual(pathlib.Path(self.out("order_journal")).read_bytes(), b"another one")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    with tempfile.TemporaryDirectory() as tmp, hugepages(tmp):
        PastSplit.huge = tmp
        good = unittest.main(verbosity=1, warnings="ignore", exit=False).result.wasSuccessful()
    sys.exit(not good)


if __name__ == "__main__":
    main()
