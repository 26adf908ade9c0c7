# make screenshots: the pictures of the READMEs and of the administrators' handbook, made anew by the browser test of the main job.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh
ensure_venv "dev,postgresql,fast"
WANGTING_SCREENSHOTS="$PWD/build/screenshots" .venv/bin/python -m pytest -q tests/browser/test_main_journey.py tests/browser/test_studio.py -k "licence or without_code"
# the administrators' handbook: docs/admin/pictures
WANGTING_SCREENSHOTS="$PWD/build/screenshots" .venv/bin/python -m pytest -q tests/browser/test_studio_pages.py -k pictured
mkdir -p docs/screenshots
for name in $(grep -o 'docs/screenshots/[a-z0-9-]*\.png' README.md | sort -u); do
  cp "build/screenshots/${name##*/}" "$name"
done
