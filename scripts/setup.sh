#!/bin/sh
# Makes a bare Debian machine able to build, run and test Gantry: system packages and the WebAssembly target.
# Does only what is missing, says what it does, and changes nothing but packages and the toolchain.
# Usage: scripts/setup.sh run | test | bench | cluster
set -eu

want=${1:-run}
say() { printf '▸ %s\n' "$*" >&2; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || has initdb; }

case "$want" in run | test | bench | cluster) ;; *) die "usage: scripts/setup.sh run|test|bench|cluster" ;; esac

PATH="$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin"
has cargo && has rustc ||
    die "Gantry is built with Rust. Install the stable toolchain with rustup (https://rustup.rs), then run this again."
# Whether the compiler given is Rust 1.95 or newer.
is_new() { [ "$("$1" --version | sed 's/^rustc 1\.\([0-9]*\).*/\1/')" -ge 95 ] 2>/dev/null; }
is_new rustc ||
    die "Gantry needs Rust 1.95 or newer; this is $(rustc --version). Run: rustup update stable"

# What is missing: the Debian packages in $need, the same in words in $missing.
need="" missing=""
lacks() { need="$need $1"; missing="$missing
  - $2"; }
has cc || lacks "gcc libc6-dev" "a C compiler (cc)"
has_postgres || lacks postgresql "PostgreSQL 15 or newer (initdb, postgres, psql)"
has prometheus || lacks prometheus "Prometheus 2.42 or newer"
case "$want" in test | bench)
    has chromium || lacks chromium "Chromium"
    has npm || lacks "nodejs npm" "Node.js 18 or newer, with npm" ;;
esac
[ "$want" = run ] || has kubectl || lacks kubernetes-client "kubectl"
[ "$want" != bench ] || has wrk || lacks wrk "wrk"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        die "These packages are missing, and there is no sudo here. As root, run:
  apt-get install --no-install-recommends$need"
    fi
}

# Installs the Debian packages given. Their own services are kept from starting: Gantry starts private ones.
install() {
    say "Installing Debian packages: $*"
    # shellcheck disable=SC2016
    as_root sh -eu -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod +x "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        log=$(mktemp)
        ( apt-get update -q && apt-get install -y -q --no-install-recommends "$@" ) >"$log" 2>&1 & apt=$!
        seconds=0
        while kill -0 "$apt" 2>/dev/null; do
            sleep 1
            seconds=$((seconds + 1))
            [ $((seconds % 15)) -ne 0 ] || echo "▸ … $seconds s" >&2
        done
        wait "$apt" || { tail -n 30 "$log" >&2; rm -f "$log"; exit 1; }
        rm -f "$log"
    ' install "$@" || die "Installing the packages failed; the reason is above."
}

if [ -n "$need" ]; then
    has apt-get || die "This is not a Debian system, so nothing is installed for you. Please install, and have on the PATH:$missing"
    # shellcheck disable=SC2086
    install $need
    has_postgres && has prometheus || die "The packages are installed, and still Postgres or Prometheus was not found."
fi

# The WebAssembly target: from rustup, or, where that cannot be downloaded, Debian's compiler with the source of its
# standard library, from which the build makes the target once.
has_target() { ls "$(rustc --print sysroot)"/lib/rustlib/wasm32-unknown-unknown/lib/libcore-*.rlib >/dev/null 2>&1; }
has_debian_compiler() { [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -f /usr/lib/rustlib/src/rust/library/Cargo.lock ]; }
if ! has_target && ! has_debian_compiler; then
    if has rustup; then
        say "Adding the WebAssembly target to the Rust toolchain"
        timeout 90 rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || say "It cannot be downloaded here"
    fi
    if ! has_target; then
        has apt-get || die "The WebAssembly target is missing. Run: rustup target add wasm32-unknown-unknown"
        need=" rustc-web cargo-web rust-web-src"
        # shellcheck disable=SC2086
        install $need
    fi
fi
has_target || is_new /usr/bin/rustc ||
    die "The WebAssembly target can't be downloaded here, and Debian's own compiler is too old to make it: $(/usr/bin/rustc --version).
Newer ones come with Debian's security updates. Add their suite (bookworm-security) to APT's sources, run apt-get update and
apt-get install rustc-web cargo-web rust-web-src, then run this again."
