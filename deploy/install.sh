#!/bin/sh
# Installs Vedette as a service of this machine: install.sh [--start] [--program VEDETTE]
#
# Run as root, from a checkout. Done a second time it brings the program and the units up to date; settings and data stay.
#   --start      start both services, now and at every boot; without it nothing is started
#   --program    use this `vedette` (of a package, say) and install none
# Undone by: vedette uninstall
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=/opt/vedette
link=/usr/local/bin/vedette
say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }

start=
program=
while [ $# -gt 0 ]; do
    case $1 in
        --start) start=yes ;;
        --program) [ $# -gt 1 ] || fail "--program which?"; program=$2; shift ;;
        *) fail "no such option: $1
  fix: install.sh [--start] [--program VEDETTE]" ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || fail "only root can install a service
  fix: sudo sh $0"
command -v useradd >/dev/null || fail "useradd is missing
  fix: apt install passwd"

if [ -n "$program" ]; then
    program=$(command -v "$program") || fail "there is no such program
  fix: name the whole path of vedette"
    program=$(realpath -s "$program")
else
    command -v python3 >/dev/null || fail "python3 is missing
  fix: apt install python3 python3-venv"
    # Not /root/.pyenv or the like: the agent's user could not reach it.
    [ -x $prefix/bin/pip ] || { say "making $prefix"; PATH=/usr/local/bin:/usr/bin:/bin python3 -m venv $prefix; }
    say "installing $(grep -c '^[a-zA-Z0-9].*==' "$here/../requirements.lock") locked packages into $prefix (a few minutes)"
    $prefix/bin/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$here/../requirements.lock"
    $prefix/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall "$here/.."
    mkdir -p $prefix/docs
    cp "$here"/../docs/*.md $prefix/docs/
    chmod -R go+rX $prefix
    program=$prefix/bin/vedette
fi
if [ "$program" != $link ]; then
    [ ! -e $link ] || [ -L $link ] || fail "$link is there, and not ours
  fix: move it away, or install with --program $link"
    mkdir -p "$(dirname $link)"
    ln -sfn "$program" $link
    say "$link is $program"
fi

if ! getent passwd vedette >/dev/null; then
    # The comment is how `vedette uninstall` knows that the user is ours to delete.
    useradd --system --user-group --home-dir /var/lib/vedette --no-create-home --shell /usr/sbin/nologin \
        --comment "Vedette, made by deploy/install.sh" vedette
    say "made the user vedette"
fi

mkdir -p /etc/vedette
if [ -e /etc/vedette/vedette.yaml ]; then
    say "/etc/vedette/vedette.yaml stays as it is"
else
    install -m 0644 "$here/vedette.yaml" /etc/vedette/vedette.yaml
    say "wrote /etc/vedette/vedette.yaml: dry run, nobody is blocked yet"
fi
$link config check /etc/vedette/vedette.yaml >/dev/null || fail "the settings have faults
  fix: vedette config check /etc/vedette/vedette.yaml"

mkdir -p /etc/systemd/system
for unit in vedette.service vedette-helper.service; do
    install -m 0644 "$here/$unit" /etc/systemd/system/$unit
done
say "wrote the units vedette.service and vedette-helper.service"
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    if [ -n "$start" ]; then
        systemctl enable vedette-helper.service vedette.service
        systemctl restart vedette-helper.service vedette.service
        say "started; see: vedette status"
    elif systemctl is-active --quiet vedette.service; then
        say "the old version still runs: systemctl restart vedette-helper vedette"
    fi
elif [ -n "$start" ]; then
    fail "nothing is started: systemd does not run here
  fix: start by other means: vedette helper; vedette run"
fi
[ -n "$start" ] || say "done, nothing is started: systemctl enable --now vedette-helper vedette"
