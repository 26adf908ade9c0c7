# make run: from a bare machine to a running hall.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv ""
export WANGTING_HOME="${WANGTING_HOME:-$PWD/var}"
exec .venv/bin/wangting run --demo
