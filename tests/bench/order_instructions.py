#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What 500 resting orders of ours cost the hot path of a market of 8,000 instruments, in instructions per message.

Usage: WIREBAR_BIN=... MARKETGEN_BIN=... order_instructions.py [COMPILER ARCH BUILDTYPE SANITIZE]
The whole program replays a generated market with and without the orders, under valgrind's callgrind, which counts within the
receiver, the engine and its seals (with orders: within what tells the paper exchange of times, too); a replay that ends where the orders
arrive is taken off, so the start of day is not in it. The orders rest near the touch of every sixteenth instrument. Fails
over 3 %. Skips (77) without valgrind and in builds of another kind than instructions.txt names."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LIMIT = 0.03
INSTRUMENTS, ORDERS, MESSAGES, SHARE = 8000, 500, 300000, 0.2
MADE_WITH = ["gcc-12", "x86-64-v2", "release", "none"]
EDT = 4 * 3600 * 10**9
OFF = 200  # two cents from the touch, in wire units


def messages(data):
    """Each ITCH message with the end of its frame and the second of its capture."""
    at = 24
    while at + 16 <= len(data):
        second, _, size, _ = struct.unpack_from("<IIII", data, at)
        place, at = at + 16 + 42 + 20, at + 16 + size
        count = struct.unpack_from(">H", data, place - 2)[0]
        for _ in range(count if count != 65535 else 0):
            size = struct.unpack_from(">H", data, place)[0]
            yield data[place + 2:place + 2 + size], at, second
            place += 2 + size


class Book:
    def __init__(self):
        self.orders, self.names = {}, {}

    def take(self, m):
        kind, locate = m[:1], m[1:3]
        if kind == b"R":
            self.names[locate] = m[11:19].decode().strip()
        elif kind in (b"A", b"F"):
            self.orders[m[11:19]] = [locate, m[19:20], *struct.unpack_from(">I8xI", m, 20)]
        elif kind in (b"E", b"C", b"X") and m[11:19] in self.orders:
            order = self.orders[m[11:19]]
            order[2] -= struct.unpack_from(">I", m, 19)[0]
            if order[2] <= 0:
                del self.orders[m[11:19]]
        elif kind == b"D":
            self.orders.pop(m[11:19], None)
        elif kind == b"U" and m[11:19] in self.orders:
            locate, side, _, _ = self.orders.pop(m[11:19])
            self.orders[m[19:27]] = [locate, side, *struct.unpack_from(">II", m, 27)]

    def best(self):
        found = {}
        for locate, side, _, price in self.orders.values():
            better = max if side == b"B" else min
            found[locate, side] = better(price, found.get((locate, side), price))
        return found


def script(market, path, short):
    """Orders from SHARE of the messages on, near the touch, or by themselves where there is none. Returns how many messages
    come after, and writes the capture that ends there."""
    with open(market, "rb") as f:
        data = f.read()
    all_of, book, at = list(messages(data)), Book(), 0
    n = int(len(all_of) * SHARE)
    for m, at, second in all_of[:n]:
        book.take(m)
    ns = second // 86400 * 86400 * 10**9 + EDT + int.from_bytes(m[5:11], "big")
    best, names = book.best(), sorted(book.names.items(), key=lambda x: x[1])
    with open(path, "w", encoding="ascii") as f:
        for i in range(ORDERS):
            locate, name = names[i * len(names) // ORDERS]
            side, off, alone = ((b"B", -OFF, 100), (b"S", OFF, 1999990000))[i % 2]
            price = best[locate, side] + off if (locate, side) in best else alone
            f.write("%d,new,%d,%s,itch,%s,100,%.4f,day\n" % (ns, i + 1, name, side.decode(), price / 10000))
    with open(short, "wb") as f:
        f.write(data[:at])
    return len(all_of) - n


def count(tmp, capture, *options):
    function = "ingest_paper_apply" if options else "engine_apply"
    prefix = "wb_cost%d_%s" % (os.getpid(), os.path.basename(capture)[0] + function[0])
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
                          "--toggle-collect=receiver_push", "--toggle-collect=engine_seal", "--toggle-collect=" + function,
                          os.environ["WIREBAR_BIN"], "replay", capture, "--file-prefix", prefix, *options],
                         capture_output=True, text=True, timeout=600,
                         env=dict({"RUNTIME_DIRECTORY": tmp}, **os.environ))
    if run.returncode:
        sys.exit("order_instructions: %s\n%s%s" % (" ".join(run.args), run.stdout, run.stderr))
    return int(re.search(r"Collected\s*:\s*(\d+)", run.stderr).group(1)), run.stdout


def main():
    if sys.argv[1:] and sys.argv[1:] != MADE_WITH:
        print("skipped: the limit is for %s, this build is %s" % (" ".join(MADE_WITH), " ".join(sys.argv[1:])))
        return 77
    if not shutil.which("valgrind"):
        print("skipped: needs valgrind (apt-get install valgrind)")
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([os.environ["MARKETGEN_BIN"], "--out", tmp + "/whole", "--venues", "itch", "--instruments", str(INSTRUMENTS),
                        "--messages", str(MESSAGES), "--duration", "60s", "--halts", "0"], check=True, capture_output=True)
        whole, short, orders = tmp + "/whole.itch.a.pcap", tmp + "/before.pcap", tmp + "/orders.csv"
        n = script(whole, orders, short)
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(count, tmp, capture, *options) for options in ((), ("--paper-script", orders)) for capture in (whole, short)]
            (without, _), (start, _), (having, said), (start_having, _) = [j.result() for j in jobs]
    resting, fills = (int(re.search(word + r" (\d+)", said).group(1)) for word in ("orders", "fills"))
    plain, ours = (without - start) / n, (having - start_having) / n
    more = ours / plain - 1
    print("%d orders (%d fills) at %d instruments, %d messages: %.1f instructions a message, without orders %.1f: %+.2f %%, at most "
          "%.1f %%" % (resting, fills, INSTRUMENTS, n, ours, plain, 100 * more, 100 * LIMIT))
    return 0 if resting == ORDERS and 0 < more <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
