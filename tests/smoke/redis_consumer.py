#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A consumer of what wirebar hands to Redis, without a package: sleeps in XREAD, and prints the newest row of one instrument
and span whenever it is woken. Usage: redis_consumer.py SOCKET SYMBOL SPAN [ROWS]"""
import sys

from redis_kit import Client, arrow, fields
from smoke_kit import wait_for


def connect(path):
    try:
        return Client(path, timeout=None)
    except OSError:
        return None


def main():
    path, symbol, span = sys.argv[1:4]
    rows = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    redis, last, seen = wait_for(lambda: connect(path)), "0", 0
    while not rows or seen < rows:
        for last, flat in redis("XREAD", "BLOCK", 0, "STREAMS", "stream:new_bar", last)[0][1]:
            entry = fields(flat)
            if (entry["symbol"], entry["span"]) != (symbol, span):
                continue
            _, window = arrow(redis("GET", f"bars:{symbol}:{span}"))
            newest = window[-1]
            print(f"n {entry['n']}: woken by close_ts {entry['close_ts']}; {len(window)} rows, the newest closes at {newest['close_ts']}: "
                  f"close {newest['close']}, volume {newest['volume']}, ema9 {newest['ema9']}", flush=True)
            seen += 1


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, OSError):
        pass
