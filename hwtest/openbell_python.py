#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The shape of the engine that wirebar replaces: one Python interpreter, asyncio, pandas. A reader parses MoldUDP64 and ITCH
5.0 message by message, with the orders in a dict, and puts prints into an asyncio.Queue; one consumer keeps the ticks of each
instrument, and when a second is over makes its bars and EMA, MACD and RSI of the last closes with pandas. Plays a capture
(pcap, ns) at its own pace or flat out, and measures its own lag. It makes 1 s bars only; wirebar makes six spans.

  --style each       a DataFrame per instrument and second, as the replaced engine did
  --style grouped    one DataFrame a second, grouped by instrument, indicators over a wide frame: kinder to pandas

What comes before --from (the books of before the open) is read before the clock starts, and is no part of any figure.
A row of the series per 100 ms of market time: its end, s since 09:30; lag of prints (exchange time to handed to their
instrument) n, p50, p99, max; and bars handed out (close to indicators there) n, p50, p99, max; all lags in ms."""
import argparse
import asyncio
import mmap
import struct
import sys
import time

import pandas as pd

HISTORY, SECOND, BUCKET = 120, 10**9, 10**8
UDP_PAYLOAD, MOLD_HEADER = 42, 20


class Clock:
    """Market time: stands still until begun, then goes as wall time does. Flat out it is that of the newest packet."""

    def __init__(self, paced):
        self.paced, self.first_ns, self.begun = paced, None, None

    def begin(self, ns):
        self.first_ns, self.begun = ns, time.perf_counter_ns()

    def now(self):
        return self.first_ns + time.perf_counter_ns() - self.begun if self.begun else 0

    def wall_s(self):
        return (time.perf_counter_ns() - self.begun) / 1e9 if self.begun else 0


class Lags:
    """Lags by bucket of market time."""

    def __init__(self):
        self.of = {}

    def add(self, ns, lag_ns):
        self.of.setdefault(ns // BUCKET, []).append(lag_ns)

    def row(self, bucket):
        v = sorted(self.of.get(bucket, ()))
        if not v:
            return "0 nan nan nan"
        return "%d %.6f %.6f %.6f" % (len(v), *(v[min(len(v) - 1, int(len(v) * q))] / 1e6 for q in (0.5, 0.99)), v[-1] / 1e6)


class Reader:
    def __init__(self, queue, midnight_ns):
        self.queue, self.midnight_ns = queue, midnight_ns
        self.symbols, self.orders, self.messages = {}, {}, 0

    def take(self, m):
        """One message."""
        kind, locate, ns = m[0:1], int.from_bytes(m[1:3], "big"), self.midnight_ns + int.from_bytes(m[5:11], "big")
        self.messages += 1
        if kind in (b"A", b"F"):
            ref, _, shares, _, price = struct.unpack_from(">QcI8sI", m, 11)
            self.orders[ref] = [shares, price]
        elif kind == b"E":
            ref, shares = struct.unpack_from(">QI", m, 11)
            self.put(ns, locate, self.orders[ref][1], shares)
            self.reduce(ref, shares)
        elif kind == b"D":
            self.orders.pop(int.from_bytes(m[11:19], "big"), None)
        elif kind == b"U":
            old, new, shares, price = struct.unpack_from(">QQII", m, 11)
            self.orders.pop(old, None)
            self.orders[new] = [shares, price]
        elif kind == b"X":
            self.reduce(*struct.unpack_from(">QI", m, 11))
        elif kind == b"P":
            shares, _, price = struct.unpack_from(">I8sI", m, 20)
            self.put(ns, locate, price, shares)
        elif kind == b"C":
            ref, shares, _, printable, price = struct.unpack_from(">QIQcI", m, 11)
            if printable == b"Y":
                self.put(ns, locate, price, shares)
            self.reduce(ref, shares)
        elif kind == b"Q":
            shares, _, price = struct.unpack_from(">Q8sI", m, 11)
            if shares:
                self.put(ns, locate, price, shares)
        elif kind == b"R":
            self.symbols[locate] = m[11:19].decode().rstrip()

    def reduce(self, ref, shares):
        order = self.orders[ref]
        order[0] -= shares
        if order[0] <= 0:
            del self.orders[ref]

    def put(self, ns, locate, price, shares):
        self.queue.put_nowait((ns, self.symbols[locate], price / 10000, shares))

    async def read(self, packets, clock, from_ns, limit):
        for at_ns, payload in packets:
            if at_ns >= from_ns and not clock.begun:
                await self.queue.join()
                self.messages = 0
                clock.begin(at_ns)
            wait_ns = at_ns - clock.now() if clock.paced and clock.begun else 0
            await asyncio.sleep(wait_ns / 1e9 if wait_ns > 0 else 0)
            at = MOLD_HEADER
            for _ in range(int.from_bytes(payload[18:20], "big") % 0xFFFF):
                n = int.from_bytes(payload[at:at + 2], "big")
                self.take(payload[at + 2:at + 2 + n])
                at += 2 + n
            if clock.wall_s() > limit:
                return False
        return True


def indicators(closes):
    """Of one instrument's closes (Series), or of many (DataFrame): the newest values."""
    ema = {n: closes.ewm(span=n, adjust=False).mean() for n in (9, 12, 21, 26)}
    macd = ema[12] - ema[26]
    change = closes.diff()
    up, down = (change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean(),
                (-change.clip(upper=0)).ewm(alpha=1 / 14, adjust=False).mean())
    rsi = 100 - 100 / (1 + up / down)
    return [x.iloc[-1] for x in (ema[9], ema[21], macd, macd.ewm(span=9, adjust=False).mean(), rsi)]


class Each:
    def __init__(self):
        self.ticks, self.closes = {}, {}

    def add(self, ns, symbol, price, shares):
        self.ticks.setdefault(symbol, []).append((ns, price, shares))

    def seal(self, second):
        """The bars of the second: yields (symbol, volume, trades, close, indicators)."""
        ticks, self.ticks = self.ticks, {}
        for symbol, rows in ticks.items():
            frame = pd.DataFrame(rows, columns=["ts", "price", "size"])
            frame.index = pd.to_datetime(frame["ts"])
            bars = frame["price"].resample("1s").ohlc()
            volume = frame["size"].resample("1s").sum()
            closes = self.closes.setdefault(symbol, [])
            closes.append(bars["close"].iloc[-1])
            del closes[:-HISTORY]
            yield symbol, int(volume.sum()), len(rows), closes[-1], indicators(pd.Series(closes))


class Grouped:
    def __init__(self):
        self.ticks, self.closes = [], pd.DataFrame()

    def add(self, ns, symbol, price, shares):
        self.ticks.append((symbol, price, shares))

    def seal(self, second):
        ticks, self.ticks = self.ticks, []
        groups = pd.DataFrame(ticks, columns=["symbol", "price", "size"]).groupby("symbol", sort=False)
        bars = groups["price"].agg(["first", "max", "min", "last", "size"])
        volume = groups["size"].sum()
        self.closes = pd.concat([self.closes, bars[["last"]].T.set_axis([second])]).ffill().tail(HISTORY)
        values = pd.concat(indicators(self.closes[bars.index]), axis=1).to_numpy()
        yield from zip(bars.index, volume, bars["size"], bars["last"], values)


class Consumer:
    def __init__(self, queue, clock, store, bars):
        self.queue, self.clock, self.store, self.bars = queue, clock, store, bars
        self.second, self.prints, self.rows, self.volume = None, 0, 0, 0
        self.print_lag, self.bar_lag = Lags(), Lags()

    def seal(self, last=False):
        """Hands out the bars of the second. The last second does not end in the capture: it is no lag's measure."""
        close_ns = (self.second + 1) * SECOND
        for symbol, volume, trades, close, _ in self.store.seal(self.second):
            self.rows += 1
            self.volume += volume
            if self.clock.paced and self.clock.begun and not last:
                self.bar_lag.add(close_ns, self.clock.now() - close_ns)
            if self.bars:
                self.bars.write("%s,%d,%.4f,%d,%d\n" % (symbol, self.second * SECOND, close, volume, trades))

    async def run(self):
        while True:
            ns, symbol, price, shares = await self.queue.get()
            if self.second is None:
                self.second = ns // SECOND
            if ns // SECOND > self.second:
                self.seal()
                self.second = ns // SECOND
            self.store.add(ns, symbol, price, shares)
            if self.clock.begun:
                self.prints += 1
                if self.clock.paced:
                    self.print_lag.add(ns, self.clock.now() - ns)
            self.queue.task_done()


def packets(path):
    """Capture time and UDP payload of each packet of a pcap with nanoseconds, little-endian, as marketgen writes."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != b"\x4d\x3c\xb2\xa1":
            sys.exit("openbell_python: %s is not a pcap with nanoseconds" % path)
        at, end = 24, len(data)
        while at < end:
            s, ns, n = struct.unpack_from("<III", data, at)
            yield s * SECOND + ns, data[at + 16 + UDP_PAYLOAD:at + 16 + n]
            at += 16 + n


async def play(a, clock, reader, consumer):
    task = asyncio.create_task(consumer.run())
    whole = await reader.read(packets(a.capture), clock, a.from_ns, a.seconds)
    while whole and reader.queue.qsize() and clock.wall_s() < a.seconds:
        await asyncio.sleep(0.001)
    task.cancel()
    if whole and not reader.queue.qsize() and consumer.second is not None:
        consumer.seal(last=True)
    return whole


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("capture")
    p.add_argument("--midnight", type=int, required=True, metavar="NS", help="of the capture's day in New York, UTC")
    p.add_argument("--from", type=int, dest="from_ns", default=0, metavar="NS", help="where the clock starts (default: at once)")
    p.add_argument("--style", choices=("each", "grouped"), default="each")
    p.add_argument("--speed", choices=("1x", "max"), default="1x")
    p.add_argument("--seconds", type=float, default=60, metavar="S", help="of wall time, then it stops (default 60)")
    p.add_argument("--series", metavar="FILE", help="lag over time")
    p.add_argument("--bars", metavar="FILE", help="symbol, open, close, volume, trades")
    a = p.parse_args()
    open_ns = a.midnight + 34200 * SECOND
    clock, queue = Clock(a.speed == "1x"), asyncio.Queue()
    bars = open(a.bars, "w") if a.bars else None
    reader = Reader(queue, a.midnight)
    consumer = Consumer(queue, clock, {"each": Each, "grouped": Grouped}[a.style](), bars)
    whole = asyncio.run(play(a, clock, reader, consumer))
    wall_s = clock.wall_s()
    if bars:
        bars.close()
    if a.series:
        with open(a.series, "w") as f:
            for bucket in sorted(set(consumer.print_lag.of) | set(consumer.bar_lag.of)):
                end_s = ((bucket + 1) * BUCKET - open_ns) / 1e9
                print("%.4f" % end_s, consumer.print_lag.row(bucket), consumer.bar_lag.row(bucket), file=f)
    print("openbell=python style=%s speed=%s whole=%d wall_s=%.2f messages=%d prints=%d left=%d rows=%d volume=%d messages_per_s=%.0f "
          "prints_per_s=%.0f" % (a.style, a.speed, whole, wall_s, reader.messages, consumer.prints, queue.qsize(), consumer.rows,
                                 consumer.volume, reader.messages / wall_s, consumer.prints / wall_s))


main()
