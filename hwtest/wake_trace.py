# SPDX-License-Identifier: BSD-3-Clause
"""What threads did between two moments, by the kernel's own trace of its scheduler (root): asleep, waiting for a cpu, on one."""
import atexit
import os
import re
import time

ROOT = "/sys/kernel/tracing"
LINE = re.compile(r"\s(\d+\.\d+): (\w+)(?:: |\()(.*)")
PAIR = re.compile(r"(\w+)=(\S+)")


def put(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


class Trace:
    """Of some threads, by id; senders: those of which each call of sendto is told, too."""

    def __init__(self, threads, senders):
        self.threads = {int(t) for t in threads}
        self.at = f"{ROOT}/instances/wirebar{os.getpid()}"
        os.mkdir(self.at)
        atexit.register(self.close)
        put(f"{self.at}/trace_clock", "mono")
        put(f"{self.at}/buffer_size_kb", str(48 * 1024))
        either = " || ".join(f"prev_pid == {t} || next_pid == {t}" for t in self.threads)
        put(f"{self.at}/events/sched/sched_switch/filter", either)
        put(f"{self.at}/events/sched/sched_wakeup/filter", " || ".join(f"pid == {t}" for t in self.threads))
        put(f"{self.at}/events/syscalls/sys_enter_sendto/filter", " || ".join(f"common_pid == {t}" for t in senders))
        for event in ("sched/sched_switch", "sched/sched_wakeup", "syscalls/sys_enter_sendto"):
            put(f"{self.at}/events/{event}/enable", "1")
        self.utc_s = time.time() - time.monotonic()  # of the trace's clock

    def close(self):
        if os.path.isdir(self.at):
            os.rmdir(self.at)

    def end(self):
        """Returns for each thread its (utc_s, state) in order of time, and utc_s of each sendto."""
        put(f"{self.at}/tracing_on", "0")  # before it is read: reading what grows takes long
        was, sent = {t: [] for t in self.threads}, []
        with open(f"{self.at}/trace", encoding="utf-8", errors="replace") as f:
            for line in f:
                found = LINE.search(line)
                if not found:
                    continue
                at, event, said = float(found[1]) + self.utc_s, found[2], dict(PAIR.findall(found[3]))
                if event == "sys_sendto":
                    sent.append(at)
                elif event == "sched_wakeup":
                    was.setdefault(int(said["pid"]), []).append((at, "waits"))
                else:
                    was.setdefault(int(said["prev_pid"]), []).append((at, "waits" if said["prev_state"].startswith("R") else "sleeps"))
                    was.setdefault(int(said["next_pid"]), []).append((at, "runs"))
        self.close()
        return {t: was[t] for t in self.threads}, sent


def spent(states, begin, end, at=0):
    """us of a thread in each state between two moments; at: where to look from. Returns them and where to go on looking."""
    total = {"sleeps": 0.0, "waits": 0.0, "runs": 0.0}
    while at + 1 < len(states) and states[at + 1][0] <= begin:
        at += 1
    for i in range(at, len(states)):
        since, until = max(states[i][0], begin), min(states[i + 1][0] if i + 1 < len(states) else end, end)
        if states[i][0] >= end:
            break
        total[states[i][1]] += max(0.0, until - since) * 1e6
    return total, at
