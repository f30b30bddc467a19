"""The runs of an output folder: one at a time, numbered, each with its log, its manifest and the pages it made.

What we wrote about pages and runs is read back here; what is damaged or of another version is left out.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from src.codebook import paths, vocabulary
from src.codebook.periods import now
from src.ingest.folders import clear_halves, replace_text

Record = dict[str, Any]

NAME = re.compile(r"\d{6}-\d{8}-\d{6}")  # its number and when it began
MANIFEST = "run.json"  # a finished run has one
CURRENT = "current.json"  # when a run of everything found every page up to date, or brought it there
STATE = "state.json"  # what is published: one record a page
JOURNAL = "publish.json"  # a run that began to publish and has not finished has one
CARRIED = re.compile(r'<template id="manifest">(.*?)</template>', re.DOTALL)
FORMS = Path(__file__).with_suffix(".yml")


class Busy(RuntimeError):
    """Another run is publishing to the folder."""

    exit_code = 4


@contextlib.contextmanager
def only_run(folder: Path, wait_minutes: float = 0) -> Iterator[None]:
    """Hold the output folder alone; raises `Busy` naming who holds it. The lock ends with its process."""
    import filelock

    lock, holder = filelock.FileLock(folder / ".lock", timeout=60 * wait_minutes), folder / ".holder"
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Busy(vocabulary.both("run_locked", folder=folder, holder=holder_of(folder))) from None
    try:
        replace_text(holder, f"pid {os.getpid()}, {now():%Y-%m-%d %H:%M}")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def holder_of(folder: Path) -> str:
    """Return who wrote that it holds the folder; of a killed run the note stays, the lock does not."""
    with contextlib.suppress(OSError):
        return (folder / ".holder").read_text(encoding="utf-8")
    return "?"


def folder_of(options: argparse.Namespace) -> Path:
    """Return the output folder that options name."""
    return Path(options.out).expanduser() if options.out else paths.reports(options.audience)


def workings(folder: Path, audience: str) -> Path:
    """Return where the runs, records and lock of an output folder are; a public one has nothing but what is public."""
    return folder if audience == "internal" else folder.with_name(f"{folder.name}-runs")


def runs(folder: Path) -> list[Path]:
    """Return the folders of all runs, the oldest first: by their numbers, since a clock may be set back."""
    return sorted(path for path in (folder / "runs").glob("*-*") if path.is_dir() and NAME.fullmatch(path.name))


def new_run(folder: Path) -> Path:
    """Make the folder of the next run and return it."""
    last = int(runs(folder)[-1].name.split("-")[0]) if runs(folder) else 0
    made = folder / "runs" / f"{last + 1:06d}-{now():%Y%m%d-%H%M%S}"
    made.mkdir(parents=True)
    return made


def finish(run: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a run that has published, and end its journal."""
    write_json(run / MANIFEST, manifest, private=True)
    (run / JOURNAL).unlink(missing_ok=True)


def finished(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the manifests of all finished runs by the run's name, the oldest first; without any that is damaged."""
    return {run.name: stated for run in runs(folder) if (stated := read_run(run / MANIFEST))}


def clear_away(folder: Path, keep: int) -> None:
    """Delete all but the last runs, from one that was killed everything but its log, and files it left half written."""
    clear_halves(folder)
    every = runs(folder)
    for run in every[: max(len(every) - keep, 0)]:
        shutil.rmtree(run, ignore_errors=True)
    for run in every[-keep:]:
        if not (run / MANIFEST).is_file() and not (run / JOURNAL).is_file():
            for path in run.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)


def write_json(path: Path, content: Any, *, private: bool = False) -> None:
    """Write a file of our own, whole or not at all."""
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=1), private=private)


def sound_pages(stated: dict[str, Any]) -> dict[str, Record]:
    """Return the records of pages that are whole, by page."""
    return {page: record for page, record in stated.items() if not fault_of(record, "page")}


def read_run(file: Path) -> Record:
    """Return what a run wrote of itself, with the pages whose records are whole; nothing where it is not."""
    stated = read_json(file)
    return {} if fault_of(stated, "run") else {**stated, "pages": sound_pages(stated["pages"])}


def carried_by(html: str) -> Record:
    """Return the manifest that a page carries; raises `ValueError` for none, or of another version."""
    try:
        stated = json.loads(unescape(CARRIED.search(html)[1]))
    except (TypeError, ValueError):
        raise ValueError(vocabulary.both("no_manifest")) from None
    if fault := fault_of(stated, "carried"):
        raise ValueError(vocabulary.both("other_form", fault=fault))
    return stated


def audience_of(html: str) -> str | None:
    """Return for whom a page was made, internal where it does not say so; nothing for a page that is not ours."""
    found = CARRIED.search(html)
    if not found:
        return None
    return "public" if re.search(r'"audience": ?"public"', unescape(found[1])) else "internal"


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
