# make test: install and start what the tests need, then lint, types, contracts and all tests.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh

missing=""
need() { missing="$missing $1"; }
has_cjk() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]; }
has_postgres() { ls /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }
has_browser() {
  for b in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do [ -n "$b" ] && "$b" --version >/dev/null 2>&1 && return 0; done  # a stub that only points at a snap answers with an error
  ls "$HOME"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome "$HOME"/Library/Caches/ms-playwright/chromium-* >/dev/null 2>&1
}
find_python >/dev/null 2>&1 || need python3
"$(find_python 2>/dev/null || echo false)" -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
has_postgres || need postgresql
command -v redis-server >/dev/null 2>&1 || need redis-server
command -v pdftotext >/dev/null 2>&1 || need poppler-utils  # the tests read licences back
has_browser || need chromium
has_cjk || need "fontconfig fonts-noto-cjk"
install() { # what is missing; the browser apart, as not every system's apt has one
  browser=""
  case "$missing" in *chromium*) browser=chromium; missing=$(echo "$missing" | sed 's/ chromium//') ;; esac
  apt-get update -qq
  [ -z "$missing" ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  [ -z "$browser" ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$browser" >/dev/null || true
}
installing=""
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "== installing:$missing"
  install & installing=$!
  case "$missing" in *python3*) wait "$installing"; installing=done ;; esac  # the environment is made with it; with all else it is made beside it
fi
ensure_venv "dev,postgresql,fast"
if [ -n "$installing" ]; then
  [ "$installing" = done ] || wait "$installing"
  missing=""
  has_browser || { echo "apt 没有可用的 chromium(例如 Ubuntu 只有 snap 版):请安装 Google Chrome 或设置 CHROMIUM=/path" >&2; need chromium; }
fi

select=""
if [ -n "$missing" ]; then
  echo "缺少 / missing:$missing" >&2
  advise "$missing" "$(echo "$missing" | sed 's/redis-server/redis/; s/poppler-utils/poppler/; s/fontconfig fonts-noto-cjk/font-noto-sans-cjk-sc/; s/chromium/--cask chromium/')"
  case "$missing" in *postgresql*) select="$select and not postgres" ;; esac
  case "$missing" in *redis*) select="$select and not redis" ;; esac
  case "$missing" in *chromium*|*fonts*) select="$select and not browser" ;; esac
fi

check_types_beside  # the tests wait for browsers and servers now and then: mypy has that time
sh scripts/lint.sh --no-types
echo "== tests"
tested=0
unset PYTHONDONTWRITEBYTECODE  # the tests start some hundred programs; each would compile the whole house anew
.venv/bin/python -m pytest -n "${WANGTING_TEST_WORKERS:-2}" --dist worksteal -q --durations=25 -m "not soak$select" "$@" || tested=$?
told_of_types
[ "$tested" = 0 ] || exit "$tested"
if [ -n "$missing" ]; then
  echo "这些测试没有运行(缺少$missing)。Tests were left out:${select# and}. Install what is named above and run again." >&2
  exit 1
fi
