"""Which lines of `sources.yml` would repair a delivery: proposed from what is wrong with it, for a person to check."""

import dataclasses
import difflib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from src.codebook import tables, vocabulary
from src.ingest.batch import CellError
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.personal import mask, mask_cell
from src.ingest.cleaning.places import Places
from src.ingest.layout.blocks import Block, words_of
from src.ingest.layout.headers import HeaderWords, is_month, kinds_among
from src.ingest.layout.lines import Walk
from src.ingest.readers.grid import Line
from src.ingest.readers.sheets import sheets_of
from src.ingest.result import LoadResult
from src.ingest.sources import Source

MARKS = [{"decimal": decimal, "thousands": mark} for decimal, mark in (",.", ".,", ", ", ".'")]
STYLES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")
DATES = ({"century": 2000}, {"calendar": "roc"}, *({"format": style} for style in STYLES))
YEAR = re.compile(r"20\d\d")
TITLES = 5  # lines above a table, which may state its year
ROC_YEARS = 200  # a year below it is one of the ROC calendar
ALIKE, VERY_ALIKE = 0.4, 0.6


def entry_of(source: Source, path: Path, sources: Path | None) -> dict:
    """Return the entry of `sources.yml` that a source was read from, or would be."""
    folder = sources.resolve().parent if sources else path.resolve().parent
    file = path.resolve().relative_to(folder).as_posix() if path.resolve().is_relative_to(folder) else path.name
    nothing = ("", (), {}, None, False)
    stated = {name: value for name, value in dataclasses.asdict(source).items() if value not in nothing}
    words = {name: value[0] if len(value) == 1 else [*value] for name, value in stated.items() if type(value) is tuple}
    return {"files": file, **stated, **words}


def for_rows(reading: LoadResult, source: Source, register: pd.DataFrame) -> dict:
    """Propose keys for headers that are not known, and for values, places and dates that were set aside."""
    proposal: dict = {"columns": _for_unknown_headers(reading, source)}
    values: dict[str, dict[str, str]] = defaultdict(dict)
    places, columns = Places(register), tables.columns(reading.table)
    for (code, column), rows in reading.quarantined.groupby(["code", "column"], sort=False):
        cells = [cell for cell, n in rows["value"].value_counts(sort=False).items() if may_be_shown(cell, n)][:20]
        if code in ("not_a_date", "impossible_date", "before_earliest"):
            time = columns.get(column, columns[tables.dated(reading.table)[0]])  # a month is no column of its own
            by_dates = [(stated, CellReader(time, DateGrammar(**stated))) for stated in DATES]
            parts = _date_parts(reading.columns["header"], rows["cells"].iloc[0])
            proposal["dates"] = parts or _reading_most(by_dates, cells)
        elif code in ("not_a_number", "ambiguous_number"):
            by_marks = [(marks, CellReader(columns[column], DateGrammar(), marks=marks)) for marks in MARKS]
            proposal["numbers"] = _reading_most(by_marks, cells)
        elif code == "no_place_in_address" and source.place_from:
            proposal["place_optional"] = True
        elif code in ("unknown_community", "unknown_street"):
            values[column] |= {cell: places.likely(cell, column) for cell in cells}
        elif code in ("not_in_list", "missing_required") and columns[column].listname:
            values[column] |= {cell: _nearest_code(columns[column].listname, cell) for cell in cells}
    if "incident_id" in reading.clean and len(reading.duplicates) and reading.clean["incident_id"].isna().all():
        proposal["rows"] = "incidents"
    if reading.lacks_zone and (zone := vocabulary.current().calendar["zone"]):
        proposal["dates"] = proposal.get("dates", {}) | {"zone": zone}
    parts = proposal.get("dates", {}).get("from", [])
    proposal["columns"] = {header: ours for header, ours in proposal["columns"].items() if header not in parts}
    known = {column: {cell: ours for cell, ours in found.items() if ours} for column, found in values.items()}
    proposal["values"] = {column: found for column, found in known.items() if found}
    return {name: keys for name, keys in proposal.items() if keys}


def may_be_shown(cell: str, count: int) -> bool:
    """Return whether a cell that was not understood is no person's: a word that comes again is one of a list."""
    return mask_cell(cell) == cell or (count > 2 and mask(cell) == cell)


def _nearest_code(listname: str, cell: str) -> str:
    """Return the code whose spelling is within the cell or nearest to it, else `other` where the list has it."""
    spellings, folded = vocabulary.current().spellings[listname], vocabulary.fold(cell)
    within = sorted((s for s in spellings if folded and (s in folded or folded in s)), key=len)
    close = within or difflib.get_close_matches(folded, spellings, 1, VERY_ALIKE)
    return spellings[close[-1]] if close else "other" if "other" in spellings.values() else ""


def _date_parts(headers: Iterable[str], cells: Sequence[str]) -> dict:
    """Return what `dates` has to state where year and month, and perhaps the day, stand in columns of their own."""
    marks, at = vocabulary.current().folded_marks, {}
    for position, header in enumerate(headers):
        for part in ("year_headers", "month_headers", "day_headers"):
            if vocabulary.fold(header) in marks[part]:
                at.setdefault(part, (position, header))
    if not {"year_headers", "month_headers"} <= at.keys():
        return {}
    year = at["year_headers"][0]
    early = year < len(cells) and cells[year].isdecimal() and int(cells[year]) < ROC_YEARS
    parts = [at[part][1] for part in ("year_headers", "month_headers", "day_headers") if part in at]
    return {"from": parts, **({"calendar": "roc"} if early else {})}


def _reading_most(readers: Iterable[tuple[dict, CellReader]], cells: list[str]) -> dict:
    """Return what has to be stated for most of the cells to be read; nothing where none is."""
    counted = [(sum(not isinstance(by.read(cell), CellError) for cell in cells), stated) for stated, by in readers]
    most, stated = max(counted, key=lambda pair: pair[0])
    return stated if most else {}


def is_repair(after: LoadResult, before: LoadResult) -> bool:
    """Return whether more is clean, or as much with fewer warnings, and no clean record has another value now."""
    better = (len(after.clean), -len(after.warnings)) > (len(before.clean), -len(before.warnings))
    moved = tables.dated(before.table) if before.lacks_zone and not after.lacks_zone else []  # as it was asked for
    return better and not _changed(before.clean.drop(columns=moved), after.clean)


def _changed(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Return whether a line that is clean in both has a record with other values; what was missing may be filled."""
    both = before.rename_axis("record").reset_index().merge(after, on=list(tables.SOURCE), suffixes=("", " after"))
    kept = pd.Series(True, both.index)
    for name in before.columns.drop(list(tables.SOURCE)):
        kept &= both[name].isna() | both[name].eq(both[f"{name} after"]).fillna(False).astype(bool)
    return not kept.groupby(both["record"]).any().all()


def _for_unknown_headers(reading: LoadResult, source: Source) -> dict[str, str]:
    """Return for each header that is not known the column that is called much like it and not there yet, else `-`."""
    words, found = words_of(source), {}
    delivered = reading.columns[["header", "column"]].drop_duplicates().to_numpy().tolist()
    free = [name for name in words.called if name not in {column for _, column in delivered}]
    for header in (header for header, column in delivered if not column and not words.match(header)):
        near = _nearest_header(words, [name for name in free if name not in found.values()], [header], VERY_ALIKE)
        found |= near or {header: "-"}
    return found


def for_header(path: Path, source: Source) -> dict:
    """Propose which delivered headers are the columns that a delivery needs and seems to lack, or has twice."""
    words, columns, periods, dates, kinds = words_of(source), {}, {}, {}, {}
    for grid in (sheet.grid for sheet in sheets_of(path, words, source.encoding)):
        walk = Walk(words)
        start = walk.begin(grid.lines)
        blocks, below = (walk.done, grid.lines[start:]) if walk.done else _widest(grid.lines)
        for first, second in (pair for b in blocks for pair in itertools.combinations(b.headers.values(), 2)):
            columns |= {second.words: "-"} if first.column == second.column != "-" else {}
        unknown = [text for block in blocks for text in block.unknown.values()]
        have = [column for block in blocks for column in block.columns()]
        for group in words.missing(have):
            titles = (text for line in grid.lines[:TITLES] for text in line.texts)
            year = YEAR.search(" ".join([path.name, *unknown, *titles, str(source.received or "")]))
            if "month" in group and year and sum(is_month(text) for text in unknown) > 1:
                periods = {"year": int(year[0])}
            elif "month" in group and (parts := _date_parts(blocks[0].names(), below[0].texts if below else [])):
                dates = parts
            elif "kind" in group and (found := kinds_among(unknown)):
                kinds = found
            else:
                columns |= _nearest_header(words, group, unknown, ALIKE)
    found = {"columns": columns, "dates": dates, "periods": periods, "kinds": kinds}
    return {name: keys for name, keys in found.items() if keys}


def _widest(lines: list[Line]) -> tuple[list[Block], list[Line]]:
    """Return what is most likely meant as the header of a sheet in which none is known, and the lines below."""

    def named(line: Line) -> int:
        return len({text for text in line.texts if text and (is_month(text) or not text[0].isdigit())})

    line = max(lines[:40], key=named)
    unknown = {p: text for p, text in enumerate(line.texts) if text}
    return [Block({}, unknown, 0, len(line.cells))], lines[lines.index(line) + 1 :]


def _nearest_header(words: HeaderWords, columns: list[str], headers: list[str], least: float) -> dict[str, str]:
    """Return the delivered header that is most like what one of the columns is called, and that column."""
    scored = [
        (difflib.SequenceMatcher(None, vocabulary.fold(header), vocabulary.fold(name)).ratio(), header, column)
        for header in headers
        for column in columns
        for name in words.called.get(column, ())
    ]
    score, header, column = max(scored, default=(0, "", ""))
    return {header: column} if score >= least else {}
