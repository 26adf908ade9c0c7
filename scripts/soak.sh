# make soak: full counts of the long tests; the last output is kept as evidence.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
mkdir -p docs/evidence
export WANGTING_SOAK=1
status=0
.venv/bin/python -m pytest -q -n 2 --dist worksteal -m "soak or not soak" --durations=20 >docs/evidence/soak.txt.new 2>&1 || status=$?
mv docs/evidence/soak.txt.new docs/evidence/soak.txt
cat docs/evidence/soak.txt
exit "$status"
