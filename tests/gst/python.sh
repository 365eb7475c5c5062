#!/usr/bin/env bash
# usage: python.sh SCRIPT...: runs a script with a Python that has PyGObject: $PYTHON, the first one on the PATH, or the
# distribution's, which is the one that python3-gi is made for.
for python in "${PYTHON:-}" python3 /usr/bin/python3; do
  if [[ -n $python ]] && "$python" -c 'import gi' 2>/dev/null; then
    exec "$python" "$@"
  fi
done
echo "SKIPPED: no Python with PyGObject (python3-gi, python3-gst-1.0): $1 was NOT tested" >&2
exit 77
