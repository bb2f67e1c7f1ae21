#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The same capture, replayed from the file and received over a veth pair by an AF_XDP port and by an af_packet port, gives
# the same bars, byte for byte; or the summary names the sequence ranges that the port missed, and only bars that
# those touched differ. The live clock starts at the first packet (clock_anchor).
# Usage: bars_test.sh   WIREBAR_RATE: frames a second (20000)
. "$(dirname "$0")/lib.sh"
hw_need python3

rate=${WIREBAR_RATE:-20000}
wirebar=$HW_BUILD/app/wirebar/wirebar
"$HW_BUILD/app/marketgen/marketgen" --out "$HW_DIR/m" --seed 11 --instruments 300 --messages 150k --start 09:29:50 --duration 40s \
	--date 2026-03-10 2>/dev/null
captures=("$HW_DIR/m.itch.a.pcap" "$HW_DIR/m.iex.a.pcap")

conf() { # DEVICE
	cat <<END
[bars]
instruments = 4000
orders = 200000
levels = 200000
grace = 60s
[feed]
date = 2026-03-10
[run]
share_cpu = yes
clock_anchor = first_packet
stop_idle = 2s
full_link = wait
END
	hw_conf "$1" wbhw$$ export
}

"$wirebar" replay "${captures[@]}" --quiet --bars "$HW_DIR/replay.csv" --summary "$HW_DIR/replay.json" \
	--set bars.instruments=4000 --set bars.orders=200000 --set bars.levels=200000

live() { # NAME DEVICE
	conf "$2" >"$HW_DIR/$1.conf"
	hw_start "$1" --bars "$HW_DIR/$1.csv"
	hw_send --speed "$rate" "${captures[@]}" >"$HW_DIR/$1.sent"
	wait "$hw_started" || [ $? = 3 ] || { cat "$HW_DIR/$1.err" >&2; hw_fail "$1 ended with an error"; }
	python3 - "$1" "$HW_DIR" <<'END'
import csv, json, sys
name, folder = sys.argv[1:]
want, got = (list(csv.DictReader(open(f"{folder}/{n}.csv"))) for n in ("replay", name))
ref, live = (json.load(open(f"{folder}/{n}.json")) for n in ("replay", name))
sent = json.load(open(f"{folder}/{name}.sent"))
print(f"{name}: sent {sent['frames']} frames; handled {live['frames']}, port missed {live['port_missed']}, "
      f"gap messages {live['gap_messages']}; {len(got)} bars, replay {len(want)}")
if not live["ledger_balanced"] or live["exit_code"] not in (0, 3) or not want:
    sys.exit(f"failed: {name}: the ledger does not balance, or there are no bars")
if live["sha256"] == ref["sha256"]:
    print(f"{name}: bars equal the replay's, sha256 {live['sha256'][:16]}")
    sys.exit(0)
if not live["gap_messages"] or not live["holes"]:
    sys.exit(f"failed: {name}: bars differ though nothing is said to be missing")
# Lost frames: holes are named, and rows that differ say so.
key = lambda r: (r["symbol"], r["span"], r["open_ts"])
a, b = ({key(r): r for r in rows} for rows in (want, got))
for hole in live["holes"][:5]:
    print(f"{name}: lost on channel {hole['channel']}: {hole['first_seq']} to {hole['last_seq']}")
sums = ("open", "high", "low", "close", "volume", "trades")
silent = [k for k, r in b.items() if k in a and any(r[c] != a[k][c] for c in sums)
          and not {"GAP", "BOOK_SUSPECT"} & set(r["flags"].split("|"))]
if silent:
    sys.exit(f"failed: {name}: {len(silent)} bars differ without a flag, first {silent[0]}")
print(f"{name}: every bar that differs is flagged")
END
}

hw_wire 1500
live af_packet "$HW_AF_PACKET"
live af_xdp "$HW_AF_XDP"
