#!/usr/bin/env bash
# Fails when generated code is not what its sources give. Generated code is committed, so that a fresh clone builds
# without any tool; what is compared is the files before and after, so that work in progress can be tested too.
set -euo pipefail
cd "$(dirname "$0")/.."

list() { find . -path ./.git -prune -o -name '*_templ.go' -print | LC_ALL=C sort; }
sums() { list | xargs -r sha256sum; }

before=$(sums)
go tool templ generate -log-level error >/dev/null
after=$(sums)
if [ "$before" != "$after" ]; then
  diff <(echo "$before") <(echo "$after") >&2 || true
  echo "tools/generated.sh: the files above were not what 'go tool templ generate' makes; they are now: commit them" >&2
  exit 1
fi

list | while read -r file; do
  if [ ! -e "${file%_templ.go}.templ" ]; then
    echo "tools/generated.sh: $file has no .templ file beside it: remove it" >&2
    exit 1
  fi
done

if [ "${CI:-}" = true ] && [ -n "$(git status --porcelain -- '*_templ.go')" ]; then
  git status --short -- '*_templ.go' >&2
  echo "tools/generated.sh: generated files are not committed" >&2
  exit 1
fi
