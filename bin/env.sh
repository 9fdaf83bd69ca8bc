# Sourced by the other commands: makes .venv from a lock file when that is missing or has changed. POSIX sh.
# Sets $root and $python. Needs Python >= 3.11 with its venv module; once installed, no network.

root=$(cd "$(dirname "$0")/.." && pwd -P)
python=$root/.venv/bin/python

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# find_python: prints the first interpreter that is new enough, $PYTHON first.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    found=$(python3 --version 2>/dev/null) || found="no python3"
    fail "The desk needs Python 3.11 or newer (found: $found). Install one, or name it: PYTHON=/path/to/python bin/up"
}

# make_venv PYTHON: an empty .venv.
make_venv() {
    "$1" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "The venv module of $1 is missing. On Debian or Ubuntu: apt-get install python3-venv"
    say "Making .venv with $("$1" --version)"
    "$1" -m venv --clear "$root/.venv" || fail "Could not make $root/.venv"
}

# show_progress TOTAL: turns pip's output into a counter and lets errors through.
show_progress() {
    count=0
    while IFS= read -r line; do
        case $line in
            Collecting* | Processing* | "Requirement already satisfied"*)
                count=$((count + 1))
                if [ -t 2 ]; then
                    printf '\r  package %d of %d' "$count" "$1" >&2
                elif [ $((count % 20)) = 0 ]; then
                    say "  package $count of $1"
                fi
                ;;
            "Installing collected"*)
                [ ! -t 2 ] || printf '\r' >&2
                say "  unpacking $count packages    "
                ;;
            ERROR*) say "$line" ;;
        esac
    done
}

# stamp_of LOCK: what an up-to-date .venv was made from.
stamp_of() {
    "$python" -c 'import sys; print(*sys.version_info[:2])' && cksum <"$root/$1"
}

# install LOCK: brings .venv to what the lock file says; instant when it already is there.
install() {
    stamp=$root/.venv/.from-$1
    if ! "$python" -c 'import pip' >/dev/null 2>&1; then
        found=$(find_python) || exit 1
        make_venv "$found"
    fi
    [ "$(cat "$stamp" 2>/dev/null)" != "$(stamp_of "$1")" ] || return 0
    total=$(grep '^[a-zA-Z0-9]' "$root/$1" | grep -vc 'win32')
    say "Installing $total packages into .venv (once, and when $1 changes)"
    log=$root/.venv/install.log
    {
        "$python" -m pip install --require-hashes --no-deps --disable-pip-version-check --no-input --progress-bar off \
            -r "$root/$1" 2>&1 || echo "install failed"
    } | tee "$log" | show_progress "$total"
    if [ "$(tail -n 1 "$log")" = "install failed" ]; then
        fail "Installing failed; all of pip's words are in $log. Is there a network? Try again: it goes on where it was."
    fi
    stamp_of "$1" >"$stamp"
}

# install_dev: the same with the tools for tests and checks; the desk's own packages are among them.
install_dev() {
    install requirements-dev.lock
    stamp_of requirements.lock >"$root/.venv/.from-requirements.lock"
}
