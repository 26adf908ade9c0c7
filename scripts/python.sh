# Sourced by the other scripts: find a Python, make .venv, install with pinned versions when they changed.
# Names a missing prerequisite together with the command that installs it. Checks types beside other work.

advise() { # package names: Debian, Homebrew
  if command -v apt-get >/dev/null 2>&1; then echo "    sudo apt-get install -y $1" >&2
  elif command -v brew >/dev/null 2>&1; then echo "    brew install $2" >&2
  else echo "    install $1 with your system's package manager" >&2; fi
}

find_python() {
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] || continue
    command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  echo "需要 Python 3.11 或更新版本。Python 3.11 or newer is needed. Install it with:" >&2
  advise "python3 python3-venv" python@3.12
  return 1
}

ensure_venv() { # extras, e.g. "dev,postgresql"
  extras=$1
  # Made anew: one that was broken off while it was made, and one whose Python the system replaced.
  if ! .venv/bin/python -c 'import sys, importlib.util; sys.exit(importlib.util.find_spec("pip") is None)' 2>/dev/null; then
    python=$(find_python) || exit 1
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "Python 的 venv 模块没有装。The venv module is missing. Install it with:" >&2
      advise "python3-venv" python@3.12
      exit 1
    fi
    echo "建立虚拟环境 / making .venv with $python"
    "$python" -m venv --clear .venv || exit 1
  fi
  stamp=$(cat setup.py constraints.txt core/__init__.py | cksum | tr -d ' ')-$extras
  if [ "$(cat ".venv/stamp-$extras" 2>/dev/null)" != "$stamp" ]; then
    echo "安装软件包 / installing packages (1-2 min)"
    target=.
    [ -z "$extras" ] || target=".[$extras]"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$target" || exit 1
    echo "$stamp" > ".venv/stamp-$extras"
  fi
}

check_types_beside() { # on the other core: it takes longer than everything else that is looked at
  types=$(mktemp)
  trap 'kill $typing 2>/dev/null || true; rm -f "$types"' EXIT
  .venv/bin/mypy >"$types" 2>&1 & typing=$!
}

told_of_types() { # what was found; ends with its status
  echo "== mypy --strict"
  status=0
  wait $typing || status=$?
  cat "$types"
  return "$status"
}
