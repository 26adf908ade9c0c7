# Lint, types, contracts, templates. Each must be silent. With --no-types the types are left to who calls.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
bin=.venv/bin
echo "== ruff"
$bin/ruff check .
$bin/ruff format --check .
[ "${1:-}" = --no-types ] || check_types_beside
echo "== import layers"; $bin/lint-imports
echo "== templates";     $bin/djlint --lint --quiet core/web/templates themes plugins
[ "${1:-}" = --no-types ] || told_of_types
