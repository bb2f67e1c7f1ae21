# lib.sh: set-up shared by app/quickstart, tests/run and .ci/run. Installs what is missing on Debian 12, and builds.
set -eu
root=${WIREBAR_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
build=${WIREBAR_BUILD_DIR:-$root/build}

build_packages='gcc g++ meson ninja-build pkg-config python3 tzdata libdpdk-dev libnuma-dev zlib1g-dev libbz2-dev liblzma-dev libssl-dev libjansson-dev libseccomp-dev libhiredis-dev librdkafka-dev libmicrohttpd-dev libgtest-dev'
run_packages='dpdk-dev'
test_packages='python3-pandas redis-server nats-server openssl'

say() { printf '%s\n' "$*" >&2; }

# need PACKAGE...: installs those that are missing; says what to do where that needs root.
need() {
	missing=
	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -eq 0 ]; then sudo=; elif command -v sudo >/dev/null 2>&1; then sudo=sudo; else
		say "missing Debian packages:$missing"
		say "as root: apt-get update && apt-get install -y --no-install-recommends$missing"
		exit 1
	fi
	say "installing:$missing"
	log=$(mktemp)
	if ! { $sudo apt-get update && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

# compile [TARGET...]: configures once and builds.
compile() {
	[ -f "$build/build.ninja" ] || meson setup "$build" "$root" >/dev/null || { say "see $build/meson-logs/meson-log.txt"; exit 1; }
	say "building in $build"
	ninja -C "$build" --quiet "$@" >&2
}

# Tests that run at once: more than there are processors, since half of a test's time is waiting for clocks, sockets and lcores.
test_processes=$(($(nproc) * 2))
