#!/bin/sh
# Makes a bare Debian machine able to build, run and test Gantry: system packages, the wasm target.
# Does only what is missing, says what it does, and never touches anything but packages and the toolchain.
# Usage: scripts/setup.sh run | test | bench
set -eu

want=${1:-run}
say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }

packages="gcc libc6-dev postgresql prometheus"
case "$want" in
run) ;;
test) packages="$packages chromium nodejs" ;;
bench) packages="$packages chromium nodejs wrk" ;;
*) die "usage: scripts/setup.sh run|test|bench" ;;
esac

if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
fi
command -v cargo >/dev/null 2>&1 || die "Gantry is built with Rust. Install the stable toolchain with rustup (https://rustup.rs), then run this again."

if ! command -v apt-get >/dev/null 2>&1; then
    missing=""
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing PostgreSQL-15-or-newer(initdb,postgres)"
    command -v prometheus >/dev/null 2>&1 || missing="$missing Prometheus-2.42-or-newer"
    command -v cc >/dev/null 2>&1 || missing="$missing a-C-compiler"
    if [ "$want" != run ]; then
        command -v chromium >/dev/null 2>&1 || missing="$missing Chromium"
        command -v npm >/dev/null 2>&1 || missing="$missing Node.js-20-with-npm"
    fi
    [ -z "$missing" ] || die "This is not a Debian system, so nothing is installed for you. Please install, and have on the PATH:$missing"
else
    need=""
    for package in $packages; do
        case "$package" in
        # A Node.js that did not come from Debian serves as well.
        nodejs) command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && continue; package="nodejs npm" ;;
        esac
        for name in $package; do
            dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || need="$need $name"
        done
    done
    if [ -n "$need" ]; then
        say "Installing Debian packages:$need"
        as_root=""
        if [ "$(id -u)" -ne 0 ]; then
            command -v sudo >/dev/null 2>&1 || die "These packages are missing and there is no sudo here; as root, run: apt-get install$need"
            as_root="sudo"
        fi
        $as_root apt-get update -q
        # RUNLEVEL=1 keeps the packages' own services from starting: Gantry starts private ones.
        # shellcheck disable=SC2086
        $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends $need
    fi
fi

# The WebAssembly target: from rustup, or where only package registries can be reached, built from Debian's copy of std.
sysroot=$(rustc --print sysroot)
wasm_lib="$sysroot/lib/rustlib/wasm32-unknown-unknown/lib"
if ! ls "$wasm_lib"/libcore-*.rlib >/dev/null 2>&1; then
    say "Adding the wasm32-unknown-unknown target"
    if command -v rustup >/dev/null 2>&1 && timeout 120 rustup target add wasm32-unknown-unknown 2>/dev/null; then
        :
    else
        sh "$(dirname "$0")/wasm-std.sh" "$wasm_lib"
    fi
fi
