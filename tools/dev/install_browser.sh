#!/usr/bin/env bash
# Chromium and its driver for the tests of the web page, where that is
# possible: as root on a machine with apt. Never fails; without them, these
# tests are skipped and say so.
set -uo pipefail

PACKAGES=(chromium chromium-driver)
# Where nothing answers, the build must not wait for it.
UPDATE_SECONDS=60
INSTALL_SECONDS=180

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "No Chromium here, and no way to install it: install the packages" \
    "${PACKAGES[*]} to test the web page, too."
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
quietly() {
  timeout "$1" apt-get -o Acquire::http::Timeout=20 -o Acquire::Retries=0 \
    "${@:2}" >/dev/null 2>&1
}
echo "Installing ${PACKAGES[*]} for the tests of the web page."
if ! { quietly "$UPDATE_SECONDS" update &&
  quietly "$INSTALL_SECONDS" install -y --no-install-recommends \
    "${PACKAGES[@]}"; }; then
  echo "It could not be installed: these tests are skipped."
fi
exit 0
