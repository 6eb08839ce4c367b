#!/bin/sh
# Install the program with its web pages into a folder of its own, from the locked versions, and
# compile it: a container with a read-only root could not keep what Python compiles at a start.
#
#     install.sh SOURCE TARGET
set -eu

source="$1" target="$2"
python="${PYTHON:-python3}"

"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --no-cache-dir --only-binary :all: --no-compile \
    --require-hashes -r "$source/requirements.lock"
"$target/bin/python" -m pip install --quiet --no-cache-dir --no-compile --no-deps "$source"
"$target/bin/python" -m pip uninstall --quiet --yes pip
# By hash: files keep no time of change when they go into an image. One module is for Python 2 alone.
"$target/bin/python" -m compileall -q -j 0 -x 'olefile2\.py$' --invalidation-mode unchecked-hash "$target/lib"
chmod -R a-w,a+rX "$target"
