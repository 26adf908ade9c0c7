# Lint, types, contracts, templates. Each must be silent.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
bin=.venv/bin
echo "== ruff";          $bin/ruff check . && $bin/ruff format --check .
echo "== mypy --strict"; $bin/mypy
echo "== import layers"; $bin/lint-imports
echo "== templates";     $bin/djlint --lint --quiet core/web/templates themes plugins
