# SPDX-License-Identifier: BSD-3-Clause
"""The rows of one replay against what happened, for differential.py."""
import csv

import differential_kit as kit

AROUND = 6  # messages that a hole's surroundings are known to: lines are cut into different packets
S = kit.S


class Row:
    __slots__ = (*kit.COLUMNS, "vwap", "flags", "raw", "revised", "known")


def read_rows(path):
    out = {}
    with open(path, newline="", encoding="ascii") as f:
        for raw in csv.DictReader(f):
            r = Row()
            for c in kit.COLUMNS:
                setattr(r, c, int(raw[c]) if c in ("volume", "trades") else kit.e6(raw[c]))
            r.vwap, r.flags, r.raw, r.revised, r.known = raw["vwap"], set(raw["flags"].split("|")), raw, False, True
            out[raw["symbol"], raw["span"], kit.ns_of(raw["open_ts"])] = r
    return out


def name(key):
    return f"{key[0]} {key[1]} {key[2]}"


class Rows:
    def __init__(self, tmp, heard, scenario):
        self.heard, self.scenario = heard, scenario
        self.rows = read_rows(f"{tmp}/o.bars.csv")
        with open(f"{tmp}/o.revisions.csv", newline="", encoding="ascii") as f:
            self.revisions = list(csv.DictReader(f))
        self.prints, self.revised = kit.read_prints(f"{tmp}/m.trades.csv")

    def all(self, clean):
        """What is wrong, the first of each kind."""
        out = [*self.within(), *self.between(), *self.apply_revisions()]
        out += self.true_rows() if clean else self.true_but_for_holes()
        return out

    def within(self):
        """What holds in every row."""
        last = None
        spans = list(kit.SPANS)
        for key, r in self.rows.items():
            raw, what = r.raw, None
            order = (kit.ns_of(raw["close_ts"]), spans.index(raw["span"]), raw["symbol"].encode())
            if last is not None and order <= last:
                what = "rows out of order"
            last = order
            buy, sell, rest = (int(raw[c + "_volume"]) for c in ("buy", "sell", "unsigned"))
            if buy + sell + rest != r.volume or int(raw["delta"]) != buy - sell:
                what = "volumes by side do not add up"
            elif ("FILL" in r.flags) != (r.trades == 0) or (r.trades == 0 and r.volume):
                what = "FILL and prints disagree"
            elif r.open is not None and not (r.low <= r.open <= r.high and r.low <= r.close <= r.high):
                what = "open or close outside low and high"
            elif r.trades == 0 and kit.session(key[2]) == 0:
                what = "idle row outside sessions"
            if what:
                yield f"{what}: {name(key)}"
                return

    def between(self):
        """No interval is missing behind an instrument's first row, but outside sessions."""
        before = {}
        for symbol, span, at in self.rows:
            step, last = kit.SPANS[span] * S, before.get((symbol, span))
            before[symbol, span] = at
            if last is None or at == last + step or kit.session(last) == 0 or kit.session(at) == 0:
                continue
            gone = [t for t in range(last + step, at, step) if kit.session(t)]
            if gone:
                yield f"{len(gone)} rows missing: {name((symbol, span, gone[0]))}"
                return

    def apply_revisions(self):
        """Rows become what they are in the end; each revision starts where the one before ended."""
        bad, number = [], {}
        for raw in self.revisions:
            key = (raw["symbol"], raw["span"], kit.ns_of(raw["open_ts"]))
            number[key] = number.get(key, 0) + 1
            if int(raw["revision"]) != number[key]:
                bad.append(f"revision {raw['revision']}, wanted {number[key]}: {name(key)}")
            r = self.rows.get(key)
            if r is None:
                r = self.rows[key] = Row()
                r.open = r.high = r.low = r.close = None
                r.volume = r.trades = 0
                r.vwap, r.flags, r.raw, r.revised, r.known = "", {"FILL"}, None, False, True
            if raw["volume_before"] != "" and r.known:
                was = self.columns(raw, "before")
                if any(getattr(r, c) != was[c] for c in kit.COLUMNS):
                    bad.append(f"a revision does not start where the row was: {name(key)}")
            r.revised, r.known = True, raw["volume_after"] != ""
            if r.known:
                for c, v in self.columns(raw, "after").items():
                    setattr(r, c, v)
                r.vwap = raw["vwap_after"]
        return bad[:1]

    @staticmethod
    def columns(raw, when):
        return {c: int(raw[f"{c}_{when}"]) if c in ("volume", "trades") else kit.e6(raw[f"{c}_{when}"]) for c in kit.COLUMNS}

    def differs(self, key, want):
        """Why a row is not what it should be, or None. want None: it holds no prints."""
        r = self.rows.get(key)
        if want is None:
            return f"{r.trades} prints, wanted none" if r is not None and r.known and r.trades else None
        if r is None:
            return "is missing"
        if not r.known:
            return "unknown after its revision"
        for c in kit.COLUMNS:
            if getattr(r, c) != getattr(want, c):
                return f"{c} {getattr(r, c)}, wanted {getattr(want, c)}"
        vwap = want.notional / want.eligible / 1e6 if want.eligible else None
        if (vwap is None) != (r.vwap == "") or (vwap is not None and abs(float(r.vwap) - vwap) > 1e-9 * vwap):
            return f"vwap {r.vwap}, wanted {vwap}"
        if r.revised:
            return None
        if want.auction != ("AUCTION" in r.flags):
            return "AUCTION" + (" missing" if want.auction else " not wanted")
        exact = round(float(r.raw["sign_exact"]) * r.volume)
        if exact != want.exact or (want.exact == want.volume and int(r.raw["buy_volume"]) != want.buy):
            return f"{exact} shares with a known aggressor, wanted {want.exact}"
        return None

    def true_rows(self):
        """Nothing was lost: every row is what happened, and says nothing else."""
        want = kit.bars_of(self.prints, self.revised)
        bad = [f"{name(k)}: {why}" for k in {*want, *self.rows} if (why := self.differs(k, want.get(k)))]
        flagged = [f"{name(k)}: {flag}" for k, r in self.rows.items() for flag in ("GAP", "BOOK_SUSPECT") if flag in r.flags]
        # Swapped heartbeats are pauses, and a channel that holds a packet for its turn does not speak.
        spoke = "--loss" not in self.scenario.lines and self.scenario.pause_ns + self.scenario.hold_ns < kit.SILENCE_NS
        stale = [name(k) for k, r in self.rows.items() if spoke and "STALE" in r.flags]
        out = [f"{len(bad)} rows are not true, first {min(bad)}"] if bad else []
        out += [f"{len(flagged)} rows are flagged though nothing was lost, first {min(flagged)}"] if flagged else []
        return out + ([f"{len(stale)} rows are STALE though all lines spoke, first {min(stale)}"] if stale else [])

    def lateness(self, venue):
        """Of the replay, in ns."""
        o = self.scenario.options
        text = o[o.index("--lateness") + 1] if "--lateness" in o else ""
        units = {"ms": 10 ** 6, "s": S, "0": 0}
        for part in text.split(","):
            who, _, much = part.rpartition("=")
            if part and who.lower() in ("", venue):
                unit = next(u for u in ("ms", "s", "0") if much.endswith(u))
                return int(much.removesuffix(unit) or 0) * units[unit] if unit != "0" else 0
        return kit.LATENESS[venue]

    def windows(self, venue):
        """For each hole: from which time on rows may have lost something, and up to which."""
        h, lateness = self.heard[venue], self.lateness(venue)
        clock, n = h.stream.clock, h.stream.n
        for a, b in h.missing():
            low = clock[max(a - 1 - AROUND, 0)] - lateness - 11 * S // 10
            high = clock[b + 1 + AROUND] + 11 * S // 10 if b + 1 + AROUND <= n else 2 ** 62
            yield a, b, low, high

    def true_but_for_holes(self):
        gone = {v: h.lost | h.doubtful for v, h in self.heard.items()}
        sure = {v: h.lost for v, h in self.heard.items()}
        windows = {v: list(self.windows(v)) for v in self.heard}
        told = [r for r in self.revised if r.seq not in gone[r.venue]]
        excused = set()  # rows about which a lost break says nothing, or whose lost print was late
        for r in self.revised:
            if r.seq in gone[r.venue]:
                excused |= {k for p in self.prints if p.key == r.key for k in kit.bars_with(p)}
        must = {}
        for p in self.prints:
            if p.seq not in gone[p.venue]:
                continue
            h = self.heard[p.venue]
            a = next(a for a, b, _, _ in windows[p.venue] if a <= p.seq <= b)
            late = p.late or p.ts < h.stream.clock[a - 1] - self.lateness(p.venue)
            for k in kit.bars_with(p):
                if late or p.seq not in sure[p.venue]:
                    excused.add(k)
                else:
                    must.setdefault(k, p)
        begun = min((low for w in windows.values() for _, _, low, _ in w), default=2 ** 62)
        want = kit.bars_of(self.prints, told)
        return self.judge(want, must, excused, begun, [w for ws in windows.values() for w in ws])

    def judge(self, want, must, excused, begun, windows):
        unflagged = [f"{name(k)}: a print of message {p.seq} at {p.venue}" for k, p in must.items()
                     if k in self.rows and "GAP" not in self.rows[k].flags and k not in excused and self.rows[k].raw]
        untrue, idle_gap = [], []
        for k in {*want, *self.rows}:
            r = self.rows.get(k)
            end = k[2] + kit.SPANS[k[1]] * S
            if k in excused or (r is None and end > begun) or (r is not None and r.flags & {"GAP", "BOOK_SUSPECT"}):
                continue
            if why := self.differs(k, want.get(k)):
                untrue.append(f"{name(k)}: {why}")
        for k, r in self.rows.items():
            end = k[2] + kit.SPANS[k[1]] * S
            if "GAP" in r.flags and not any(k[2] <= high and end > low for _, _, low, high in windows):
                idle_gap.append(name(k))
        out = [f"{len(unflagged)} rows lost a print and are not GAP, first {min(unflagged)}"] if unflagged else []
        out += [f"{len(untrue)} rows are not true and not flagged, first {min(untrue)}"] if untrue else []
        return out + ([f"{len(idle_gap)} rows are GAP where nothing may be missing, first {min(idle_gap)}"] if idle_gap else [])
