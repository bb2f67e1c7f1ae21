#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A real program that has given up what it does not need: its output is the same, all that it is asked and told while it
runs works, and what it gave up is gone from each thread. Usage: privileges_test.py WIREBAR WIREBARCTL MARKETGEN"""
import ctypes
import glob
import grp
import json
import os
import re
import signal
import subprocess
import unittest
import urllib.request

from sink_kit import GATEWAY
from smoke_kit import Folder, Socket, asked, freeze, market, programs, socket_of, wait_for

WIREBAR, CTL, MARKETGEN = programs(3)
NOBODY, STRANGER = 65534, 65533
ROOT = os.geteuid() == 0

LIVE = """include = builtin:bench
[bars]
instruments = 64
orders = 4096
levels = 4096
prints = 4096
[port replay]
files = {captures}
speed = 0.2x
[run]
seccomp = kill
state_dir = {state}
[orders]
enabled = yes
[link orders]
from = signal0
to = ingest0
depth = 4096
[gate ema_long]
shares = 100
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
"""

SUPERVISED = """[eal]
file_prefix = {prefix}
[supervise]
pause = 1s
window = 10s
"""
UNIT = os.path.join(os.environ["WIREBAR_BUILD"], "conf", "systemd", "wirebar-root.service")

# Everything that wirebarctl can ask or say, but for what ends the run.
COMMANDS = ("health", "top --once", "lag", "lcores", "slow", "links", "lines", "recovery", "ports", "ledger", "conf", "quote SPY",
            "auction SPY", "book SPY", "bars SPY 5s 5 all", "bundle SPY", "busiest", "watched", "gates", "why SPY", "fires",
            "engine_state", "orders", "positions", "risk", "reduce a", "halt b", "kill c", "resume d", "flatten e",
            "adopt SPY 100 10 f", "reset", "watch SPY", "watch SPY off", "set bars.watch SPY", "set telemetry.lag_warn 5ms", "reload",
            "raw /eal/params", "raw /ethdev/list", "raw /mempool/list", "raw /wirebar/health", "raw /info")

CAPABILITIES = ("CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP "
                "CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER "
                "CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE "
                "CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP "
                "CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF "
                "CAP_CHECKPOINT_RESTORE").split()


def landlock():
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0  # landlock_create_ruleset, its version


class Kit(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.captures = market(MARKETGEN, cls.dir + "/m", "--venues", "itch", "--instruments", "20", "--messages", "20k", "--duration", "10m")

    def setUp(self):
        self.fresh()
        os.chmod(self.dir, 0o755)
        self.env["TMPDIR"] = self.path("tmp")
        self.prefix, self.child = f"privilege{os.getpid()}", None
        self.state = os.path.join(self.dir, "state")
        self.conf_dir = os.path.join(self.dir, "conf")
        for folder in (self.state, self.conf_dir, self.env["TMPDIR"]):
            os.mkdir(folder)

    def tearDown(self):
        self.stop()

    def replay(self, *options):
        return subprocess.run([WIREBAR, "replay", *self.captures, "--file-prefix", self.prefix, *options], env=self.env, text=True,
                              capture_output=True, timeout=60)

    def start(self, *options):
        self.conf = os.path.join(self.conf_dir, "run.conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(LIVE.format(captures=",".join(self.captures), state=self.state))
        self.child = subprocess.Popen([WIREBAR, "run", "--conf", self.conf, "--file-prefix", self.prefix, *options], env=self.env,
                                      stderr=open(self.path("said"), "w", encoding="utf-8"), stdout=subprocess.DEVNULL)
        wait_for(lambda: self.child.poll() is not None or "wirebar: privileges:" in self.said(), 30)
        self.assertIsNone(self.child.poll(), self.said())

    def said(self):
        with open(self.path("said"), encoding="utf-8") as f:
            return f.read()

    def console(self):
        """Root starts it, on a port of root's: it serves as the user whose socket it asks."""
        with subprocess.Popen([WIREBAR, "console", "--file-prefix", self.prefix, "--listen", "127.0.0.1:0", "--set", "run.user=nobody"],
                              env=self.env, stderr=subprocess.PIPE, text=True) as console:
            try:
                port = int(re.search(r":(\d+)/", console.stderr.readline())[1])
                wait_for(lambda: "wirebar_up 1\n" in urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20).read().decode())
                threads = self.threads(console.pid, 2)
            finally:
                console.terminate()
        for status in threads:
            self.assertEqual((status["Uid"].split(), status["NoNewPrivs"]), ([str(NOBODY)] * 4, "1"), status["Name"])
            self.assertEqual({status[k] for k in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}, {"0" * 16}, status["Name"])

    def stop(self):
        """How it ended: an exit code, or minus the signal."""
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            code, self.child = self.child.wait(30), None
            return code
        return None

    def ctl(self, *args, **more):
        return subprocess.run([CTL, "--file-prefix", self.prefix, *args], capture_output=True, text=True, env=self.env, timeout=30,
                              stdin=subprocess.DEVNULL, **more)

    def threads(self, pid=0, at_least=5):
        """What the kernel says of each thread, by name."""
        out = []
        for path in glob.glob(f"/proc/{pid or self.child.pid}/task/*/status"):
            with open(path, encoding="utf-8") as f:
                out.append(dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line))
        self.assertGreaterEqual(len(out), at_least)
        return out


class Privilege(Kit):
    def test_a_replay_under_kill_says_the_same(self):
        options = lambda n: ("--bars", self.path(f"bars{n}"), "--fires", self.path(f"fires{n}"), "--summary", self.path(f"summary{n}"))
        free = self.replay("--set", "run.seccomp=off", "--set", "run.landlock=no", *options(0))
        bound = self.replay("--set", "run.seccomp=kill", *options(1))
        self.assertEqual((free.returncode, bound.returncode), (0, 0), bound.stderr)
        again = self.replay("--set", "run.seccomp=kill", *options(1))  # over its files, which keep owner and mode
        self.assertEqual(again.returncode, 0, again.stderr)
        for name in ("bars", "fires"):
            self.assertEqual(self.read(self.path(f"{name}0")), self.read(self.path(f"{name}1")))
        self.assertEqual(*(re.search(r"sha256 \w+", done.stdout).group() for done in (free, bound)))
        self.assertIn("landlock=off", free.stderr)
        self.assertRegex(bound.stderr, r"wirebar: privileges: user=\S+ caps=\w+ seccomp=fused:kill landlock=(abi\d|none)")

    def test_outputs_that_are_no_files(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        cat = subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE)
        done = self.replay("--set", "run.seccomp=kill", "--bars", "/dev/null", "--summary", fifo)
        self.assertEqual(done.returncode, 0, done.stderr)
        json.loads(cat.communicate(timeout=30)[0])

    def test_all_that_it_is_asked_and_told_works_under_kill(self):
        self.start()
        for status in self.threads():
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), status["Name"])
        self.assertIn("wb-orders", [status["Name"] for status in self.threads()])
        self.assertEqual(ROOT, "it stays root" in self.said())
        crowd = [Socket(socket_of(self.env, self.prefix)) for _ in range(5)]
        for command in COMMANDS:
            done = self.ctl(*command.split())
            self.assertIn(done.returncode, (0, 1, 3), (command, done.stderr))
            self.assertIsNone(self.child.poll(), command)
            if command.split()[0] in ("set", "reload", "kill", "resume", "halt"):
                self.assertEqual(done.returncode, 0, (command, done.stderr, done.stdout))
        self.assertIn("seccomp=fused:kill", json.loads(self.ctl("--json", "health").stdout)["privileges"])
        self.assertIn("may do   user=", self.ctl("health").stdout)
        for c in crowd:
            c.close()
        audit = self.read(os.path.join(self.state, "trading_audit")).decode()
        for word in ("reduce", "halt", "kill", "resume", "flatten", "adopt"):
            self.assertIn(word, audit)
        self.assertIn(self.stop(), (0, 3), self.said())

    def test_an_asker_who_has_gone_under_kill(self):
        """Quiet: libc makes perror a stderr of its own where nothing was said before."""
        with open(self.path("said"), "w", encoding="utf-8") as said:
            self.child = subprocess.Popen([WIREBAR, "replay", *self.captures, "--file-prefix", self.prefix, "--quiet", "--speed", "0.2x",
                                           "--set", "run.seccomp=kill"], env=self.env, stderr=said, stdout=subprocess.DEVNULL)
        wait_for(lambda: "kill" in (asked(socket_of(self.env, self.prefix), "/wirebar/health") or {}).get("privileges", ""))
        crowd = [Socket(socket_of(self.env, self.prefix)) for _ in range(3)]
        freeze(self.child.pid)
        for c in crowd:
            c.sock.send(b"/wirebar/health")
            c.close()
        self.child.send_signal(signal.SIGCONT)
        wait_for(lambda: self.child.poll() is not None or self.said().count("\n") >= len(crowd))
        self.assertIsNotNone(asked(socket_of(self.env, self.prefix), "/wirebar/health"), self.child.poll())

    @unittest.skipUnless(landlock(), "this kernel has no Landlock")
    def test_reload_reads_the_configurations_own_folder_only(self):
        elsewhere = self.path("elsewhere.conf")
        self.start()
        for path in (elsewhere, os.path.join(self.conf_dir, "other.conf")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(LIVE.format(captures=",".join(self.captures), state=self.state))
        done = self.ctl("reload", elsewhere)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Permission denied", done.stderr)
        os.replace(os.path.join(self.conf_dir, "other.conf"), self.conf)  # as an editor saves
        self.assertEqual(self.ctl("reload").returncode, 0)

    def test_who_is_not_there_is_said_before_the_start(self):
        for key, mend in (("user", "useradd"), ("group", "groupadd")):
            done = self.replay("--set", f"run.{key}=no-such-name")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"[run] {key}: found \"no-such-name\"", done.stderr)
            self.assertIn(mend, done.stderr)

    @unittest.skipUnless(ROOT, "not root: cannot become somebody else")
    def test_root_becomes_a_user_who_can_do_all_that_is_left(self):
        out = self.path("out")
        for folder in (out, self.state):
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, NOBODY, -1)
        self.start("--set", "run.user=nobody", "--bars", os.path.join(out, "bars"), "--summary", os.path.join(out, "summary"))
        for status in self.threads():
            self.assertEqual(status["Uid"].split(), [str(NOBODY)] * 4, status["Name"])
            self.assertEqual({status[k] for k in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}, {"0" * 16}, status["Name"])
            self.assertNotIn("0", status["Groups"].split())
        self.assertIn("user=nobody caps=none", self.said())
        self.console()
        for command in ("kill now", "set telemetry.lag_warn 5ms", "reload"):
            done = self.ctl(*command.split(), user=NOBODY)
            self.assertEqual(done.returncode, 0, (command, done.stderr))
        kept = {n: os.stat(os.path.join(self.state, n)).st_uid for n in os.listdir(self.state)}
        self.assertTrue({"trading_latch", "order_journal", "order_starts"} <= set(kept), kept)
        self.assertEqual(set(kept.values()), {NOBODY}, kept)
        self.assertIn(self.stop(), (0, 3), self.said())
        self.assertEqual({os.stat(os.path.join(out, n)).st_uid for n in os.listdir(out)}, {NOBODY})
        self.assertEqual(sorted(os.listdir(out)), ["bars", "summary"])
        self.start("--set", "run.user=nobody")  # its own latch, and what it left
        self.assertIn("kill", json.loads(self.ctl("--json", "health").stdout)["trading"])

    @unittest.skipUnless(ROOT, "not root: cannot become somebody else")
    def test_where_the_user_cannot_write_is_said_before_frames_are_handled(self):
        done = self.replay("--set", "run.user=nobody", "--bars", self.path("bars"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("user nobody cannot write there", done.stderr)
        self.assertIn("mend: chown nobody", done.stderr)
        self.assertEqual(glob.glob(self.path("bars*")), [])

    @unittest.skipUnless(ROOT, "not root: cannot be of another group")
    def test_members_of_the_group_may_ask_and_command(self):
        group = grp.getgrnam("daemon").gr_gid
        for more in ([], ["--set", "run.user=nobody"]):
            os.chown(self.state, NOBODY if more else 0, -1)
            self.start("--set", "run.group=daemon", *more)
            for name in ("dpdk_telemetry.v2", "wirebar_control"):
                st = os.stat(socket_of(self.env, self.prefix, name))
                self.assertEqual((st.st_gid, st.st_mode & 0o777), (group, 0o660), name)
            members = ({"group": group, "extra_groups": []}, {"group": STRANGER, "extra_groups": [1234, group]})
            for member in members:
                self.assertIn(self.ctl("health", user=STRANGER, **member).returncode, (0, 1, 3))
                self.assertEqual(self.ctl("set", "telemetry.lag_warn", "4ms", user=STRANGER, **member).returncode, 0)
            for command in (("health",), ("set", "telemetry.lag_warn", "4ms")):
                self.assertEqual(self.ctl(*command, user=STRANGER, group=STRANGER, extra_groups=[]).returncode, 6)
            self.assertIn(f"uid {STRANGER} pid", self.said())
            self.stop()


KEEPS = """include = builtin:bench
[capture]
enabled = yes
dir = {state}/days/capture
{gateway}[tail]
path = {fifo}
[run]
state_dir = {state}
control_audit = {state}/audit
user = nobody
seccomp = kill
"""


class State(Kit):
    """What is kept over a start: one of root's, that becomes a user, and one of that user's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prints = market(MARKETGEN, cls.dir + "/prints", "--venues", "itch", "--instruments", "40", "--messages", "40k", "--duration", "70s",
                            "--prints", "0.3")

    def begin(self, name, pair="gateway.patience=100ms", **who):
        return subprocess.Popen([WIREBAR, "replay", *self.prints, "--conf", self.conf, "--file-prefix", self.prefix, "--set", pair,
                                 "--bars", f"{self.out}/{name}.csv", "--summary", f"{self.out}/{name}"], env=self.env,
                                stderr=open(self.path("said"), "w", encoding="utf-8"), stdout=subprocess.DEVNULL, **who)

    def end(self, name, code=0):
        self.assertEqual(self.child.wait(60), code, self.said())
        self.child = None
        with open(f"{self.out}/{name}", encoding="utf-8") as f:
            return json.load(f)["ledger"]

    def owners(self):
        return {os.path.join(at, n): os.stat(os.path.join(at, n)).st_uid for at, folders, files in os.walk(self.state) for n in folders + files}

    @unittest.skipUnless(ROOT, "not root: cannot become somebody else")
    def test_what_roots_start_leaves_the_users_start_goes_on_with(self):
        roots, self.out = self.path("roots"), self.path("out")  # a FIFO's folder may be another one's
        fifo = os.path.join(roots, "fifo")
        for folder in (roots, self.out):
            os.mkdir(folder)
        os.mkfifo(fifo)
        for mine in (self.dir, self.state, self.out):
            os.chown(mine, NOBODY, -1)
        self.conf = self.path("keeps.conf", KEEPS.format(gateway=GATEWAY, fifo=fifo, state=self.state))
        self.assertEqual(self.begin("first").wait(60), 1)
        self.assertIn(f"{fifo}: user nobody cannot write there", self.said())
        os.chown(fifo, NOBODY, -1)
        self.child = self.begin("first")
        first = self.end("first", 3)
        self.assertGreater(first["tail_kept"], 0)  # nobody has read the FIFO
        owners = self.owners()
        names = {os.path.relpath(n, self.state) for n in owners}
        self.assertLessEqual({"tail-spool", "tail-dead.json", "days", "days/capture", "audit"}, names)
        self.assertTrue([n for n in names if n.startswith("days/capture/")], names)
        self.assertEqual(set(owners.values()), {NOBODY}, owners)
        os.chown(self.path("dpdk"), NOBODY, -1)  # as a service finds it
        with open(self.path("lines"), "w", encoding="utf-8") as lines, subprocess.Popen(["cat", fifo], stdout=lines):
            self.child = self.begin("second", "gateway.patience=60s", user=NOBODY, group=NOBODY, extra_groups=[])
            second = self.end("second")
        with open(self.path("lines"), encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        kept = [line for line in lines if line["stream"] in ("entry_fire", "exit_fire")]
        self.assertEqual(len(kept), 2 * first["tail_kept"])  # what waited, and its own
        self.assertEqual(second["tail_kept"], 0)
        self.assertEqual(set(self.owners().values()), {NOBODY})


class Unit(Kit):
    """The command of the unit whose parts are started by root, with the capabilities that it has."""

    def setUp(self):
        super().setUp()
        with open(UNIT, encoding="utf-8") as f:
            unit = f.read()
        self.command = re.search(r"^ExecStart=\S+/wirebar (.*)$", unit, re.M).group(1).split()
        self.caps = {CAPABILITIES.index(c) for c in " ".join(re.findall(r"^CapabilityBoundingSet=(.*)$", unit, re.M)).split()}

    def parts(self):
        try:
            with Socket(socket_of(self.env, self.prefix, "wirebar_control")) as s:
                return s.send("parts")["parts"][0]
        except OSError:
            return {}

    def of(self, pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def become_a_service(self):
        """As systemd does before it starts one."""
        libc = ctypes.CDLL(None)
        for cap in range(64):
            if cap not in self.caps:
                libc.prctl(24, cap, 0, 0, 0)  # PR_CAPBSET_DROP

    def supervise(self):
        with open(os.path.join(self.conf_dir, "run.conf"), "w", encoding="utf-8") as f:
            f.write(LIVE.format(captures=",".join(self.captures), state=self.state) + SUPERVISED.format(prefix=self.prefix))
        words = [{"/etc/wirebar/wirebar.conf": f.name, "run.user=wirebar": "run.user=nobody", "run.group=wirebar": "run.group=daemon"}.get(w, w)
                 for w in self.command]
        with open(self.path("said"), "w", encoding="utf-8") as said:
            self.child = subprocess.Popen([WIREBAR, *words, "--set", f"run.control_audit={self.state}/audit"], env=self.env, stderr=subprocess.STDOUT, stdout=said,
                                          preexec_fn=self.become_a_service)
        self.well()

    def well(self, but=0):
        wait_for(lambda: self.child.poll() is not None or (self.parts().get("state") == "ok" and self.parts()["pid"] != but))
        self.assertIsNone(self.child.poll(), self.said())
        return self.parts()["pid"]

    @unittest.skipUnless(ROOT, "not root: cannot become somebody else")
    def test_parts_become_its_user_and_the_supervisor_is_filtered(self):
        group = grp.getgrnam("daemon").gr_gid
        os.chown(self.state, NOBODY, -1)
        self.supervise()
        part = self.well()
        mine, its = self.of(self.child.pid), self.of(part)
        self.assertEqual((mine["Uid"].split()[1], mine["NoNewPrivs"], mine["Seccomp"]), ("0", "1", "2"))
        self.assertIn("privileges: seccomp=supervisor:errno", self.said())
        self.assertEqual((its["Uid"].split(), its["CapEff"], its["Seccomp"]), ([str(NOBODY)] * 4, "0" * 16, "2"))
        st = os.stat(socket_of(self.env, self.prefix, "wirebar_control"))
        self.assertEqual((st.st_gid, st.st_mode & 0o777), (group, 0o660))
        for who in ({"user": NOBODY}, {"user": STRANGER, "group": group, "extra_groups": []}):
            self.assertEqual(self.ctl("parts", **who).returncode, 0)
            self.assertEqual(self.ctl("set", "telemetry.lag_warn", "4ms", **who).returncode, 0)
        self.assertEqual(self.ctl("parts", user=STRANGER, group=STRANGER, extra_groups=[]).returncode, 6)
        os.kill(part, signal.SIGKILL)
        wait_for(lambda: self.parts()["state"] == "waiting")
        self.assertEqual(self.ctl("kill", "while it is down", user=NOBODY).returncode, 0)
        self.assertEqual({os.stat(os.path.join(self.state, n)).st_uid for n in os.listdir(self.state)}, {NOBODY})
        again = self.well(but=part)
        self.assertEqual(self.of(again)["Uid"].split(), [str(NOBODY)] * 4)
        self.assertEqual(self.ctl("resume", "well again", user=NOBODY).returncode, 0)
        self.assertEqual(self.ctl("stop", user=NOBODY).returncode, 0)
        audit = self.read(os.path.join(self.state, "audit")).decode()
        self.assertRegex(audit, rf"uid {STRANGER} pid \d+")  # of the supervisor and of the part
        self.assertIn(self.child.wait(60), (1, 3))  # it was interrupted; 1: a machine that is busy gave it no time to end
        self.child = None

    def test_who_is_not_there_is_said_once(self):
        done = subprocess.run([WIREBAR, "up", "--replay", *self.captures, "--set", "run.user=no-such-name"], env=self.env, text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("useradd", done.stderr)


unittest.main(verbosity=1, warnings="ignore")
