#!/usr/bin/env bash
# `make test`: the gates, then the tests, then one line that counts both.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
passed=0
failed=0
gate() {
    local name=$1
    shift
    if "$@"; then
        echo "gate $name: passed"
        passed=$((passed + 1))
    else
        echo "gate $name: FAILED"
        failed=$((failed + 1))
    fi
}
gate format "$bin/ruff" format --check --quiet .
gate lint "$bin/ruff" check --quiet .
gate types "$bin/mypy"
gate contracts "$bin/lint-imports" --no-cache
gate dead-code "$bin/vulture"

report=$(mktemp)
trap 'rm -f "$report"' EXIT
"$bin/python" -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=10 --junit-xml="$report" "$@"
status=$?
counts=$("$bin/python" - "$report" <<'PY'
import sys
import xml.etree.ElementTree as ET

try:
    suite = ET.parse(sys.argv[1]).getroot().find("testsuite")
    total, bad = int(suite.get("tests")), int(suite.get("failures")) + int(suite.get("errors"))
    print(total - bad - int(suite.get("skipped")), bad, int(suite.get("skipped")))
except (ET.ParseError, OSError, AttributeError, TypeError):
    print(0, 1, 0)
PY
)
read -r tests_passed tests_failed skipped <<<"$counts"
passed=$((passed + tests_passed))
failed=$((failed + tests_failed))
if [ "$status" -ne 0 ] && [ "$tests_failed" -eq 0 ]; then
    failed=$((failed + 1))
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
