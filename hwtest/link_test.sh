#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The link of a port goes down while frames come, and up again: the port goes on by itself, what was sent meanwhile is a hole with
# its numbers, exit code 3, and nothing else is missing. An af_packet port and an AF_XDP port over a veth pair.
# Usage: link_test.sh   WIREBAR_RATE: frames a second (20000)
. "$(dirname "$0")/lib.sh"
hw_need python3

rate=${WIREBAR_RATE:-20000}
wirebar=$HW_BUILD/app/wirebar/wirebar
export RUNTIME_DIRECTORY=$HW_DIR
"$HW_BUILD/app/marketgen/marketgen" --out "$HW_DIR/m" --seed 12 --venues itch --instruments 100 --messages 60k --start 09:29:50 --duration 40s \
	--date 2026-03-10 2>/dev/null
"$wirebar" replay "$HW_DIR"/m.itch.a.pcap --quiet --summary "$HW_DIR/replay.json"
python3 - "$HW_DIR" <<'END'
import struct, sys
folder = sys.argv[1]
raw, at, frames = open(f"{folder}/m.itch.a.pcap", "rb").read(), 24, []
while at < len(raw):
    size = 16 + struct.unpack_from("<I", raw, at + 8)[0]
    frames.append(raw[at:at + size])
    at += size
n = len(frames)
for part, (first, last) in enumerate(((0, n // 3), (n // 3, n // 2), (n // 2, n))):
    open(f"{folder}/part{part}.pcap", "wb").write(raw[:24] + b"".join(frames[first:last]))
END

conf() { # DEVICE
	cat <<END
[bars]
instruments = 4000
orders = 100000
levels = 100000
grace = 60s
silence = 60s
[feed]
date = 2026-03-10
[run]
share_cpu = yes
clock_anchor = first_packet
stop_idle = 3s
full_link = wait
END
	hw_conf "$1" wblink$$
}

send() { hw_send --speed "$rate" "$HW_DIR/part$1.pcap" >/dev/null 2>&1; } # PART

live() { # NAME DEVICE
	conf "$2" >"$HW_DIR/$1.conf"
	hw_start "$1"
	send 0
	ip -n "$HW_RX" link set "$HW_RX_IF" down
	send 1 || true # what cannot be sent is said, and passed over
	ip -n "$HW_RX" link set "$HW_RX_IF" up
	sleep 0.3
	send 2
	wait "$hw_started" || [ $? = 3 ] || { cat "$HW_DIR/$1.err" >&2; hw_fail "$1 ended with an error"; }
	python3 - "$1" "$HW_DIR" <<'END'
import json, sys
name, folder = sys.argv[1:]
live, whole = (json.load(open(f"{folder}/{n}.json")) for n in (name, "replay"))
lost = sum(h["last_seq"] - h["first_seq"] + 1 for h in live["holes"])
print(f"{name}: {live['messages']} messages came, {live['gap_messages']} are missing in {len(live['holes'])} holes")
if not live["ledger_balanced"] or live["exit_code"] != 3:
    sys.exit(f"failed: {name}: exit code {live['exit_code']}, ledger balanced: {live['ledger_balanced']}")
if len(live["holes"]) != 1 or lost != live["gap_messages"] or live["messages"] + lost != whole["messages"]:
    sys.exit(f"failed: {name}: {live['messages']} messages and {lost} missing ones are not {whole['messages']}")
END
}

hw_wire 1500
live af_packet "$HW_AF_PACKET"
live af_xdp "$HW_AF_XDP"
