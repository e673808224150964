#!/bin/sh
# Makes .venv and installs a hashed lock into it: setup.sh LOCK STAMP.
# Works on a fresh Debian as root or not; every step says what it does.
set -eu
lock=$1
stamp=$2
say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

command -v python3 >/dev/null || fail "python3 is missing
  fix: apt install python3"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is $(python3 -V 2>&1), 3.11 or newer is needed
  fix: use Debian 12 or newer, or put a newer python3 first on PATH"

# Debian ships venv without pip in a package of its own; without root we take pip's wheel out of that package.
borrow_pip() {
    temporary=$(mktemp -d)
    say "python3-venv is missing and this is not root: borrowing pip from Debian's package in $temporary"
    mkdir -p "$temporary/lists/partial" "$temporary/cache"
    apt="-o Dir::State::Lists=$temporary/lists -o Dir::Cache=$temporary/cache"
    (cd "$temporary" && apt-get -qq $apt update && apt-get -qq $apt download python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb .) ||
        fail "could not get pip
  fix: ask an administrator for: apt install python3-venv"
    python3 -m venv --without-pip .venv
    wheel=$(ls "$temporary"/usr/share/python-wheels/pip-*.whl)
    .venv/bin/python "$wheel/pip" install -q --disable-pip-version-check --no-index --no-deps "$wheel"
    rm -rf "$temporary"
}

if ! [ -x .venv/bin/pip ]; then
    say "making the virtual environment .venv"
    rm -rf .venv
    if python3 -c 'import ensurepip' 2>/dev/null; then
        python3 -m venv .venv
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing Debian's python3-venv"
        apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv >/dev/null
        python3 -m venv .venv
    elif command -v apt-get >/dev/null; then
        borrow_pip
    else
        fail "python3 has no ensurepip
  fix: install your system's package for python3 venv"
    fi
fi

say "installing $(grep -c '^[a-zA-Z0-9].*==' "$lock") locked packages from $lock (the first time takes a few minutes)"
.venv/bin/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
say "installing vedette itself"
.venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --editable .
say "compiling the code that counts packets (once)"
.venv/bin/python -m vedette.runtime.warm
touch "$stamp"
say "ready: .venv/bin/vedette"
