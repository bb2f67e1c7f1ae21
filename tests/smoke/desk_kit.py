# SPDX-License-Identifier: BSD-3-Clause
"""A real program with a desk, which tests kill and start again, and talk to by wirebarctl."""
import json
import os
import signal
import subprocess

from smoke_kit import Folder, ask, market, programs, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)

CONF = """include = builtin:bench
[orders]
enabled = yes
table = 256
heartbeat = 60s
[port replay]
files = {captures}
speed = 0.1x
[link orders]
from = signal0
to = ingest0
depth = 4096
[lcore ingest0]
idle = sleep
[gate ema_long]
shares = 100
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
[risk]
qty_max = 1000
notional_max = unlimited
position_max = 100
short_max = 0
gross_max = unlimited
net_max = unlimited
open_orders_max = 100
collar_bps = 1000
collar_ticks = unlimited
blind_bps = 1000
quote_age = 600s
duplicate_window = 1s
symbol_rate = 10
entry_rate = 10
exit_rate = 10
cancel_rate = 10
rejects_max = 10
denials_max = 1000
loss_day = 5000
[run]
state_dir = {state}
"""

STOPS = """
[link stops]
from = telemetry0
to = signal0
depth = 4096
[stop all]
mode = bps
offset = 1
"""

# Entries by the second: an order is out soon.
FLOW = """
[gate flow]
rule = 1s delta > 0
shares = 100
"""


class Desk(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "5", "--messages", "5k", "--duration", "10m")

    def setUp(self):
        self.prefix = f"desk{os.getpid()}"
        self.state = os.path.join(self.dir, self.id().rsplit(".", 1)[1])
        os.mkdir(self.state)
        self.child = None
        self.more = ""

    def tearDown(self):
        self.stop(signal.SIGTERM)

    def start(self, *options):
        conf = os.path.join(self.dir, "run.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(CONF.format(captures=",".join(self.captures), state=self.state) + self.more)
        self.said = open(os.path.join(self.dir, "said"), "w+", encoding="utf-8")
        self.child = subprocess.Popen([WIREBAR, "run", "--conf", conf, "--file-prefix", self.prefix, "--quiet", *options], env=self.env,
                                      stderr=self.said, stdout=subprocess.DEVNULL)
        wait_for(lambda: self.child.poll() is not None or "pid" in self.ctl("health").stdout, 30)
        self.assertIsNone(self.child.poll(), self.words())

    def words(self):
        self.said.seek(0)
        return self.said.read()

    def stop(self, how):
        if self.child:
            self.child.send_signal(how)
            self.child.wait(30)
            self.said.close()
        self.child = None

    def again(self):
        self.stop(signal.SIGKILL)
        self.start()

    def ctl(self, *args):
        return ask(CTL, self.env, self.prefix, *args)

    def mode(self):
        return json.loads(self.ctl("--json", "health").stdout)["trading"]

    def path(self, name):
        return os.path.join(self.state, "trading_" + name)

    def audited(self):
        """Written behind what it tells."""
        if not os.path.exists(self.path("audit")):
            return ""
        with open(self.path("audit"), encoding="utf-8") as f:
            return f.read()

    def risk(self):
        return json.loads(self.ctl("--json", "risk").stdout)

    def position(self, symbol):
        rows = json.loads(self.ctl("--json", "positions").stdout).values()
        return next((r for r in rows if isinstance(r, dict) and r["symbol"] == symbol), {"qty": "0"})

    def adopt(self, *words):
        """As soon as it has a price. One symbol: what it costs against its price is the day's result."""
        self.start("--set", "port.replay.speed=20x")
        wait_for(lambda: self.ctl("adopt", "SPY", *words).returncode == 0)
        wait_for(lambda: self.position("SPY")["qty"] == words[0])
        return "SPY"

    def watchdog(self):
        return self.risk()["watchdog"]
