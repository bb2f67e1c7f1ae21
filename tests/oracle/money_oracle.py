#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Round trips and equity against a plain computation from the fills and the 1m rows that the same run wrote: fractions,
lists of fills, nothing kept. Markets are generated, with trade breaks; orders are a script by chance. The files are the
same to the byte for every layout."""
import collections
import csv
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

FEES = {"A": -2000, "R": 3000}  # 1e-6 dollar a share
LAYOUTS = (("--burst", "1"), ("--burst", "256"), ("--ingest-lcores", "2"))
MINUTE = 60 * 10**9


def ns_of(text):
    at = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 10**9 + int(text[20:29])


def iso(ns):
    return (datetime(1970, 1, 1) + timedelta(seconds=ns // 10**9)).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 10**9:09}Z"


def micros(text):
    return int(Decimal(text) * 10**6)


def dollars(v):
    text = f"{abs(v) // 10**6}.{abs(v) % 10**6:06}".rstrip("0").rstrip(".")
    return ("-" if v < 0 and text != "0" else "") + text


def half_even(n, d):
    return round(Fraction(n, d))


class Trip:
    """A position from flat to flat."""

    def __init__(self, number, fill):
        self.id, self.opened, self.side = number, fill["ns"], fill["side"]
        self.qty = self.cost = self.realized = self.peak = self.worst = self.best = self.fees = 0
        self.sums = {True: [0, 0], False: [0, 0]}  # opened or added, reduced: shares and money
        self.fills = []

    def look(self, value):
        self.worst, self.best = min(self.worst, value), max(self.best, value)


class Account:
    def __init__(self):
        self.open, self.quote, self.done = {}, {}, []
        self.realized = self.n = self.paid = 0

    def part(self, symbol, fill, qty, fee, number=None):
        """Shares that add to a position, or reduce it to nothing at most."""
        t = self.open.get(symbol)
        if not t:
            self.n += number is None
            t = self.open[symbol] = Trip(number or self.n, fill)
        sign, adds = (1 if fill["side"] == "B" else -1), not t.qty or (t.qty > 0) == (fill["side"] == "B")
        money = qty * fill["px"]
        t.sums[adds][0] += qty
        t.sums[adds][1] += money
        t.fills.append((fill, qty, fee))
        t.fees += fee
        if adds:
            t.cost += money
        else:
            share = half_even(t.cost * qty, abs(t.qty))
            t.cost -= share
            gain = money - share if fill["side"] == "S" else share - money
            t.realized += gain
            self.realized += gain
        t.qty += sign * qty
        t.peak = max(t.peak, abs(t.qty))
        if not t.qty:
            t.look(t.realized)
            self.done.append((fill["ns"], symbol, t))
            del self.open[symbol]

    def fill(self, symbol, fill, qty, fee, number=None):
        t = self.open.get(symbol)
        held = t.qty if t else 0
        if held and (held > 0) != (fill["side"] == "B") and qty > abs(held):
            first = half_even(fee * abs(held), qty)
            self.part(symbol, fill, abs(held), first, number)
            self.part(symbol, fill, qty - abs(held), fee - first)
        else:
            self.part(symbol, fill, qty, fee, number)

    def undo(self, symbol, key, fill):
        t = self.open.get(symbol)
        kept = [(q, fee) for f, q, fee in t.fills if f["key"] == key] if t else []
        if kept:
            del self.open[symbol]
            self.realized -= t.realized
            number, worst, best = t.id, t.worst, t.best
            for f, q, fee in t.fills:
                if f["key"] != key:
                    self.fill(symbol, f, q, fee, number)
                    number = None  # the first that it opens has its number
            if symbol in self.open and self.open[symbol].id == t.id:
                self.open[symbol].worst, self.open[symbol].best = worst, best
        rest = fill["qty"] - sum(q for q, _ in kept)
        if rest:
            other = dict(fill, side="S" if fill["side"] == "B" else "B", key=None)
            self.fill(symbol, other, rest, fill["fee"] + sum(fee for _, fee in kept))

    def unrealized(self, symbol):
        t, (bid, ask) = self.open[symbol], self.quote.get(symbol, (0, 0))
        if t.qty > 0:
            return t.qty * bid - t.cost if bid else 0
        return t.cost + t.qty * ask if ask else 0

    def look(self, symbol):
        if symbol in self.open:
            self.open[symbol].look(self.open[symbol].realized + self.unrealized(symbol))


def trip_row(symbol, t, closed):
    average = {k: dollars(half_even(m, q)) if q else "" for k, (q, m) in t.sums.items()}
    return [str(t.id), symbol, t.side, iso(t.opened), iso(closed) if closed else "", str(t.peak), average[True],
            average[False] if closed else "", dollars(t.realized), dollars(t.fees), dollars(t.realized - t.fees), dollars(t.worst), dollars(t.best),
            "script" if closed else ""]


def expected(fills, bars):
    """Rows of both files."""
    account, seen, equity, end = Account(), set(), [], None
    events = []
    for n, r in enumerate(fills):
        events.append((ns_of(r["ts"]), 1, n, r))
    for n, r in enumerate(bars):
        events.append((ns_of(r["close_ts"]), 0, n, r))
    for ns, is_fill, _, r in sorted(events, key=lambda e: e[:3]):
        while end and (end < ns or (is_fill and end == ns)):
            row(equity, account, end)
            end += MINUTE
        symbol = r["symbol"]
        if not is_fill:
            if symbol in seen:
                old = account.quote.get(symbol, (0, 0))
                account.quote[symbol] = tuple(micros(r[k]) if r[k] else o for k, o in zip(("bid", "ask"), old))
                account.look(symbol)
            continue
        seen.add(symbol)
        end = end or (ns // MINUTE + 1) * MINUTE
        fill = {"ns": ns, "side": r["side"], "px": micros(r["price"]), "key": (r["order_id"], r["fill_id"]), "qty": abs(int(r["qty"])),
                "fee": micros(r["fee"])}
        account.paid += fill["fee"]
        if int(r["qty"]) < 0:
            account.undo(symbol, fill["key"], fill)
        else:
            account.fill(symbol, fill, fill["qty"], fill["fee"])
        account.look(symbol)
    if end:
        row(equity, account, end)
    trips = [trip_row(symbol, t, closed) for closed, symbol, t in account.done]
    rank = {s: n for n, s in reversed(list(enumerate(r["symbol"] for r in fills)))}
    trips += [trip_row(s, account.open[s], None) for s in sorted(account.open, key=rank.get)]
    return trips, equity


def row(equity, account, end):
    unrealized = sum(account.unrealized(s) for s in account.open)
    equity.append([iso(end)] + [dollars(v) for v in (account.realized, unrealized, account.paid, account.realized + unrealized,
                                                     account.realized + unrealized - account.paid)])


def rows(path):
    with open(path, encoding="ascii", newline="") as f:
        return list(csv.DictReader(f))


def replay(files, tmp, *options):
    command = [os.environ["WIREBAR_BIN"], "replay", *map(str, files), "--file-prefix", f"wb_money{os.getpid()}", "--quiet", *options]
    env = dict(os.environ)
    env.setdefault("RUNTIME_DIRECTORY", tmp)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode not in (0, 3):
        sys.exit(f"exit {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")


def script(path, bars, rng):
    """Orders at and through the touch of 1m rows, and market orders, so that positions open, turn and close."""
    orders, n = [], 0
    for r in bars:
        if not r["bid"] or not r["ask"] or rng.random() < .3:
            continue
        for _ in range(4):
            n += 1
            side, qty = rng.choice("BS"), rng.choice((1, 37, 100, 200, 300))
            price = rng.choice((r["bid"], r["ask"], "" if rng.random() < .3 else r["bid" if side == "B" else "ask"]))
            orders.append((ns_of(r["close_ts"]) + rng.randrange(55 * 10**9), "new", n, r["symbol"], rng.choice(("itch", "itch", "iex")),
                           side, qty, price, rng.choice(("day", "ioc"))))
    with open(path, "w", encoding="ascii") as f:
        f.write("ts_ns,action,id,symbol,venue,side,qty,price,tif\n")
        f.writelines(",".join(map(str, o)) + "\n" for o in sorted(orders))


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def told_of_orders(summary, names, fills, exposures):
    """What the summary has of the files of orders and fills: reasons, what resting orders got, turnover, the hash."""
    orders, has = rows(names["orders"]), summary["trading"]
    rejected = collections.Counter(o["reason"] for o in orders if o["event"] == "rejected")
    got = sum(int(f["qty"]) for f in fills if f["liquidity"] == "A" and int(f["qty"]) > 0)
    without = sum(int(o["qty"]) - int(o["filled"]) for o in orders if o["state"] in ("CANCELLED", "EXPIRED") and o["tif"] == "day" and o["price"])
    notional = sum(int(f["qty"]) * Decimal(f["price"]) for f in fills if int(f["qty"]) > 0)
    lines = f"{digest(names['orders'])}  orders\n{digest(names['fills'])}  fills\n"
    want = {"rejected": dict(rejected), "denied": {}, "resting_filled": got, "resting_unfilled": without, "slippage_entry_shares": 0,
            "sha256": hashlib.sha256(lines.encode()).hexdigest()}
    bad = [f"the summary says {k} {has[k]}, should {v}" for k, v in want.items() if has[k] != v]
    for name, value in (("passive_fill_ratio", got / (got + without)), ("turnover", float(notional / exposures))):
        if abs(has[name] - value) > 1e-12 * abs(value):
            bad.append(f"the summary says {name} {has[name]}, should {value}")
    return bad


def told(summary, trips, equity):
    """What the summary has of the same rows."""
    nets = [micros(t[10]) for t in trips if t[4]]
    won, lost = sum(n for n in nets if n > 0), sum(n for n in nets if n < 0)
    high = fall = 0
    for r in equity:
        net = micros(r[5])
        fall, high = max(fall, high - net), max(high, net)
    want = {"net": equity[-1][5], "realized": equity[-1][1], "unrealized": equity[-1][2], "trips": len(nets),
            "wins": sum(n > 0 for n in nets), "losses": sum(n < 0 for n in nets), "won": dollars(won), "lost": dollars(lost),
            "best": dollars(max(nets)), "worst": dollars(min(nets)), "max_drawdown": dollars(fall),
            "longest_ns": max(ns_of(t[4]) - ns_of(t[3]) for t in trips if t[4]), "daily_results": 1, "sharpe": None, "sortino": None,
            "average_win": won / 1e6 / sum(n > 0 for n in nets), "average_loss": lost / 1e6 / sum(n < 0 for n in nets)}
    has = summary["trading"]
    want["gates"] = {"none": {"trips": len(nets), "wins": want["wins"], "losses": want["losses"], "win_rate": want["wins"] / len(nets),
                              "realized": dollars(sum(micros(t[8]) for t in trips if t[4])),
                              "fees": dollars(sum(micros(t[9]) for t in trips if t[4])), "net": dollars(won + lost)}}  # a script's
    return [f"the summary says {k} {has[k]}, should {v}" for k, v in want.items() if has[k] != v]


def market(seed, tmp, failures):
    folder = pathlib.Path(tmp) / str(seed)
    folder.mkdir()
    subprocess.run([os.environ["MARKETGEN_BIN"], "--out", str(folder), "--instruments", "12", "--messages", "120k", "--duration",
                    "10m", "--seed", str(seed), "--breaks", "0.5", "--prints", "0.1", "--halts", "0"], check=True, capture_output=True)
    files, names = sorted(folder.glob("*.pcap*")), {k: f"{folder}/{k}.csv" for k in ("bars", "orders", "fills", "positions", "equity")}
    replay(files, tmp, "--spans", "1m", "--fill", "--bars", names["bars"])
    bars = rows(names["bars"])
    script(f"{folder}/script.csv", bars, random.Random(seed))
    money = ["--paper-script", f"{folder}/script.csv"] + [w for k in ("orders", "fills", "positions", "equity") for w in ("--" + k, names[k])]
    money += ["--set", "fees.rates=" + ",".join(f"{v}:{k}={dollars(f)}" for v in ("NASDAQ", "IEX") for k, f in FEES.items())]
    replay(files, tmp, *money, "--summary", f"{folder}/summary.json")
    fills = rows(names["fills"])
    for name, want in zip(("positions", "equity"), expected(fills, bars)):
        got = [list(r.values()) for r in rows(names[name])]
        for n, (a, b) in enumerate(zip(got, want)):
            if a != b:
                failures.append(f"seed {seed}: {name} row {n}:\n  is     {a}\n  should {b}")
                break
        if len(got) != len(want):
            failures.append(f"seed {seed}: {name} has {len(got)} rows, not {len(want)}")
        said = json.loads(pathlib.Path(folder / "summary.json").read_text(encoding="utf-8"))
        if name not in json.dumps(said):
            failures.append(f"seed {seed}: the summary does not know {name}")
    failures += [f"seed {seed}: a fee of {r['fee']}: {r}" for r in fills if micros(r["fee"]) != int(r["qty"]) * FEES[r["liquidity"]]]
    failures += [f"seed {seed}: {text}" for text in told(json.loads((folder / "summary.json").read_text(encoding="utf-8")),
                                                         *expected(fills, bars))]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    failures += [f"seed {seed}: {text}" for text in told_of_orders(summary, names, fills, Decimal(summary["trading"]["peak_exposure"]))]
    first = {k: pathlib.Path(names[k]).read_bytes() for k in ("fills", "positions", "equity")}
    for layout in LAYOUTS:
        replay(files, tmp, *money, *layout)
        failures += [f"seed {seed}: other {k} with {' '.join(layout)}" for k in first if pathlib.Path(names[k]).read_bytes() != first[k]]
    return len(fills), sum(int(r["qty"]) < 0 for r in fills)


def main():
    seeds = int(sys.argv[sys.argv.index("--seeds") + 1]) if "--seeds" in sys.argv else 2
    failures, n, broken = [], 0, 0
    with tempfile.TemporaryDirectory() as tmp:
        for seed in range(1, seeds + 1):
            fills, breaks = market(seed, tmp, failures)
            n, broken = n + fills, broken + breaks
    print("\n".join(failures) or f"{seeds} markets, {n} fills, {broken} of them breaks: all as computed")
    sys.exit(1 if failures or not n or not broken else 0)


main()
