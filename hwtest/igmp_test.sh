#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A port that keeps its own membership of multicast groups reports them when it starts, answers general and group queries
# within the time allowed, and leaves when it stops; a group on which nothing comes is named. With IGMP 3 and 2, on AF_XDP and
# af_packet ports over a veth pair; tshark's dissector must agree where it is installed. Then the same by the kernel.
. "$(dirname "$0")/lib.sh"
hw_need python3

here=$(dirname "$0")
wirebar=$HW_BUILD/app/wirebar/wirebar
export RUNTIME_DIRECTORY=$HW_DIR

conf() { # DEVICE, further lines of the port
	cat <<END_CONF
[bars]
instruments = 1000
orders = 100000
levels = 100000
silence = 3s
[feed]
date = 2026-03-10
[run]
share_cpu = yes
clock_anchor = first_packet
[eal]
hugepages = no
file_prefix = wbigmp$$
[port wire]
device = $1
groups = 239.1.1.1, 239.1.1.77
$2
[lcore ingest0]
stage = ingest
queues = wire:0
idle = sleep
[lcore telemetry0]
stage = telemetry
idle = sleep
END_CONF
}

ask() { # PATH: its reply
	python3 - "$HW_DIR/dpdk/wbigmp$$/dpdk_telemetry.v2" "$1" <<'END_PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.recv(1024)
s.send(sys.argv[2].encode())
print(s.recv(65536).decode())
END_PY
}

by_port() { # NAME DEVICE VERSION
	local querier

	conf "$2" "membership = port
address = 10.9.0.2
igmp = 3" >"$HW_DIR/$1.conf"
	ip netns exec "$HW_TX" python3 "$here/igmp.py" "$HW_TX_IF" "$3" 239.1.1.77 "$HW_DIR/$1.pcap" "$HW_DIR/$1.said" >"$HW_DIR/$1.ready" &
	querier=$!
	hw_pids+=("$querier")
	hw_wait "$HW_DIR/$1.ready" ready 10 || hw_fail "the querier did not start"
	hw_start "$1"
	ip netns exec "$HW_TX" python3 "$here/beat.py" "$HW_TX_IF" itch 2 7 0 0 "$HW_DIR/$1.done"
	ask /wirebar/lines >"$HW_DIR/$1.lines"
	ask /wirebar/health >"$HW_DIR/$1.health"
	kill -TERM "$hw_started"
	wait "$hw_started" || { cat "$HW_DIR/$1.err" "$HW_DIR/$1.out" >&2; hw_fail "$1 ended with an error"; }
	sleep 0.3
	kill -TERM "$querier"
	wait "$querier" || true
	python3 - "$HW_DIR" "$1" "$3" <<'END_PY'
import json, sys
folder, name, version = sys.argv[1], sys.argv[2], int(sys.argv[3])
heard, summary, lines, health = (json.load(open(f"{folder}/{name}.{x}")) for x in ("said", "json", "lines", "health"))
said, asked, both = heard["said"], heard["asked"], {"239.1.1.1", "239.1.1.77"}
def fail(why):
    sys.exit(f"failed: {name}: {why}: {json.dumps(said)}")
if len(asked) != 2 or not said:
    fail("nothing was said or asked")
if any(not x["good"] or x["from"] != "10.9.0.2" for x in said):
    fail("a report is damaged, or not from the port's address")
groups = lambda xs, kinds: {g for x in xs for k, g in x["records"] if k in kinds}
before = [x for x in said if x["at"] < asked[0]]
if groups(before, {4}) != both or sum(len(x["records"]) for x in before) != 4:
    fail("joining: both groups are to be reported twice")
answers = [x for x in said if asked[0] <= x["at"] <= asked[0] + 1.2]
if groups(answers, {2, 0x16}) != both or any(x["type"] != (0x22 if version == 3 else 0x16) for x in answers):
    fail("the general query was not answered for both groups, in its version, within 1 s")
answers = [x for x in said if asked[1] <= x["at"] <= asked[1] + 1.2]
if groups(answers, {2, 0x16}) != {"239.1.1.77"}:
    fail("the query for one group was not answered for that alone within 1 s")
if groups(said[-2:] if version == 3 else said[-4:], {3, 0x17}) != both:
    fail("the groups were not left at the end")
port = summary["ledger"] if "ledger" in summary else summary
if port.get("igmp_queries") != 2 or port.get("igmp_unsent") or not summary["ledger_balanced"]:
    sys.exit(f"failed: {name}: the ledger says {json.dumps({k: v for k, v in port.items() if 'igmp' in k})}")
lines, health = lines["/wirebar/lines"], health["/wirebar/health"]
if lines["groups_silent"] != 1 or lines["group_silent0"] != "239.1.1.77 on port wire":
    sys.exit(f"failed: {name}: lines do not name the silent group: {lines}")
if health["health"] != "degraded" or "239.1.1.77" not in health["why"] or health["groups_silent"] != 1:
    sys.exit(f"failed: {name}: health does not name the silent group: {health}")
print(f"{name}: {len(said)} frames of IGMP, answers after {[round(min(x['at'] for x in said if x['at'] >= a) - a, 2) for a in asked]} s; "
      f"health: {health['why']}")
END_PY
	command -v tshark >/dev/null || return 0
	# Every frame is IGMP to an independent dissector, with a good checksum and nothing malformed.
	tshark -r "$HW_DIR/$1.pcap" -o igmp.check_checksum:TRUE -Y "igmp && !_ws.malformed && igmp.checksum.status == 1" 2>/dev/null >"$HW_DIR/$1.tshark" ||
		tshark -r "$HW_DIR/$1.pcap" -Y "igmp && !_ws.malformed && igmp.checksum.status == 1" 2>/dev/null >"$HW_DIR/$1.tshark"
	[ "$(wc -l <"$HW_DIR/$1.tshark")" = "$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))["said"]))' "$HW_DIR/$1.said")" ] ||
		hw_fail "$1: tshark does not dissect all frames: $(cat "$HW_DIR/$1.tshark")"
	sed -n '1p;$p' "$HW_DIR/$1.tshark"
}

by_kernel() {
	ip -n "$HW_RX" link set "$HW_RX_IF" multicast on
	ip -n "$HW_RX" address add 10.9.0.3/24 dev "$HW_RX_IF"
	conf "$HW_AF_PACKET" "membership = kernel
interface = $HW_RX_IF" >"$HW_DIR/kernel.conf"
	hw_start kernel
	ip -n "$HW_RX" maddress show dev "$HW_RX_IF" >"$HW_DIR/during"
	kill -TERM "$hw_started"
	wait "$hw_started" || { cat "$HW_DIR/kernel.err" >&2; hw_fail "kernel: ended with an error"; }
	ip -n "$HW_RX" maddress show dev "$HW_RX_IF" >"$HW_DIR/after"
	for group in 239.1.1.1 239.1.1.77; do
		grep -qw "$group" "$HW_DIR/during" || hw_fail "kernel: $group was not joined"
		! grep -qw "$group" "$HW_DIR/after" || hw_fail "kernel: $group was not left"
	done
	echo "kernel: joined and left both groups on $HW_RX_IF"
	sed -i "s/^interface = .*/interface = nosuch0/" "$HW_DIR/kernel.conf"
	! hw_rx "$wirebar" run --conf "$HW_DIR/kernel.conf" >"$HW_DIR/wrong" 2>&1 || hw_fail "kernel: an interface that is not there was accepted"
	grep -q 'interface: found "nosuch0", which this machine has not' "$HW_DIR/wrong" || hw_fail "kernel: $(cat "$HW_DIR/wrong")"
}

hw_wire 1500
by_port packet_v3 "$HW_AF_PACKET" 3
by_port xdp_v2 "$HW_AF_XDP" 2
by_kernel
