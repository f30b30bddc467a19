"""Notebooks → self-contained pages: parameters, runner, proof, page, publishing."""

import sys

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; it builds a grammar for 4 s at import.
sys.modules.setdefault("rfc3987_syntax", None)
