#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The supervisor of the split layout: the death of one part is its own, that of ingest is everybody's, and nothing is left at the
end. Root and hugepages, which are given back; skipped (77) where they are not to be had.
Usage: WIREBAR_BIN=... MARKETGEN_BIN=... up_split_test.py"""
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time

import faults
from hugepages import hugepages
from split_test import CONF, PARTS, failures, fail

NOBODY = pwd.getpwnam("nobody").pw_uid


class Up:
    """A supervised paced replay, or a run whose configuration names its captures."""

    def __init__(self, tmp, prefix, files):
        self.telemetry = f"{tmp}/run/dpdk/{prefix}/dpdk_telemetry.v2"
        self.control = f"{tmp}/run/dpdk/{prefix}/wirebar_control"
        self.log = f"{tmp}/up.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([os.environ["WIREBAR_BIN"], "up", *(["--replay"] if files else []), "--conf", f"{tmp}/split.conf", *files,
                                             "--", "--quiet"],
                                            env=dict(os.environ, RUNTIME_DIRECTORY=f"{tmp}/run"), stdout=log, stderr=log)

    @staticmethod
    def ask(path, request):
        """An answer of a socket; empty: there is none."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.settimeout(5)
                s.connect(path)
                s.recv(4096)
                s.send(request.encode())
                return json.loads(s.recv(65536))
        except OSError:
            return {}

    def parts(self):
        """name -> what the supervisor says of it; empty: it does not answer."""
        return {p["name"]: p for p in self.ask(self.control, "parts").get("parts", ())}

    def orders(self):
        """How many orders of the desk have passed all checks; none from the moment on when it is killed."""
        return self.ask(self.telemetry, "/wirebar/risk").get("/wirebar/risk", {}).get("desk", {}).get("orders", 0)

    def wait(self, what, text, seconds=60):
        """Waits until what(parts) is true, and returns the parts."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            parts = self.parts()
            if parts and what(parts):
                return parts
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {text}\n{self.said()}")

    def said(self):
        return pathlib.Path(self.log).read_text(encoding="utf-8")


def well(parts):
    return all(p["state"] in ("ok", "slow", "starved") for p in parts.values())


def new(parts, before, names):
    """All are well; those of names in other processes than before, the others in the same."""
    return well(parts) and all((parts[n]["pid"] != before[n]["pid"]) == (n in names) for n in PARTS)


def story(up, huge):
    was = up.wait(well, "all parts are well")
    users = {n: os.stat(f"/proc/{was[n]['pid']}").st_uid for n in PARTS}
    if set(users.values()) != {NOBODY}:
        fail(f"root has not become another user: {users}")
    for part, how in (("signal", signal.SIGKILL), ("telemetry", signal.SIGKILL), ("telemetry", signal.SIGSTOP)):
        os.kill(was[part]["pid"], how)
        was = up.wait(lambda p, part=part, was=was: new(p, was, (part,)), f"{part} alone is another one after {how.name}")
    began = time.monotonic()
    os.kill(was["ingest"]["pid"], signal.SIGKILL)
    now = up.wait(lambda p: new(p, was, PARTS), "all parts are others after ingest's death")
    print(f"ingest killed, all parts well again after {time.monotonic() - began:.1f} s", flush=True)
    faults.seen("parts_killed", all_well_s=time.monotonic() - began)
    users = {n: os.stat(f"/proc/{now[n]['pid']}").st_uid for n in PARTS}
    if set(users.values()) != {NOBODY}:
        fail(f"it was root that was started again: {users}")
    restarts = {n: now[n]["restarts"] for n in PARTS}
    if restarts != {"ingest": 1, "signal": 1, "telemetry": 2}:
        fail(f"restarts: {restarts}")
    if "failed to send" in up.said():
        fail("a part that starts as root was not answered by one that is another user by then")
    if "files of hugepages that dead parts left are removed" not in up.said():
        fail("what dead parts left was not removed")
    up.process.send_signal(signal.SIGTERM)
    if up.process.wait(30) != 3:  # interrupted
        fail(f"exit {up.process.returncode}")
    left = os.listdir(huge)
    if left or os.path.exists(os.path.dirname(up.control)):
        fail(f"left behind: {left}, {os.path.dirname(up.control)}")


def killed(up):
    """A kill that the supervisor writes for a part that hangs is obeyed by the part that decides."""
    was = up.wait(lambda p: well(p) and up.orders() > 5, "all parts are well, and orders leave")
    os.kill(was["ingest"]["pid"], signal.SIGSTOP)
    said = up.ask(up.control, "kill ingest hangs")
    if (said.get("status"), said.get("by")) != ("ok", "supervisor"):
        fail(f"kill: {said}")
    time.sleep(0.5)
    os.kill(was["ingest"]["pid"], signal.SIGCONT)
    before = wait_orders(up)
    time.sleep(2.5)  # in which some seven would leave
    if up.orders() != before:
        fail(f"killed, and the desk goes on: {before} orders, then {up.orders()}")
    up.process.send_signal(signal.SIGTERM)
    if up.process.wait(30) != 3:  # interrupted
        fail(f"exit {up.process.returncode}")


def wait_orders(up):
    """Their number when the telemetry socket answers again, and two seconds have passed in which links empty."""
    while not up.orders():
        time.sleep(0.1)
    time.sleep(2)
    return up.orders()


def tell(up, what, *more):
    try:
        what(up, *more)
    except AssertionError as e:
        fail(str(e))
    finally:
        up.process.send_signal(signal.SIGTERM)
        try:
            up.process.wait(20)
        except subprocess.TimeoutExpired:
            up.process.kill()
    if failures:
        print(up.said())


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # pages are given back
    with tempfile.TemporaryDirectory() as tmp:
        prefix = f"wbup{os.getpid()}"
        os.chmod(tmp, 0o755)  # parts become another user, who keeps state here
        os.chown(tmp, NOBODY, -1)
        for d in ("huge", "run"):
            os.makedirs(f"{tmp}/{d}")
        with hugepages(f"{tmp}/huge"):
            supervise = "[supervise]\npause = 500ms\nstuck = 3s\nwindow = 5s\n[run]\nslow_poll = 1s\nuser = nobody"
            pathlib.Path(f"{tmp}/split.conf").write_text(
                CONF.replace("[eal]", f"[eal]\nfile_prefix = {prefix}\nhuge_dir = {tmp}/huge").replace("speed = 20x", "speed = 0.2x")
                .replace("[run]", supervise), encoding="ascii")
            subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/m", "--venues", "itch", "--instruments", "10", "--messages", "10k", "--duration",
                            "60s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
            tell(Up(tmp, prefix, sorted(str(p) for p in pathlib.Path(tmp).glob("m.*.pcap"))), story, f"{tmp}/huge")
            subprocess.run([os.environ["MARKETGEN_BIN"], "--out", f"{tmp}/k", "--venues", "itch", "--instruments", "60", "--messages", "150k", "--start",
                            "09:29:58", "--duration", "60s", "--seed", "6"], check=True, stderr=subprocess.DEVNULL)
            conf = pathlib.Path(f"{tmp}/split.conf").read_text(encoding="ascii")
            pathlib.Path(f"{tmp}/split.conf").write_text(conf.replace("speed = 0.2x", f"speed = 1x\nfiles = {tmp}/k.itch.a.pcap").replace(
                "stuck = 3s", "stuck = 30s").replace("[run]", f"[run]\nstate_dir = {tmp}"), encoding="ascii")
            tell(Up(tmp, prefix, []), killed)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
