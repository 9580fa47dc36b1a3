#!/bin/sh
# The grid as a loop over papermill's command line: `papermill_loop.sh FOLDER`, run in the root of the project.
# FOLDER has template.ipynb and parameters/<run>.yaml; each run leaves runs/<run>/notebook.ipynb and result.json.
set -eu
for parameters in "$1"/parameters/*.yaml; do
    run=$(basename "$parameters" .yaml)
    mkdir -p "$1/runs/$run"
    "${PYTHON:-python}" -m papermill "$1/template.ipynb" "$1/runs/$run/notebook.ipynb" \
        --parameters_file "$parameters" --kernel python3 --no-progress-bar >"$1/runs/$run/log.txt" 2>&1
done
