# Sourced by the other scripts: where we are, setup when something is missing, one way to build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
script/setup --check || script/setup >&2

# build PRESET [cmake cache arguments …] -- [targets …]: quiet unless it fails.
build() {
  local preset=$1 arguments=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do arguments+=("$1"); shift; done
  [ $# -gt 0 ] && shift
  targets=("$@")
  local log="build/$preset.log"
  mkdir -p build
  if ! { cmake --preset "$preset" "${arguments[@]}" && cmake --build --preset "$preset" ${targets[@]:+--target "${targets[@]}"}; } >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "build of preset $preset failed; the whole log is in $log" >&2
    return 1
  fi
}
