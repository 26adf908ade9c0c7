# Lint, types, contracts, templates. Each must be silent.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
bin=.venv/bin
echo "== ruff"
$bin/ruff check .
$bin/ruff format --check .
types=$(mktemp)
trap 'kill $typing 2>/dev/null || true; rm -f "$types"' EXIT
$bin/mypy >"$types" 2>&1 & typing=$!  # on the other core: it takes longer than everything else here
echo "== import layers"; $bin/lint-imports
echo "== templates";     $bin/djlint --lint --quiet core/web/templates themes plugins
echo "== mypy --strict"; status=0
wait $typing || status=$?
cat "$types"
exit "$status"
