#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What is lost on every line comes back over real sockets. Three venues are sent over a veth pair with seeded loss into an
# af_packet and an AF_XDP port; `marketgen serve` plays the recovery servers behind a second veth pair. The bars must be
# those of the lossless captures, byte for byte, with nothing missing. When the servers die midway, the run goes on: what
# is missing is counted, named and flagged, and the exit says so.
# Usage: recovery_test.sh   WIREBAR_RATE: frames a second (20000)
. "$(dirname "$0")/lib.sh"
hw_need python3

rate=${WIREBAR_RATE:-20000}
wirebar=$HW_BUILD/app/wirebar/wirebar
marketgen=$HW_BUILD/app/marketgen/marketgen
ask_if=wbk0 answer_if=wbk1
market=(--seed 11 --instruments 300 --messages 150k --start 09:29:50 --duration 40s --date 2026-03-10 --venues "itch,iex,pillar")
room=(--set bars.instruments=4000 --set bars.orders=200000 --set bars.levels=200000)

"$marketgen" --out "$HW_DIR/m" "${market[@]}" 2>/dev/null
"$marketgen" --out "$HW_DIR/two" "${market[@]}" --lines AB --loss 0.01 2>/dev/null
"$marketgen" --out "$HW_DIR/one" "${market[@]}" --loss 0.01 2>/dev/null
whole=("$HW_DIR"/m.{itch,iex,pillar}.a.pcap)
"$wirebar" replay "${whole[@]}" --quiet --bars "$HW_DIR/replay.csv" --summary "$HW_DIR/replay.json" "${room[@]}"
# Pillar's packets do not name their channel: its groups do.
read -r pillar_a pillar_b < <(python3 - "$HW_DIR/two.truth.json" <<'END'
import json, sys
print(*("%s:%d" % (line["group"], line["port"]) for line in json.load(open(sys.argv[1]))["streams"]["pillar"]["lines"]))
END
)
resent=224.0.59.230:11230

conf() { # DEVICE IEX-PROTOCOL IEX-PORT
	cat <<END
[bars]
instruments = 4000
orders = 200000
levels = 200000
grace = 60s
[feed]
date = 2026-03-10
hold = 5ms
hold_packets = 4096
channels = arca: $pillar_a $pillar_b $resent
[recovery]
wait = 2s
quota_file = $HW_DIR/quota
[run]
share_cpu = yes
clock_anchor = first_packet
stop_idle = 3s
full_link = wait
END
	hw_conf "$1" wbrec$$ export
	cat <<END
[server nasdaq]
protocol = mold64
addresses = 10.77.0.3:18000, 10.77.0.1:18000
interface = $answer_if
timeout = 10ms
timeout_max = 100ms
tries = 12
requests_per_s = 0
[server iex]
protocol = $2
addresses = 10.77.0.1:$3
interface = $answer_if
timeout = 20ms
timeout_max = 100ms
tries = 12
requests_per_s = 0
[server arca]
protocol = pillar
addresses = 10.77.0.1:18003
interface = $answer_if
source_id = WIREBAR01
requests_per_s = 0
requests_per_day = 10000
timeout = 20ms
timeout_max = 100ms
tries = 12
END
}

run() { # NAME DEVICE IEX-PROTOCOL IEX-PORT CAPTURES-PREFIX RATE SERVER-OPTIONS...
	local name=$1 device=$2 protocol=$3 port=$4 prefix=$5 rate=$6 server rc=0
	shift 6
	local captures=("$HW_DIR/$prefix".{itch,iex,pillar}.[ab].pcap)

	conf "$device" "$protocol" "$port" >"$HW_DIR/$name.conf"
	ip netns exec "$HW_TX" "$marketgen" serve --listen 10.77.0.1 --mold 18000 --iex-udp 18001 --iex-tcp 18002 --pillar 18003 \
		--retransmit $resent --retransmit-interface "$HW_TX_IF" --heartbeat 1s --for 90s "$@" "${whole[@]}" >"$HW_DIR/$name.server" &
	server=$!
	hw_pids+=("$server")
	hw_wait "$HW_DIR/$name.server" serving 20 || hw_fail "$name: the servers did not start"
	hw_start "$name" --bars "$HW_DIR/$name.csv"
	hw_send --speed "$rate" "${captures[@]}" >"$HW_DIR/$name.sent"
	sleep 1
	"$HW_BUILD/app/wirebarctl/wirebarctl" --file-prefix wbrec$$ --json recovery >"$HW_DIR/$name.recovery"
	"$HW_BUILD/app/wirebarctl/wirebarctl" --file-prefix wbrec$$ recovery
	wait "$hw_started" || rc=$?
	kill "$server" 2>/dev/null || true
	wait "$server" || true
	echo "$rc" >"$HW_DIR/$name.rc"
}

judge() { # NAME whole|dead
	python3 - "$HW_DIR" "$@" <<'END' || { tail -n 40 "$HW_DIR/$1.out" "$HW_DIR/$1.err" >&2; exit 1; }
import json, sys
folder, name, kind = sys.argv[1:]
read = lambda what: open(f"{folder}/{name}.{what}").read()
live, ref, rc = json.loads(read("json")), json.load(open(f"{folder}/replay.json")), int(read("rc"))
ledger, said = live["ledger"], read("server").splitlines()
print(f"{name}: {json.loads(read('sent'))['frames']} frames sent, {live['frames']} taken in, port missed {live['port_missed']}; holes asked for "
      f"{ledger['recovery_wants']}, requests {ledger['recovery_requests']}, in vain {ledger['recovery_timeouts']}; recovered "
      f"{ledger['recovered_messages']} messages over sockets; given up {ledger['recovery_given_up']}; unrecovered {live['gap_messages']} "
      f"messages; exit {rc}; server {said[-1]}")
fail = lambda text: sys.exit(f"failed: {name}: {text}")
if not live["ledger_balanced"] or rc != live["exit_code"]:
    fail("the ledger does not balance, or the exit is not the summary's")
servers = {k: v for k, v in json.loads(read("recovery")).items() if isinstance(v, dict)}
if set(servers) != {"nasdaq", "iex", "arca"} or sum(s["recovered"] for s in servers.values()) < ledger["recovered_messages"]:
    fail(f"/wirebar/recovery says otherwise: {servers}")
if servers["arca"]["quota_left"] + servers["arca"]["quota_used"] != 10000:
    fail("the quota is not kept")
if not ledger["recovery_requests"] or not ledger["recovered_messages"]:
    fail("nothing was asked for, or nothing came")
if kind == "whole":
    if live["gap_messages"] or rc:
        fail(f"messages are missing: {live['holes'][:5]}")
    if live["sha256"] != ref["sha256"]:
        fail("bars differ from those of the lossless captures")
    sys.exit(0)
if servers["nasdaq"]["state"] != "down":
    fail(f"a dead server is said to be {servers['nasdaq']['state']}")
if rc != 3 or not live["gap_messages"] or not ledger["recovery_given_up"]:
    fail("the end of the servers left no trace")
if "gap_messages" not in read("out") or "lost on channel" not in read("out"):
    fail("the summary does not say what is missing")
if sum(h["last_seq"] - h["first_seq"] + 1 for h in live["holes"]) != live["gap_messages"] and len(live["holes"]) < 256:
    fail("the holes named are not what is missing")
END
}

hw_wire 1500
ip -n "$HW_TX" link add $ask_if type veth peer name $answer_if netns "$HW_RX"
ip -n "$HW_TX" addr add 10.77.0.1/24 dev $ask_if
ip -n "$HW_RX" addr add 10.77.0.2/24 dev $answer_if
ip -n "$HW_TX" link set $ask_if up
ip -n "$HW_RX" link set $answer_if up

run two_lines "$HW_AF_PACKET" iex_udp 18001 two "$rate"
judge two_lines whole
run hard_servers "$HW_AF_XDP" iex_tcp 18002 one $((rate / 3)) --drop 0.1 --delay 1ms --limit 4
judge hard_servers whole
run dead_servers "$HW_AF_PACKET" iex_udp 18001 one $((rate / 3)) --die-after 60
judge dead_servers dead
"$(dirname "$0")/bars_flagged.py" "$HW_DIR/replay.csv" "$HW_DIR/dead_servers.csv" || hw_fail "a bar is silently wrong"
