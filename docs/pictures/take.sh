#!/usr/bin/env bash
# Takes the README's pictures of the pages with headless Chromium (Debian: apt-get install chromium).
#   docs/pictures/take.sh [DATA]     DATA: a finished newsroom's data directory; without it, one is made (minutes)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
detente=${COMMAND:-$root/.venv/bin/detente}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || { echo "no Chromium found; install it, for example: apt-get install chromium" >&2; exit 3; }

scratch=$(mktemp -d)
server=
finish() {
    exec 3>&- || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

data=${1:-}
if [ -z "$data" ]; then
    data=$scratch/data
    "$detente" --data "$data" --quiet run --newsroom --once >/dev/null
fi

# The console ends with its standard input: a pipe that this script holds open.
mkfifo "$scratch/hold"
"$detente" --data "$data" run --only console <"$scratch/hold" &
server=$!
exec 3>"$scratch/hold"
for _ in $(seq 200); do
    [ -s "$data/console.url" ] && break
    sleep 0.1
done
address=$(cat "$data/console.url")

take() { # take PATH FILE HEIGHT
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
        --user-data-dir="$scratch/profile" --force-device-scale-factor=1.5 --window-size=1280,"$3" \
        --virtual-time-budget=4000 --screenshot="$here/$2" "$address$1" 2>/dev/null
}
take / front.png 1000
take "/pairs/${PAIR:-CHN-JPN}" pair.png 1240
ls -l "$here"/*.png
