"""Notebooks → self-contained pages: parameters, runner, proof, page, publishing."""

import sys

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; importing it takes 4 s.
sys.modules.setdefault("rfc3987_syntax", None)
