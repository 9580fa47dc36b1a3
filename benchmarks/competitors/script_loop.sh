#!/bin/sh
# The grid as a loop of plain Python scripts: `script_loop.sh FOLDER`, run in the root of the project.
# FOLDER has scripts/<run>.py, the same template with the parameters of the run; each leaves runs/<run>/result.json.
set -eu
for script in "$1"/scripts/*.py; do
    run=$(basename "$script" .py)
    mkdir -p "$1/runs/$run"
    "${PYTHON:-python}" "$script" >"$1/runs/$run/log.txt" 2>&1
done
