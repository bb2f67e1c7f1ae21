# SPDX-License-Identifier: BSD-3-Clause
# lib.sh: sourced by the tests of hwtest. Makes two network namespaces joined by a veth pair: captures are sent from
# one into the other, and nothing else of the machine is touched. All that was made is taken away at exit.
#
#   hw_need TOOL...     exit 77 unless root and the tools are there
#   hw_wire [MTU]       makes the wire: interface $HW_TX_IF in namespace $HW_TX, $HW_RX_IF in $HW_RX
#   hw_send ARGS...     runs send on the sending side: hw_send --speed 1x a.pcap
#   hw_rx COMMAND...    runs a command on the receiving side; not with &: a kill would end the shell of the function alone
#   hw_wait FILE TEXT SECONDS   waits until a file holds the text
#   hw_conf DEVICE PREFIX [export]   prints a configuration's sections from [eal] on: one port, one ingest lcore, telemetry, export
#   hw_start NAME OPTIONS...   starts wirebar there by NAME.conf in $HW_DIR, beside which it leaves its summary NAME.json, NAME.out
#                       and NAME.err; returns when it can be asked, with its pid in $hw_started
#   $HW_AF_XDP, $HW_AF_PACKET   device arguments of a NIC port on the receiving interface
#   $HW_DIR             a directory of its own, gone at exit
set -euo pipefail

HW_TX=wbtx$$ HW_RX=wbrx$$ HW_TX_IF=wb0 HW_RX_IF=wb1
HW_AF_XDP=net_af_xdp0,iface=$HW_RX_IF
# The ring of 512 frames that is the default overflows when the receiver is off its core for 25 ms at 20,000 frames
# a second; net_af_packet does not count what it loses, and what looks like IP fragments it holds back.
HW_AF_PACKET=net_af_packet0,iface=$HW_RX_IF,framecnt=32768
HW_BUILD=${WIREBAR_BUILD:?the build directory, as meson test sets it}
HW_DIR=
hw_pids=()
hw_namespaces=()

hw_skip() { echo "skipped: $*" >&2; exit 77; }
hw_fail() { echo "failed: $*" >&2; exit 1; }

hw_clean() {
	local pid ns

	# Nothing that a test started outlives it, however it ends.
	for pid in "${hw_pids[@]:+${hw_pids[@]}}" $(jobs -p); do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
	for ns in "${hw_namespaces[@]:+${hw_namespaces[@]}}"; do ip netns del "$ns" 2>/dev/null || true; done
	[ -z "$HW_DIR" ] || rm -rf "$HW_DIR"
}

hw_need() {
	local tool

	[ "$(id -u)" = 0 ] || hw_skip "needs root (network namespaces, raw sockets)"
	for tool in ip ethtool "$@"; do command -v "$tool" >/dev/null || hw_skip "needs $tool"; done
	HW_DIR=$(mktemp -d)
	trap hw_clean EXIT
	trap 'exit 130' INT TERM
	ulimit -l unlimited 2>/dev/null || true
}

# Only the frames that are sent may arrive: no IPv6, no ARP, no addresses. The sender's checksums are the capture's.
hw_quiet() {
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null || true
	ip -n "$1" link set "$2" mtu "$3" arp off multicast off addrgenmode none
	ip netns exec "$1" ethtool -K "$2" tx off rx off gro off gso off tso off >/dev/null 2>&1 || true
}

hw_wire() {
	local mtu=${1:-1500}

	ip netns add "$HW_TX" 2>/dev/null || hw_skip "cannot make network namespaces here"
	hw_namespaces+=("$HW_TX")
	ip netns add "$HW_RX"
	hw_namespaces+=("$HW_RX")
	ip -n "$HW_TX" link add "$HW_TX_IF" numrxqueues 1 numtxqueues 1 type veth \
		peer name "$HW_RX_IF" numrxqueues 1 numtxqueues 1 netns "$HW_RX" || hw_skip "cannot make a veth pair here"
	hw_quiet "$HW_TX" "$HW_TX_IF" "$mtu"
	hw_quiet "$HW_RX" "$HW_RX_IF" "$mtu"
	ip -n "$HW_TX" link set "$HW_TX_IF" up
	ip -n "$HW_RX" link set "$HW_RX_IF" up
}

hw_conf() {
	cat <<END
[eal]
hugepages = no
file_prefix = $2
[port wire]
device = $1
rx_desc = 4096
[lcore ingest0]
stage = ingest
queues = wire:0
idle = yield
[lcore telemetry0]
stage = telemetry
idle = sleep
[link bars_telemetry]
from = ingest0
to = telemetry0
END
	[ "${3:-}" = export ] || return 0
	cat <<END
[lcore export0]
stage = export
idle = sleep
[link bars_export]
from = ingest0
to = export0
END
}

hw_start() {
	local at=$HW_DIR/$1

	shift
	ip netns exec "$HW_RX" nice -n -15 "$HW_BUILD/app/wirebar/wirebar" run --conf "$at.conf" --summary "$at.json" "$@" >"$at.out" 2>"$at.err" &
	hw_started=$!
	hw_pids+=("$hw_started")
	hw_wait "$at.err" "ask while it runs" 20 || { cat "$at.err" >&2; hw_fail "${at##*/} did not start"; }
	sleep 0.3
}

hw_send() { ip netns exec "$HW_TX" nice -n -10 "$HW_BUILD/hwtest/send" "$HW_TX_IF" "$@"; }
hw_rx() { ip netns exec "$HW_RX" "$@"; }

hw_wait() {
	local end=$((SECONDS + $3))

	until grep -q "$2" "$1" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
