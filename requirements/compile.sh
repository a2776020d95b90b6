#!/usr/bin/env bash
# Lock files: exact versions with hashes, for every platform, without the address of any index.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate)
.venv/bin/uv pip compile "${options[@]}" pyproject.toml requirements/build.in -o requirements/run.lock
.venv/bin/uv pip compile "${options[@]}" pyproject.toml requirements/build.in --group dev -c requirements/run.lock -o requirements/dev.lock
.venv/bin/uv pip compile "${options[@]}" requirements/bootstrap.in -o requirements/bootstrap.lock
