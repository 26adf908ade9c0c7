# make bench: the product beside its peers, in one run on this machine.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
mkdir -p build
unset PYTHONDONTWRITEBYTECODE  # what is started is measured, not how fast Python compiles it anew each time
exec .venv/bin/python -m tests.bench "$@"
