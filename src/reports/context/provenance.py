"""Where the numbers of a page come from: deliveries, ledger, parameters, code and packages."""

import json
import subprocess
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.codebook import paths, vocabulary
from src.codebook.periods import now
from src.ingest import deliveries, store

if TYPE_CHECKING:
    from src.reports.report import Report

PACKAGES = ("pandas", "numpy", "pyarrow", "matplotlib", "scipy", "statsmodels", "papermill", "nbconvert")

EMPTY = '""'  # what a parameter left empty is stated as
NAMED = ("title", "publisher")  # of a delivery, in the page's language


@lru_cache(maxsize=1)
def code_version() -> dict[str, Any]:
    """Return the commit the code stands at and whether it was changed since; empty outside a git checkout."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return {"commit": commit, "changed": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": "", "changed": False}


def _git(*words: str) -> str:
    ours = ("-c", f"safe.directory={paths.ROOT}")  # what runs from here is trusted, whoever of the group checked it out
    found = subprocess.run(
        ("git", *ours, *words), cwd=paths.ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    return found.stdout.strip()


@lru_cache(maxsize=1)
def package_versions() -> dict[str, str]:
    """Return the versions of the packages that the numbers and pictures depend on."""
    return {name: metadata.version(name) for name in PACKAGES}


def definitions() -> dict[str, str]:
    """Return short hashes of what says what counts as what, by file: the office's own rules, and what is shipped."""
    shipped = [file for file in sorted(vocabulary.HERE.iterdir()) if not is_wording(file)]
    files = [*(paths.raw() / name for name in deliveries.RULES), *shipped]
    return {file.name: deliveries.digest_of(file)[:12] for file in files if file.is_file()}


def is_wording(file: Path) -> bool:
    """Return whether a file of the package's vocabulary holds sentences alone: those define nothing."""
    return file.stem.startswith("sentences")


def made_from(build: store.BuildSummary) -> dict[str, Any]:
    """Return what pages are made from: deliveries, definitions, code and packages."""
    kept = ("file", "table", "received", "sha256", "synthetic")
    return {
        "deliveries": [{name: delivery[name] for name in kept} for delivery in build.deliveries],
        "definitions": definitions(),
        "code": code_version(),
        "packages": package_versions(),
    }


def manifest(report: "Report") -> dict[str, Any]:
    """Return all that is needed to make the same page again."""
    made = made_from(report.build)
    named = [
        stated | {name: vocabulary.stated(one, name, report.lang) for name in NAMED}
        for stated, one in zip(made["deliveries"], report.build.deliveries, strict=True)
    ]
    return {
        **made,
        "area": report.area.slug,
        "area_zh": report.area.label_zh,
        "area_en": report.area.label_en,
        "level": report.area.level,
        "period": f"{report.period.first_day}/{report.period.last_day}",
        "period_label": report.period.label(report.lang),
        "as_of": str(report.as_of),
        "parameters": json.loads(json.dumps(report.parameters, default=str)),
        "synthetic": report.synthetic,
        "audience": report.audience,
        "notes": list(report.notes),
        "deliveries": [_in_public(one, report.lang) for one in named] if report.audience == "public" else named,
        "records": [] if report.audience == "public" else report.district.records.to_dict("records"),
        "made_at": now().isoformat(),
    }


def _in_public(delivery: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return a delivery as the public is told of it: whoever sent it, and how it was called, may be a person."""
    return delivery | {"file": "", "publisher": "", "title": vocabulary.label("table", delivery["table"], lang)}
