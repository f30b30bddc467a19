"""What public pages have told so far: each publication keeps to it, so that all of them together tell no more than one.

The record is a private file beside the tables, `data/released/cells.parquet`: one row is a cell of a street's kind and
month or of a community's roll-up and quarter, with the number that was told, or 0 where it was withheld, or of the
district's kind and month, which is exact. It belongs to
the data and not to a folder of pages, since a reader may put pages of all folders side by side.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from src.analysis import loading
from src.codebook import paths, vocabulary
from src.ingest import store
from src.ingest.folders import make_private, replace_file
from src.reports.context import delivered, disclosure
from src.reports.parameters import Stopped


class Released(NamedTuple):
    """What was told up to a build: the district's counts, cells of streets by month and of communities by quarter."""

    build: str
    district: pd.DataFrame
    months: pd.DataFrame
    quarters: pd.DataFrame


def record_of(build: store.BuildSummary) -> Path:
    """Return where the record of what was told of a build's data is."""
    return paths.released(build.processed) / "cells.parquet"


def released(build: store.BuildSummary) -> Released:
    """Return what may be told of a build: what was before, and what of it is new; raises `Stopped` (`_read`)."""
    incidents, places = loading.rows(build, "incidents"), loading.register(build)
    last, missing = delivered.window(build.fingerprint).last_month.end_time, delivered.missing(build.fingerprint)
    before = _read(build)
    if before.build == build.fingerprint:
        return before
    months = disclosure.cells_of_streets(incidents, last, missing, before.months)
    quarters = disclosure.cells_of_communities(incidents, months, places, last, missing, before.quarters)
    return Released(
        build.fingerprint, disclosure.counts_of_district(incidents, last, before.district), months, quarters
    )


def release(build: store.BuildSummary) -> str:
    """Record what pages of a build are about to tell; return in words that nothing is known of earlier ones.

    What is made up protects nobody and is not recorded.
    """
    if build.synthetic:
        return ""
    path = record_of(build)
    remark = "" if path.is_file() else vocabulary.both("releases_unknown", file=path)
    tables = [table.rename_axis(columns="since").stack().dropna().rename("n") for table in released(build)[1:]]
    kept = pd.concat([table.reset_index() for table in tables])
    kept.attrs["build"] = build.fingerprint
    make_private(path.parent)
    replace_file(path, lambda half: kept.to_parquet(half, index=False), private=True)
    return remark


def _read(build: store.BuildSummary) -> Released:
    """Return what was told; raises `Stopped` for a record that cannot be read: without it nothing is protected."""
    tables, path = (disclosure.DISTRICT_OF, disclosure.MONTHS_OF, disclosure.QUARTERS_OF), record_of(build)
    names = list(dict.fromkeys(name for of in tables for name in of))
    try:
        is_there = path.is_file() and not build.synthetic
        kept = pd.read_parquet(path) if is_there else pd.DataFrame(columns=[*names, "since", "n"])
        has = kept[names].notna()  # a cell is of the table whose columns it has
        rows = [kept[has.eq([name in of for name in names]).all(axis=1)].set_index([*of, "since"]) for of in tables]
        return Released(kept.attrs.get("build", ""), *(table["n"].astype(float).unstack() for table in rows))
    except (OSError, ValueError, KeyError) as error:
        raise Stopped(vocabulary.both("releases_damaged", file=path, cause=error)) from None
