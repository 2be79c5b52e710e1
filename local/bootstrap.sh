#!/bin/sh
# Makes the Python environments named as arguments, or all of them:
#
#   dev          .venv                  our own programs and tests
#   sam          .local/env/sam         the SAM command line
#   localstack   .local/env/localstack  LocalStack and our plug-in for it
#   lambda       .local/env/lambda      what the Lambda runtime gives a function
#
# and before them .local/env/uv, which makes the others: the uv on PATH, or else one from the package index.
# Needs any Python 3 (3.9 or newer) or uv; finds a Python 3.13 or has uv install one. An environment whose inputs did
# not change is left alone. It runs before any environment exists, hence plain sh.
set -eu

cd "$(dirname "$0")/.."
root=$(pwd -P)
environments=.local/env
uv=$environments/uv/bin/uv
lock=$environments/lock
plugin=local/localstack_plugin
lock_timeout=600
python=

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "set-up: $*"
    exit 1
}

folder_of() {
    case $1 in
        dev) echo .venv ;;
        sam | localstack | lambda | uv) echo "$environments/$1" ;;
        *) fail "there is no environment '$1', but dev, sam, localstack and lambda" ;;
    esac
}

has_plugin() { [ "$1" = localstack ] && [ -f $plugin/pyproject.toml ]; }

# What an environment is made from, as one checksum. The path counts, because scripts in an environment hold it.
inputs_of() {
    {
        echo "$root"
        cat local/bootstrap.sh "requirements/$1.txt"
        if has_plugin "$1"; then cat $plugin/pyproject.toml; fi
    } | cksum
}

# The stamp is written last: an environment that was interrupted has none. When the Python or the uv behind it has been
# uninstalled, the program is a dangling link.
is_current() {
    folder=$(folder_of "$1")
    case $1 in uv) program=uv ;; *) program=python ;; esac
    [ -x "$folder/bin/$program" ] && [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$(inputs_of "$1")" ]
}

# Every Python that might do, best first. A pyenv shim may not run, and hides the Pythons behind it.
candidates() {
    pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
    (
        IFS=:
        for name in python3.13 python3; do
            for folder in $PATH; do echo "$folder/$name"; done
        done
    )
    for program in "$pyenv"/3.13*/bin/python3.13 "$pyenv"/3.*/bin/python3; do echo "$program"; done
}

# The first candidate for which the Python expression is true, as the path of the real program behind a shim.
first_python() {
    candidates | while IFS= read -r candidate; do
        [ -x "$candidate" ] && "$candidate" -c "import sys, sysconfig; ($1) or sys.exit(1); print(sys.executable)" 2>/dev/null </dev/null && break
    done
}

find_python() {
    [ -z "$python" ] || return 0
    # A free-threaded build cannot load the wheels that the requirements name.
    python=$(first_python "sys.version_info[:2] == (3, 13) and not sysconfig.get_config_var('Py_GIL_DISABLED')")
    [ -n "$python" ] || python=$(managed_python) || {
        "$uv" python install --quiet 3.13 && python=$(managed_python)
    } || fail "Python 3.13 was not found and uv could not install it: install it (python.org, pyenv, or your system's packages)"
}

# With --quiet, uv would not print it.
managed_python() { "$uv" python find --no-project --managed-python 3.13 2>/dev/null; }

create_uv() {
    rm -rf "$1" || return
    if found=$(command -v uv) && "$found" --version >/dev/null 2>&1; then
        mkdir -p "$1/bin" && ln -s "$found" "$1/bin/uv"
        return
    fi
    any_python=$(first_python "sys.version_info >= (3, 9) and __import__('ensurepip') and __import__('venv')")
    [ -n "$any_python" ] || fail "there is neither uv nor a Python with 'venv': install uv (docs.astral.sh/uv) or, on Debian, the package python3-venv"
    "$any_python" -m venv "$1" || return
    "$1/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/uv.txt
}

create() {
    find_python
    "$uv" venv --quiet --clear --no-project --python "$python" "$2" || return
    # What has no wheel (some of LocalStack's, our plug-in) is built with the setuptools of the same file.
    # Functions write no byte code, as on Lambda, where the runtime's own comes with it.
    [ "$1" = lambda ] && compile=true || compile=false
    UV_COMPILE_BYTECODE=$compile "$uv" pip sync --quiet --require-hashes --build-constraints "requirements/$1.txt" --python "$2" "requirements/$1.txt" || return
    if has_plugin "$1"; then
        "$uv" pip install --quiet --no-deps --build-constraints "requirements/$1.txt" --python "$2" --editable $plugin || return
    fi
}

make_environment() {
    began=$(date +%s)
    folder=$(folder_of "$1")
    rm -f "$folder/.stamp"
    case $1 in
        uv) create_uv "$folder" ;;
        *) create "$1" "$folder" ;;
    esac || fail "could not make the environment '$1' in $folder"
    inputs_of "$1" >"$folder/.stamp"
    say "set-up: made the environment '$1' in $folder ($(($(date +%s) - began)) s)"
}

# A symbolic link to the owner's process id: made in one step, or not at all. The lock of a dead process is taken over.
take_lock() {
    mkdir -p $environments
    waited=0
    until ln -s $$ $lock 2>/dev/null; do
        owner=$(readlink $lock) || continue
        if ! kill -0 "$owner" 2>/dev/null; then
            rm -f $lock
            continue
        fi
        [ $waited -gt 0 ] || say "set-up: waiting for another set-up (process $owner)"
        [ $waited -lt $lock_timeout ] || fail "process $owner has held $root/$lock for $lock_timeout s; remove it if that is no set-up"
        sleep 1
        waited=$((waited + 1))
    done
    trap 'rm -f $lock' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

[ $# -gt 0 ] || set -- dev sam localstack lambda

missing=
for environment in uv "$@"; do
    folder_of "$environment" >/dev/null
    is_current "$environment" || missing="$missing $environment"
done
[ -n "$missing" ] || exit 0

take_lock
for environment in $missing; do
    is_current "$environment" || make_environment "$environment"
done
