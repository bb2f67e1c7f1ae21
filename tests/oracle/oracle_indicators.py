# SPDX-License-Identifier: BSD-3-Clause
"""Indicator columns against pandas' ewm(adjust=False), a plain Wilder loop, and running sums per session."""
import numpy as np
import pandas as pd

import oracle_kit as kit
from oracle_book import session_key, session_of


def ewm(x, n):
    return x.ewm(alpha=2 / (n + 1), adjust=False).mean()


def wilder(x, n=14):
    """RSI of a list of closes: SMA seed over the first n differences."""
    out, gain, loss = [np.nan] * len(x), 0.0, 0.0
    for i in range(1, len(x)):
        up, down = max(x[i] - x[i - 1], 0), max(x[i - 1] - x[i], 0)
        if i <= n:
            gain, loss = gain + up / n, loss + down / n
        elif up + down > 0 or gain + loss > 1e-100:  # the ratio stays when both only decay: not into subnormal numbers
            gain, loss = (gain * (n - 1) + up) / n, (loss * (n - 1) + down) / n
        if i >= n:
            out[i] = 100 * gain / (gain + loss) if gain + loss else 50.0
    return np.array(out)


def price_columns(x_e6):
    """All columns that close_filled alone decides, over rows where it is known."""
    x = x_e6 / 1e6
    macd = ewm(x, 12) - ewm(x, 26)
    signal = ewm(macd, 9)
    exact = (x_e6 // 1).astype(np.int64).to_numpy()
    return {"ema9": ewm(x, 9), "ema21": ewm(x, 21), "macd": macd, "macd_signal": signal, "macd_hist": macd - signal,
            "rsi14": wilder([int(v) for v in exact])}


def expect_filled(rows):
    """close_filled itself: close carried forward."""
    close = rows["close"].where(rows["close"] != kit.NULL).ffill()
    return close.fillna(kit.NULL).astype(np.int64)


def compare_column(name, rows, column, want, scale=0):
    ok = kit.near(rows[column], want, scale)
    if not ok.all():
        bad = rows[~ok]
        kit.report(name, bad, column, bad[column], np.asarray(want)[~ok])


def compare_prices(name, rows):
    filled = expect_filled(rows)
    if not (filled == rows["close_filled"]).all():
        bad = rows[filled != rows["close_filled"]]
        kit.report(name, bad, "close_filled", bad["close_filled"], filled[bad.index])
    known = rows["close_filled"] != kit.NULL
    x = rows.loc[known, "close_filled"]
    if not rows.loc[~known, ["ema9", "ema21", "macd", "macd_signal", "macd_hist", "rsi14"]].isna().all(axis=None):
        kit.fail(f"{name}: indicators without a close")
    if not len(x):
        return
    for column, want in price_columns(x).items():
        scale = (x / 1e6).to_numpy() if column.startswith("macd") else 1e-3
        compare_column(name, rows[known], column, want, scale)
    delta = x.diff()
    got = rows.loc[known, "delta_price"].where(rows.loc[known, "delta_price"] != kit.NULL)
    if not (delta.isna() == got.isna()).all() or (delta.fillna(0) != got.fillna(0)).any():
        kit.fail(f"{name}: delta_price is not the difference of close_filled")
    if (rows.loc[known, "warm_count"].to_numpy() != np.arange(1, known.sum() + 1)).any():
        kit.fail(f"{name}: warm_count does not count")


def compare_flow(name, rows):
    signed = rows["buy_volume"] + rows["sell_volume"]
    pressure = (rows["delta"] / signed.where(signed > 0)).fillna(0)
    scale = rows["delta"].abs().expanding().max().to_numpy()
    compare_column(name, rows, "directional_pressure", pressure)
    compare_column(name, rows, "delta_ema9", ewm(rows["delta"].astype(float), 9), scale)
    compare_column(name, rows, "pressure_ema9", ewm(pressure, 9), 1)
    compare_column(name, rows, "ofi_ema9", ewm(rows["ofi"].astype(float), 9), rows["ofi"].abs().expanding().max().to_numpy())
    compare_column(name, rows, "obi_ema9", rows["obi"].dropna().pipe(ewm, 9).reindex(rows.index).ffill(), 1)
    bid, ask = rows["bid"] != kit.NULL, rows["ask"] != kit.NULL
    sizes = (rows["bid_size"] + rows["ask_size"]).astype(float).where(bid | ask)
    compare_column(name, rows, "obi", (rows["bid_size"] - rows["ask_size"]) / sizes, 1)
    micro = (rows["bid"] * rows["ask_size"].astype(float) + rows["ask"] * rows["bid_size"].astype(float)) / sizes / 1e6
    compare_column(name, rows, "microprice", micro.where(bid & ask))
    if (rows["spread"] != np.where(bid & ask, rows["ask"] - rows["bid"], kit.NULL)).any():
        kit.fail(f"{name}: spread is not ask - bid")


def compare_sessions(name, rows, want):
    key = rows["open_ns"].map(session_key)
    cvd = rows["delta"].groupby(key.to_numpy()).cumsum()
    if (cvd.to_numpy() != rows["cvd"].to_numpy()).any():
        kit.fail(f"{name}: cvd is not the running sum of delta within each session")
    sums = rows[["open_ns"]].merge(want[["open_ns", "notional", "eligible"]], on="open_ns", how="left").fillna(0)
    run = sums[["notional", "eligible"]].groupby(key.to_numpy()).cumsum()
    compare_column(name, rows, "vwap_session", run["notional"] / run["eligible"].where(run["eligible"] > 0) / 1e6)


def compare_grid(name, rows, span):
    """One row for every interval of the sessions, from the first print's to the last row."""
    step = kit.SPANS[span] * 10 ** 9
    have = set(rows["open_ns"])
    grid = range(rows["open_ns"].iloc[0], rows["open_ns"].iloc[-1] + 1, step)
    missing = [t for t in grid if t not in have and session_of(t)]
    if missing or len(have) != len(rows):
        kit.fail(f"{name}: {len(missing)} intervals without a row, {len(rows) - len(have)} doubled; first missing {missing[:1]}")
    outside = rows[(rows["trades"] == 0) & rows["open_ns"].map(lambda t: session_of(t) is None)]
    if len(outside):
        kit.fail(f"{name}: {len(outside)} FILL rows outside sessions")


def compare_indicators(name, bars, want):
    """Every instrument and span. Returns how many series."""
    groups = bars.sort_values("open_ns", kind="stable").groupby(["symbol", "span"])
    wanted = dict(list(want.groupby(["symbol", "span"])))
    for (symbol, span), rows in groups:
        rows = rows.reset_index(drop=True)
        text = f"{name} {symbol} {span}"
        if (symbol, span) not in wanted:
            kit.fail(f"{text}: rows without prints")
            continue
        compare_grid(text, rows, span)
        compare_prices(text, rows)
        compare_flow(text, rows)
        compare_sessions(text, rows, wanted[symbol, span])
    return len(groups)
