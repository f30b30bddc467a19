"""What `check` prints of one file: the ledger, what was set aside and why, and what would mend it."""

from pathlib import Path

import pandas as pd
import yaml

from src.analysis import vocabulary
from src.analysis.clean import Reading, UnreadableFile, read_table, register_of, source_for
from src.analysis.clean.mending import entry_of, for_header, for_rows
from src.analysis.clean.personal import mask, mask_cell
from src.analysis.clean.sources import Source

Given = str | Path | dict | None


def check_file(
    path: str | Path, table: str, sources: Given = None, places: str | Path | pd.DataFrame | None = None
) -> tuple[str, Reading | None]:
    """Return what would load from a file, as text with values masked, and the reading; none where it is refused.

    Raises `UnreadableFile` where nothing in `sources.yml` could mend the file.
    """
    path, register = Path(path), register_of(places)
    vocabulary.use(Path(sources).parent if isinstance(sources, (str, Path)) else None)
    source = source_for(path, table, sources)
    try:
        reading = read_table(path, table, sources=sources, places=register)
    except UnreadableFile as error:
        proposal = for_header(path, source)
        if not proposal:
            raise
        return "\n".join([str(error), *_mending(path, source, proposal, 0, register)]), None
    lines = [f"{path.name} → {table}", *_ledger(reading), "", *_columns(reading), *_set_aside(reading)]
    lines += [f"! {warning}" for warning in reading.warnings]
    return "\n".join(lines + _mending(path, source, for_rows(reading, register), len(reading.clean), register)), reading


def _ledger(reading: Reading) -> list[str]:
    return [
        f"{sheet or '-'}  {counted}: " + ", ".join(f"{row[3]} {row[4]:,}" for row in rows.to_numpy() if row[4])
        for (sheet, counted), rows in reading.ledger.groupby(["sheet", "counted"], sort=False)
    ]


def _columns(reading: Reading) -> list[str]:
    """Return each delivered header and our column; `-` is left out."""
    pairs = reading.columns[["header", "column"]].drop_duplicates().to_numpy()
    return [f"  {mask(' '.join(header.split()))} → {column or '-'}" for header, column in pairs]


def _set_aside(reading: Reading, most: int = 10) -> list[str]:
    if reading.quarantined.empty:
        return []
    said = vocabulary.both("check_set_aside", count=len(reading.quarantined), pct=reading.quarantined_pct)
    lines = ["", said, *(f"  {code}: {n:,}" for code, n in reading.quarantined["code"].value_counts().items())]
    for row in reading.quarantined.head(most).itertuples():
        value = f" “{mask_cell(str(row.value))}”" if row.value else ""
        lines.append(f"  {row.file}:{row.line} {row.column}{value}: {row.reason_zh} {row.reason}")
    return lines + (["  ……"] if len(reading.quarantined) > most else [])


def _mending(path: Path, source: Source, proposal: dict, clean: int, register: pd.DataFrame) -> list[str]:
    """Return the lines of sources.yml that were tried and give more clean records, or the same with fewer warnings."""
    for tried in (proposal, {name: keys for name, keys in proposal.items() if name != "columns"}):
        entry = vocabulary.merged(entry_of(source, path), tried)
        try:
            mended = read_table(path, source.table, sources=entry, places=register) if tried else None
        except ValueError:
            continue
        if mended is not None and len(mended.clean) >= clean:
            said = vocabulary.both("check_mending", before=clean, after=len(mended.clean), left=len(mended.quarantined))
            return ["", said, "", yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=110)]
    return []
