#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, from the distribution's own packages.
#
# The tests start programs of their own on free loopback ports: none of the services that come with the packages is
# needed, and none is left running or enabled.
set -euo pipefail

say() { echo "tools/install.sh: $*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

postgres_is_there() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

# Ubuntu's chromium packages are stubs that fetch a snap: such a stub is found by name, and fails when it is run.
browser_is_there() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if have "$name" && "$name" --version >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

gcc_is_there() { have gcc && [ -e /usr/include/stdio.h ]; } # the race detector needs a C compiler and the C library's headers

missing=()
services=()
want() { # want PACKAGE SERVICE-OR-EMPTY CHECK…
  local package=$1 service=$2
  shift 2
  if "$@"; then return 0; fi
  missing+=("$package")
  if [ -n "$service" ]; then services+=("$service"); fi
}

want git '' have git
want ca-certificates '' test -e /etc/ssl/certs/ca-certificates.crt
want gcc '' gcc_is_there
want libc6-dev '' test -e /usr/include/stdio.h
want postgresql postgresql postgres_is_there
want nginx nginx test -x /usr/sbin/nginx
want caddy caddy have caddy
want curl '' have curl
want chromium '' browser_is_there
want nodejs '' have node
want npm '' have npm

have go || fail "Go is missing: install the version that go.mod names, from https://go.dev/dl/"
if [ ${#missing[@]} = 0 ]; then exit 0; fi

say "missing: ${missing[*]}"
have apt-get || fail "this is no Debian or Ubuntu: install these by hand, then run this again"

# Where snaps are the only source of Chromium, a snap it is; where there are no snaps either, a person has to choose.
if [[ " ${missing[*]} " == *" chromium "* ]] && grep -qs '^ID=ubuntu' /etc/os-release; then
  have snap || fail "Ubuntu has Chromium as a snap only, and there is no snapd: install Google Chrome (google-chrome-stable), or snapd, and run this again"
  as_root snap install chromium
  browser_is_there || fail "the Chromium snap does not start here: install Google Chrome (google-chrome-stable) and run this again"
fi

# Packages start their services as they are installed; a policy that refuses (101) keeps them from it.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
  as_root chmod 755 $policy
  trap 'as_root rm -f $policy' EXIT
fi

packages=()
for package in "${missing[@]}"; do
  if [ "$package" = chromium ] && browser_is_there; then continue; fi # the snap
  packages+=("$package")
done
if [ ${#packages[@]} != 0 ]; then
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

# … nor are they to start with the machine.
if [ -d /run/systemd/system ]; then
  for service in "${services[@]}"; do as_root systemctl disable --now "$service" >/dev/null 2>&1 || true; done
fi
