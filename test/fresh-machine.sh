#!/usr/bin/env bash
# What a stranger sees: a fresh clone with an empty HOME, npm cache and Maven repository, `npm run demo` and then
# `npm test`, each as the only command. Reports how long each took; exits non-zero if one failed. It downloads
# everything anew, so it stands beside `npm test`, not in it.
#   test/fresh-machine.sh [--keep]     --keep leaves the clone and the logs
set -uo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
place="$(mktemp -d "${TMPDIR:-/tmp}/taskfold-fresh-XXXXXX")"
if [ "${1:-}" = --keep ]; then
  echo "clone and logs: $place"
else
  trap 'rm -rf "$place"' EXIT
fi

# Everything that keeps something between two runs looks below HOME or at these.
export HOME="$place/home"
mkdir "$HOME"
export NO_COLOR=1
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME npm_config_cache NPM_CONFIG_CACHE npm_execpath MAVEN_OPTS MAVEN_ARGS
git clone --quiet "$project" "$place/clone" || exit 1
cd "$place/clone" || exit 1
echo "commit $(git rev-parse --short HEAD), Node $(node --version), $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores"

failed=0
last_line=
# Runs one command, its output in a log; sets last_line to its last line of standard output.
measure() {
  local name="$1" from=$SECONDS code
  shift
  "$@" </dev/null >"$place/$name.out" 2>"$place/$name.err"
  code=$?
  last_line="$(tail -n 1 "$place/$name.out")"
  echo "$name: exit code $code after $((SECONDS - from)) s"
  if [ "$code" -ne 0 ]; then
    failed=1
    echo "--- the end of its standard error"
    tail -n 30 "$place/$name.err"
    echo "--- the end of its standard output"
    tail -n 30 "$place/$name.out"
  fi
}

measure demo npm run demo
echo "$last_line"
case "$last_line" in
  *'"mismatches":0,'* | *'"mismatches":0}'*) ;;
  *)
    echo "demo: its last line does not say mismatches 0"
    failed=1
    ;;
esac

measure test npm test
grep -E '^ *(Test Files|Tests|Duration) ' "$place/test.out" || true

left="$(git status --porcelain)"
if [ -n "$left" ]; then
  echo "the clone is no longer clean:"
  echo "$left"
  failed=1
fi
exit "$failed"
