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
FORMS = Path(__file__).with_suffix(".yml")


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
    import yaml

    forms = yaml.safe_load(FORMS.read_text(encoding="utf-8"))
    draft = "http://json-schema.org/draft-07/schema"
    return fastjsonschema.compile({"$schema": draft, "definitions": forms["definitions"], **forms[form]})


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file of ours holds; nothing where there is none or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
