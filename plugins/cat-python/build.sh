#!/bin/sh
# Makes dist/bot.wasm from bot.py. Needs Python 3.11 or later; what else it needs is installed into
# .venv, pinned and checked by hash, the first time and when requirements.txt has changed.
set -eu
cd "$(dirname "$0")"

# The interface: beside this file, or where the gateway's repository has it.
wit=wit
[ -d "$wit" ] || wit=../../wit

if ! cmp -s requirements.txt .venv/requirements.txt; then
    if ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; then
        echo 'Python 3.11 or later with venv and pip is needed (Debian, Ubuntu: apt install python3-venv)' >&2
        exit 1
    fi
    echo 'installing tools into .venv' >&2
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary :all: --requirement requirements.txt
    cp requirements.txt .venv/requirements.txt
fi

# What has not changed is not built again.
if [ -f dist/bot.wasm ] && [ -z "$(find ./*.py requirements.txt build.sh "$wit" -newer dist/bot.wasm)" ]; then
    exit 0
fi

# For editors, type checkers and tests: what the interface looks like in Python.
rm -rf bindings
.venv/bin/componentize-py --quiet -d "$wit" -w bot bindings bindings

mkdir -p dist
.venv/bin/componentize-py --quiet -d "$wit" -w bot componentize bot -p . -o dist/new.wasm
mv dist/new.wasm dist/bot.wasm
