"""What we wrote about pages and runs, read back; what is damaged or of another version is left out."""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from src.codebook import vocabulary

Record = dict[str, Any]

MANIFEST = re.compile(r'<template id="manifest">(.*?)</template>', re.DOTALL)
TEXT, TEXTS = {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}
TIME = {"type": "string", "pattern": r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00)?$"}
NUMBER, YES_OR_NO = {"type": "number"}, {"type": "boolean"}
LANG, AUDIENCE = {"enum": list(vocabulary.LANGS)}, {"enum": ["internal", "public"]}


def _rows(**columns: dict) -> dict:
    return {"type": "array", "items": _all_of(**columns)}


def _all_of(**needed: dict) -> dict:
    return {"type": "object", "required": list(needed), "properties": needed}


CHANGED = _all_of(
    since=TIME, period=TEXT, figures=_rows(name=TEXT, then=TEXT, now=TEXT),
    because={"type": "array", "items": {"enum": ["data", "notebook", "code", "packages", "period"]}},
)  # fmt: skip
PAGE = _all_of(
    notebook=TEXT, stem=TEXT, area=TEXT, area_zh=TEXT, area_en=TEXT, headline=TEXT, period_label=TEXT, run=TEXT,
    fingerprint=TEXT, lang=LANG, audience=AUDIENCE, made_at=TIME, titles={**TEXTS, "required": list(vocabulary.LANGS)},
    level={"enum": ["district", "street", "community"]}, street={"type": ["string", "null"]},
    status={"enum": ["good", "stale", "failed"]},
    figures={"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}},
)  # fmt: skip
PAGE["properties"] |= {
    "changed": {"anyOf": [{"type": "object", "maxProperties": 0}, CHANGED]},
    "inputs": {**TEXTS, "required": ["data", "notebook", "code", "packages"]},
    "note": TEXT, "reason": TEXT, "since": TIME, "synthetic": YES_OR_NO,
}  # fmt: skip
PAGE |= {"if": {"properties": {"status": {"const": "good"}}}, "else": {"required": ["since", "reason"]}}
RUN = _all_of(
    started=TIME, seconds=NUMBER, note=TEXT, refusal=TEXT, counts=_all_of(made=NUMBER, kept=NUMBER, failed=NUMBER),
    pages={"type": "object"},
)  # fmt: skip
# What a page carries of itself.
CARRIED = _all_of(
    area_zh=TEXT, area_en=TEXT, period=TEXT, period_label=TEXT, as_of=TEXT, notebook=TEXT, synthetic=YES_OR_NO,
    audience=AUDIENCE, deliveries=_rows(file=TEXT, title=TEXT, publisher=TEXT, received=TEXT, sha256=TEXT),
    code=_all_of(commit=TEXT, changed=YES_OR_NO), packages=TEXTS,
    parameters=_all_of(area=TEXT, period=TEXT, compare=TEXT, lang=LANG, audience=AUDIENCE)
    | {"additionalProperties": False},
)  # fmt: skip
FORMS = {"page": PAGE, "run": RUN, "carried": CARRIED}


class OtherForm(ValueError):
    """What a page carries of itself is missing, damaged, or of another version; the message says which part."""


def sound_pages(stated: dict[str, Any]) -> dict[str, Record]:
    """Return the records of pages that are whole, by page."""
    return {page: record for page, record in stated.items() if not fault_of(record, "page")}


def read_run(file: Path) -> Record:
    """Return what a run wrote of itself, with the pages whose records are whole; nothing where it is not."""
    stated = read_json(file)
    return {} if fault_of(stated, "run") else {**stated, "pages": sound_pages(stated["pages"])}


def carried_by(html: str) -> Record:
    """Return the manifest that a page carries; raises `OtherForm`."""
    found = MANIFEST.search(html)
    if not found:
        raise OtherForm(vocabulary.both("no_manifest"))
    try:
        stated = json.loads(unescape(found[1]))
    except ValueError:
        raise OtherForm(vocabulary.both("no_manifest")) from None
    if fault := fault_of(stated, "carried"):
        raise OtherForm(vocabulary.both("other_form", fault=fault))
    return stated


def audience_of(html: str) -> str | None:
    """Return for whom a page was made, internal where it does not say so; nothing for a page that is not ours."""
    found = MANIFEST.search(html)
    if not found:
        return None
    return "public" if re.search(r'"audience": "public"', unescape(found[1])) else "internal"


def fault_of(stated: Any, form: str) -> str:
    """Return in words of the schema what is wrong with a record; empty for nothing."""
    import fastjsonschema

    try:
        _checks(form)(stated)
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message[:200]
    return ""


@cache
def _checks(form: str) -> Any:
    import fastjsonschema

    return fastjsonschema.compile({"$schema": "http://json-schema.org/draft-07/schema", **FORMS[form]})


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file of ours holds; nothing where there is none or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
