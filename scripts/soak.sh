# make soak: the tests that count further with time to spare, with their full counts; the last output is kept as evidence.
# 200 kills on each database, 1,000,000 random ledgers, 60 random routes on each database with deaths and crowds, 100,000 random rules in both
# evaluators, colours at every width. About an hour on two cores.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
unset PYTHONDONTWRITEBYTECODE
mkdir -p docs/evidence
export WANGTING_SOAK=1
status=0
.venv/bin/python -m pytest -q -n "${WANGTING_TEST_WORKERS:-2}" --dist worksteal -m "counted or soak" --disable-warnings >docs/evidence/soak.txt.new 2>&1 || status=$?
mv docs/evidence/soak.txt.new docs/evidence/soak.txt
cat docs/evidence/soak.txt
exit "$status"
