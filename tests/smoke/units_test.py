#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Units and the files of the host: systemd reads them without a word, their exposure is bounded, and wirebar-host does
what it says to a made-up machine. Usage: units_test.py WIREBAR WIREBARCTL"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from smoke_kit import SOURCE, programs

WIREBAR, CTL = programs(2)
HOST = os.path.join(SOURCE, "conf", "host", "wirebar-host")
UNITS = os.path.join(os.environ["WIREBAR_BUILD"], "conf", "systemd")
SERVICES = ("wirebar.service", "wirebar-root.service", "wirebar-hugepages.service", "wirebar-irq.service", "wirebar-record.service",
            "wirebar-console.service", "wirebar-snapshot.service")

PLAIN = ("wirebar.slice", "wirebar-snapshot.timer")


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, timeout=60, **more)


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze (package systemd)")
class Units(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="wirebar-units-")
        self.addCleanup(shutil.rmtree, self.dir)
        for name in SERVICES:
            with open(os.path.join(UNITS, name), encoding="utf-8") as f:
                text = f.read()
            # As installed, but where this tree has the programs.
            text = re.sub(r"=/\S+/bin/wirebar ", f"={WIREBAR} ", text)
            text = re.sub(r"=/\S+/bin/wirebarctl ", f"={CTL} ", text)
            text = re.sub(r"=/\S+/wirebar-host ", f"={HOST} ", text)
            self.unit(name, text)
        for name in PLAIN:
            shutil.copy(os.path.join(SOURCE, "conf", "systemd", name), self.dir)

    def unit(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def verify(self, *names):
        return run("systemd-analyze", "verify", "--man=no", *(f"./{n}" for n in names), cwd=self.dir)

    def exposure(self, name):
        done = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"./{name}", cwd=self.dir)
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        return float(found.group(1))

    def test_systemd_has_nothing_to_say(self):
        done = self.verify(*SERVICES, *PLAIN)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_systemd_would_say_something(self):
        with open(os.path.join(self.dir, "wirebar.service"), encoding="utf-8") as f:
            self.unit("wirebar.service", f.read().replace("WatchdogSec=", "WatchDogSec="))
        self.assertIn("WatchDogSec", self.verify("wirebar.service").stderr)

    def test_exposure_is_bounded(self):
        self.assertLessEqual(self.exposure("wirebar.service"), 3.0)
        self.assertLessEqual(self.exposure("wirebar-root.service"), 5.0)  # root opens the devices
        self.assertLessEqual(self.exposure("wirebar-console.service"), 2.5)
        self.assertLessEqual(self.exposure("wirebar-snapshot.service"), 2.5)

    def test_commands_of_the_units_are_commands(self):
        for name in SERVICES[:2]:
            with open(os.path.join(self.dir, name), encoding="utf-8") as f:
                lines = re.findall(r"^Exec\w+=(\S+) (\w+)", f.read(), re.M)
            self.assertEqual([command for _, command in lines], ["up", "reload"])
        for name in "console", "snapshot":
            with open(os.path.join(self.dir, f"wirebar-{name}.service"), encoding="utf-8") as f:
                self.assertEqual(re.findall(r"^Exec\w+=\S+ (\w+)", f.read(), re.M), [name])
        self.assertIn("\n  reload", run(CTL, "--help").stdout)

    def test_wirebarctl_finds_the_service(self):
        env = {k: v for k, v in os.environ.items() if k not in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR")}
        self.assertIn("/run/wirebar/dpdk/", run(CTL, "--file-prefix", f"none{os.getpid()}", "health", env=env).stderr)

    @unittest.skipUnless(shutil.which("systemd-sysusers") and os.geteuid() == 0, "needs systemd-sysusers and root")
    def test_user_and_folders_are_made(self):
        os.makedirs(os.path.join(self.dir, "etc"))
        for name, program, args in (("sysusers", "systemd-sysusers", []), ("tmpfiles", "systemd-tmpfiles", ["--create"])):
            done = run(program, f"--root={self.dir}", *args, os.path.join(SOURCE, "conf", "systemd", f"{name}.conf"))
            self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.dir, "etc/passwd"), encoding="utf-8") as f:
            user = [line.split(":") for line in f if line.startswith("wirebar:")]
        self.assertEqual(len(user), 1)
        made = os.stat(os.path.join(self.dir, "var/lib/wirebar"))
        self.assertEqual((made.st_uid, made.st_mode & 0o777), (int(user[0][2]), 0o750))


class Host(unittest.TestCase):
    """wirebar-host on a machine that is a folder: 72 cpus, two nodes."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="wirebar-host-")
        self.addCleanup(shutil.rmtree, self.root)
        self.put("sys/devices/system/cpu/online", "0-71\n")
        for node in (0, 1):
            self.put(f"sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages", "16\n")
        for number in (0, 7, 130):
            self.put(f"proc/irq/{number}/smp_affinity_list", "0-71\n")
        self.put("proc/irq/default_smp_affinity", "ff\n")
        self.put("sys/devices/virtual/workqueue/cpumask", "ff\n")

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def get(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as f:
            return f.read().strip()

    def host(self, command, rc=0, **env):
        done = run(HOST, "--root", self.root, command, env={"PATH": os.environ["PATH"], **env})
        self.assertEqual(done.returncode, rc, done.stderr)
        return done.stderr

    def test_hugepages_by_node_and_never_fewer(self):
        self.put("etc/default/wirebar", 'HUGEPAGES="0:2048 1:8"\n')
        self.host("hugepages")
        at = "sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages"
        self.assertEqual((self.get(at % 0), self.get(at % 1)), ("2048", "16"))
        self.host("hugepages", HUGEPAGES="1:32")
        self.assertEqual((self.get(at % 0), self.get(at % 1)), ("2048", "32"))
        self.assertIn("node 4", self.host("hugepages", rc=1, HUGEPAGES="4:1 1:64"))
        self.assertEqual(self.get(at % 1), "64")
        self.assertIn("NODE:PAGES", self.host("hugepages", rc=2, HUGEPAGES="many"))

    def test_a_kernel_without_numa_has_one_pool(self):
        shutil.rmtree(os.path.join(self.root, "sys/devices/system/node"))
        self.put("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n")
        self.host("hugepages", HUGEPAGES="0:5")
        self.assertEqual(self.get("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"), "5")

    def test_interrupts_and_workers_leave_the_cpus(self):
        self.host("irq", CPUS="2-5,40")
        others = "0,1," + ",".join(str(c) for c in range(6, 72) if c != 40)
        for number in (0, 7, 130):
            self.assertEqual(self.get(f"proc/irq/{number}/smp_affinity_list"), others)
        self.assertEqual(self.get("proc/irq/default_smp_affinity"), "ff,fffffeff,ffffffc3")
        self.assertEqual(self.get("sys/devices/virtual/workqueue/cpumask"), "ff,fffffeff,ffffffc3")

    def test_what_stays_is_said(self):
        os.remove(os.path.join(self.root, "proc/irq/7/smp_affinity_list"))
        os.symlink("/dev/full", os.path.join(self.root, "proc/irq/7/smp_affinity_list"))  # the kernel refuses the write
        self.assertRegex(self.host("irq", CPUS="2"), r"does not let go elsewhere: 7 ")

    def test_isolate_writes_and_mend_takes_back(self):
        before = sorted(f for _, _, files in os.walk(self.root) for f in files)
        for _ in range(2):
            self.assertIn("update-grub", self.host("isolate", CPUS="2-5"))
        line = run("sh", "-c", 'GRUB_CMDLINE_LINUX=quiet; . "$0"; echo "$GRUB_CMDLINE_LINUX"',
                   os.path.join(self.root, "etc/default/grub.d/wirebar.cfg")).stdout.split()
        self.assertEqual(line[0], "quiet")
        self.assertIn("isolcpus=managed_irq,domain,2-5", line)
        self.assertIn("nohz_full=2-5", line)
        self.assertIn("irqaffinity=0,1," + ",".join(map(str, range(6, 72))), line)
        for unit, kind in (("system.slice", "Slice"), ("init.scope", "Scope")):
            self.assertIn(f"[{kind}]\nAllowedCPUs=0,1,6,", self.get(f"etc/systemd/system/{unit}.d/wirebar.conf"))
        self.host("mend")
        self.assertEqual(sorted(f for _, _, files in os.walk(self.root) for f in files), before)

    def test_what_is_no_list_of_cpus_is_refused(self):
        for cpus in ("", "two", "2-x", "0-71"):
            self.assertIn("allowed:", self.host("irq", rc=2, CPUS=cpus))
        self.assertEqual(self.get("proc/irq/7/smp_affinity_list"), "0-71")
        self.host("nothing", rc=2)


unittest.main(verbosity=1, warnings="ignore")
