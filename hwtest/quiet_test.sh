#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A quiet feed (heartbeats only) and a dead one (not even those) are told apart while it happens, on an af_packet port over a
# veth pair: /wirebar/lines and /wirebar/health say so within bars.silence, bars of the quiet time are FILL and IDLE only, bars of the
# dead time STALE, and a feed that comes back is believed again. MoldUDP64, whose heartbeats carry no time, and IEX-TP.
# Usage: quiet_test.sh [itch|iex]...
. "$(dirname "$0")/lib.sh"
hw_need python3

here=$(dirname "$0")
export RUNTIME_DIRECTORY=$HW_DIR

conf() {
	cat <<END_CONF
[bars]
instruments = 1000
orders = 100000
levels = 100000
silence = 2s
grace = 1500ms
[feed]
date = 2026-03-10
[run]
share_cpu = yes
clock_anchor = first_packet
stop_idle = 8s
END_CONF
	hw_conf "$HW_AF_PACKET" wbquiet$$ export
}

play() { # itch|iex
	local name=$1 pid

	conf >"$HW_DIR/$name.conf"
	hw_start "$name" --bars "$HW_DIR/$name.csv" --fill
	pid=$hw_started
	ip netns exec "$HW_TX" python3 "$here/beat.py" "$HW_TX_IF" "$name" 3 6 7 6 "$HW_DIR/$name.done" &
	hw_pids+=($!)
	python3 - "$HW_DIR/dpdk/wbquiet$$/dpdk_telemetry.v2" "$name" <<'END_PY'
import json, socket, sys, time
path, name = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(path)
s.recv(1024)
def ask(request):
    s.send(request.encode())
    return json.loads(s.recv(65536))[request.split(",")[0]]
begin, seen, health = time.monotonic(), [], []
while time.monotonic() < begin + 20 and not (len(seen) > 3):
    channel = ask("/wirebar/lines").get("0")
    h = ask("/wirebar/health")
    if channel and (not seen or seen[-1][1] != channel["state"]):
        seen.append((time.monotonic() - begin, channel["state"], channel["line0"]["state"]))
    if not health or health[-1][:2] != (h["health"], h["channels_silent"]):
        health.append((h["health"], h["channels_silent"], h["why"]))
    time.sleep(0.1)
print(f"{name}: {seen}; {health}")
states = [x[1] for x in seen]
if states != ["live", "quiet", "silent", "quiet"] or any(a != b for _, a, b in seen):
    sys.exit(f"failed: {name}: states were {seen}")
# Data for 3 s (the last one at 2 s), heartbeats to 8 s, silence of 2 s allowed; a second for a busy machine.
for (at, state, _), want in zip(seen[1:], (4, 10, 16)):
    if not want - 1 < at - seen[0][0] < want + 2:
        sys.exit(f"failed: {name}: {state} after {at - seen[0][0]:.1f} s, not {want}")
if not any(h[0] == "bad" and "silent" in h[2] for h in health):
    sys.exit(f"failed: {name}: health never said that the feed is silent: {health}")
END_PY
	wait "$pid" || { cat "$HW_DIR/$name.err" >&2; hw_fail "$name ended with an error"; }
	python3 - "$HW_DIR" "$name" <<'END_PY'
import csv, json, sys
from datetime import datetime, timezone
folder, name = sys.argv[1:]
done = json.load(open(f"{folder}/{name}.done"))
rows = [r for r in csv.DictReader(open(f"{folder}/{name}.csv")) if r["span"] == "1s"]
def at(r):
    return datetime.strptime(r["open_ts"][:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
def flags(a, b):
    return [set(r["flags"].split("|")) - {"RSI_FLAT", ""} for r in rows if a <= at(r) and at(r) + 1 <= b]
quiet = flags(done["quiet"] + 1, done["dead"] - 2)
dead = flags(done["dead"] + 2, done["again"] - 1)
again = flags(done["again"] + 1, done["end"] - 2)
print(f"{name}: quiet {quiet}\n{name}: dead {dead}\n{name}: again {again}")
if len(quiet) < 2 or any(f != {"FILL", "IDLE"} for f in quiet):
    sys.exit(f"failed: {name}: quiet seconds are not FILL|IDLE")
if len(dead) < 3 or any("STALE" not in f or "FILL" not in f for f in dead):
    sys.exit(f"failed: {name}: dead seconds are not STALE")
if not again or any(f != {"FILL", "IDLE"} for f in again):
    sys.exit(f"failed: {name}: seconds after it came back are not FILL|IDLE")
if not json.load(open(f"{folder}/{name}.json"))["ledger_balanced"]:
    sys.exit(f"failed: {name}: the ledger does not balance")
END_PY
}

hw_wire 1500
for feed in "${@:-itch}"; do play "$feed"; done
