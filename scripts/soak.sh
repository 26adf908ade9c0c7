# make soak: full counts of the long tests; the last output is kept as evidence.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
mkdir -p docs/evidence
export WANGTING_SOAK=1
.venv/bin/python -m pytest -q -n 2 --dist worksteal -m "soak or not soak" --durations=20 2>&1 | tee docs/evidence/soak.txt.new
mv docs/evidence/soak.txt.new docs/evidence/soak.txt
