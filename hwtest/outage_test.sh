#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The part ingest is killed while a live feed goes on over a veth pair, split layout under the supervisor: it begins again with its
# packet journal, and what was sent meanwhile is a hole like any other. Without recovery servers it is counted and named, each bar
# that it changed is flagged, and the exit says so; with servers it comes back, and the bars are those of a run that nobody killed.
# Usage: hugepages.py outage_test.sh   WIREBAR_KILLS: in each of both runs (1)
. "$(dirname "$0")/lib.sh"
hw_need python3
[ -n "${WIREBAR_HUGE:-}" ] || hw_skip "run it by hugepages.py"

here=$(realpath "$(dirname "$0")")
kills=${WIREBAR_KILLS:-1}
wirebar=$HW_BUILD/app/wirebar/wirebar
marketgen=$HW_BUILD/app/marketgen/marketgen
ctl=$HW_BUILD/app/wirebarctl/wirebarctl
ask_if=wbk0 answer_if=wbk1
prefix=wbout$$
room=(--set bars.instruments=200 --set bars.orders=100000 --set bars.levels=100000 --set bars.prints=20000)
export RUNTIME_DIRECTORY=$HW_DIR/run
mkdir "$RUNTIME_DIRECTORY"

# A packet journal is begun with if it is of today.
"$marketgen" --out "$HW_DIR/m" --seed 11 --instruments 100 --messages $((30000 + 20000 * kills)) --start 09:29:55 --duration $((4 + 7 * kills))s \
	--date "$(TZ=America/New_York date +%F)" --venues itch,iex 2>/dev/null
whole=("$HW_DIR"/m.{itch,iex}.a.pcap)
"$wirebar" replay "${whole[@]}" --quiet --fill --bars "$HW_DIR/filled.csv" "${room[@]}"
"$wirebar" replay "${whole[@]}" --quiet --summary "$HW_DIR/replay.json" "${room[@]}"

conf() {
	cat <<END
include = builtin:plain
[bars]
instruments = 200
orders = 100000
levels = 100000
prints = 20000
grace = 60s
silence = 60s
[feed]
hold = 5ms
hold_packets = 4096
[capture]
enabled = yes
restart = yes
[supervise]
pause = 100ms
stuck = 20s
start = 60s
window = 5s
restarts = 20
[run]
layout = split
clock_anchor = first_packet
stop_idle = 2s
slow_poll = 1s
state_dir = $HW_DIR/state
[eal]
hugepages = yes
huge_dir = $WIREBAR_HUGE
file_prefix = $prefix
[port replay]
device = $HW_AF_PACKET
rx_desc = 4096
END
}

servers() {
	cat <<END
[recovery]
wait = 2s
[server nasdaq]
protocol = mold64
addresses = 10.77.0.1:18000
interface = $answer_if
timeout = 10ms
timeout_max = 100ms
tries = 12
requests_per_s = 0
[server iex]
protocol = iex_udp
addresses = 10.77.0.1:18001
interface = $answer_if
timeout = 20ms
timeout_max = 100ms
tries = 12
requests_per_s = 0
END
}

ingest() { # KEY: of what the supervisor says of the part
	"$ctl" --file-prefix $prefix --json parts 2>/dev/null |
		python3 -c 'import json, sys; print(next((p[sys.argv[1]] for p in json.load(sys.stdin)["parts"] if p["name"] == "ingest"), ""))' "$1" 2>/dev/null || true
}

frames() { "$ctl" --file-prefix $prefix --json lcores 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["ingest0"]["frames"])' 2>/dev/null || echo 0; }

kill_ingest() {
	local pid end=$((SECONDS + 20))

	pid=$(ingest pid)
	kill -9 "$pid"
	until [ "$(ingest pid)" != "$pid" ] && [ "$(frames)" -gt 0 ]; do
		[ $SECONDS -lt $end ] || hw_fail "ingest does not come back"
		sleep 0.05
	done
}

run() { # NAME OPTIONS...
	local name=$1 up sender rc=0 i

	shift
	rm -rf "$HW_DIR/state"
	mkdir "$HW_DIR/state"
	hw_rx nice -n -15 "$wirebar" up --conf "$HW_DIR/$name.conf" -- --quiet "$@" --bars "$HW_DIR/$name.csv" --summary "$HW_DIR/$name.json" >"$HW_DIR/$name.log" 2>&1 &
	up=$!
	hw_pids+=("$up")
	for ((i = 0; i < 200; i++)); do
		case $(ingest state) in ok | starved | slow) break ;; esac
		sleep 0.1
	done
	[ $i -lt 200 ] || { cat "$HW_DIR/$name.log" >&2; hw_fail "$name: no part ingest within 20 s"; }
	hw_send --speed 1x "${whole[@]}" >"$HW_DIR/$name.sent" &
	sender=$!
	hw_pids+=("$sender")
	for ((i = 0; i < kills; i++)); do
		sleep $((2 + RANDOM % 2)).$((RANDOM % 10))
		kill_ingest
	done
	wait "$sender"
	wait "$up" || rc=$?
	echo "$rc" >"$HW_DIR/$name.rc"
	[ -z "$(ls "$WIREBAR_HUGE")" ] || hw_fail "$name: files of hugepages are left: $(ls "$WIREBAR_HUGE")"
}

judge() { # NAME flagged|recovered
	python3 - "$here" "$HW_DIR" "$kills" "$@" <<'END' || { tail -n 60 "$HW_DIR/$1.log" >&2; exit 1; }
import json, sys
here, folder, kills, name, kind = sys.argv[1:]
sys.path.insert(0, here)
import faults
read = lambda what: open(f"{folder}/{name}.{what}").read()
live, ref, sent, rc = json.loads(read("json")), json.load(open(f"{folder}/replay.json")), json.loads(read("sent"))["frames"], int(read("rc"))
ledger = live["ledger"]
lost = sent - live["frames"]
print(f"{name}: {sent} frames sent, {live['frames']} taken in of which {ledger['restart_frames']} by the journal; asked for {ledger['recovery_wants']} in {ledger['recovery_requests']} requests, {ledger['recovery_timeouts']} in vain, given up {ledger['recovery_given_up']}; recovered {ledger['recovered_messages']}, "
      f"missing {live['gap_messages']} messages in {len(live['holes'])} holes; exit {rc}")
fail = lambda text: sys.exit(f"failed: {name}: {text}")
reasons = {r["name"] for r in live["reasons"]} - {"port_cut_tail_bytes"}
if not live["ledger_balanced"] or live["port_missed"]:
    fail("the ledger does not balance, or the port lost frames")
if not ledger["restart_frames"] or lost <= 0:
    fail("the kill came too late, or lost nothing: it shows nothing")
if kind == "recovered":
    if live["gap_messages"] or reasons or live["sha256"] != ref["sha256"]:
        fail(f"missing after recovery: {live['gap_messages']} messages, {reasons}, {live['holes'][:5]}")
    faults.seen("outage_recovered", kills=int(kills), frames_lost=lost, messages_recovered=ledger["recovered_messages"])
else:
    if rc != 3 or not live["gap_messages"] or sum(h["last_seq"] - h["first_seq"] + 1 for h in live["holes"]) != live["gap_messages"]:
        fail(f"what was sent meanwhile is not told: {live['holes'][:5]}")
    faults.seen("outage_flagged", kills=int(kills), frames_lost=lost, messages_missing=live["gap_messages"])
END
}

hw_wire 1500
ip -n "$HW_TX" link add $ask_if type veth peer name $answer_if netns "$HW_RX"
ip -n "$HW_TX" addr add 10.77.0.1/24 dev $ask_if
ip -n "$HW_RX" addr add 10.77.0.2/24 dev $answer_if
ip -n "$HW_TX" link set $ask_if up
ip -n "$HW_RX" link set $answer_if up

conf >"$HW_DIR/alone.conf"
run alone --fill
judge alone flagged
"$here/bars_flagged.py" "$HW_DIR/filled.csv" "$HW_DIR/alone.csv" || hw_fail "a bar is silently wrong"

ip netns exec "$HW_TX" "$marketgen" serve --listen 10.77.0.1 --mold 18000 --iex-udp 18001 --for 300s "${whole[@]}" >"$HW_DIR/server" &
hw_pids+=("$!")
hw_wait "$HW_DIR/server" serving 20 || hw_fail "the servers did not start"
{ conf; servers; } >"$HW_DIR/served.conf"
run served
judge served recovered
