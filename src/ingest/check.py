"""What `check` prints of one file: the ledger, what was set aside and why, and what would repair it."""

from pathlib import Path

import pandas as pd
import yaml

from src.codebook import paths, tables, vocabulary
from src.codebook.reader import merged
from src.ingest.cleaning.personal import looks_personal, mask, mask_cell
from src.ingest.load import LoadResult, UnreadableFile, read_files, register_of, sources_for
from src.ingest.repair import entry_of, for_header, for_rows, is_repair, may_be_shown
from src.ingest.result import where
from src.ingest.sources import Source, read_sources, source_from
from src.ingest.validate import Finding, counts_before, if_delivered

REGISTER = "communities"
Given = str | Path | dict | None


def check_file(
    path: str | Path, table: str, sources: Given = None, places: str | Path | pd.DataFrame | None = None
) -> tuple[str, LoadResult | None]:
    """Return what would load from a file, as text with values masked, and the result; none where it is refused.

    Raises `UnreadableFile` where nothing in `sources.yml` could repair the file.
    """
    path = Path(path)
    beside = Path(sources) if isinstance(sources, (str, Path)) else None
    vocabulary.use(beside.parent if beside else None)
    tables.columns(table)
    entries = sources_for(path, table, sources)
    others, register = _by_entry(beside, [*entries], table), _register(places, beside)
    source = next(iter(entries.values()))
    try:
        reading = read_files([(path, entry) for entry in entries.values()], table, register)
    except UnreadableFile as error:
        proposal = for_header(path, source)
        if not proposal:
            raise
        return "\n".join([*others, str(error), *_repair_lines(path, beside, source, proposal, None, register)]), None
    lines = [f"{path.name} → {table}", *others, *_ledger(reading), "", *_columns(reading), *_set_aside(reading)]
    lines += _unknown_words(reading)
    lines += [f"! {warning}" for warning in [*reading.warnings, *_personal(path, reading)]]
    lines += [f"! {finding}" for finding in _suspect(path, source, beside, reading)]
    proposal = for_rows(reading, source, register) if len(entries) == 1 else {}
    return "\n".join(lines + _repair_lines(path, beside, source, proposal, reading, register)), reading


def _by_entry(sources: Path | None, numbers: list[int], table: str) -> list[str]:
    """Return the lines that say which entries of `sources.yml` the file is read by."""
    if sources is None:
        return []
    return [
        vocabulary.both("check_entry" if number else "check_no_entry", sources=sources, number=number, table=table)
        for number in numbers
    ]


def _register(places: str | Path | pd.DataFrame | None, sources: Path | None) -> pd.DataFrame:
    """Return the place register that is stated, else the one that `sources.yml` describes, else Longgang's own."""
    stated = [] if places is not None or sources is None else [s for s in read_sources(sources) if s.table == REGISTER]
    files = sorted(path for path in sources.resolve().parent.rglob("*") if path.is_file()) if stated else []
    given = [(path, s) for s in stated for path in files if s.describes(path, sources.resolve().parent)]
    return read_files(given, REGISTER, None).clean if given else register_of(places)


def _ledger(reading: LoadResult) -> list[str]:
    return [
        f"{sheet or '-'}  {counted}: " + ", ".join(f"{row[3]} {row[4]:,}" for row in rows.to_numpy() if row[4])
        for (sheet, counted), rows in reading.ledger.groupby(["sheet", "counted"], sort=False)
    ]


def _columns(reading: LoadResult) -> list[str]:
    """Return each delivered header and our column; `-` is left out."""
    pairs = reading.columns[["header", "column"]].drop_duplicates().to_numpy()
    return [f"  {mask(' '.join(header.split()))} → {column or '-'}" for header, column in pairs]


def _personal(path: Path, reading: LoadResult) -> list[str]:
    """Return warnings of a name or a column that looks as if it told who somebody is, before any table is built."""
    headers = dict(reading.columns[["column", "header"]].to_numpy())
    texts = [name for name, its in tables.columns(reading.table).items() if its.type in ("text", "id")]
    found = [name for name in texts if name not in vocabulary.PLACES and looks_personal(reading.clean[name].dropna())]
    named = [vocabulary.both("check_personal_file", file=mask(path.name))] * (mask(path.name) != path.name)
    return named + [
        vocabulary.both("check_personal_column", header=mask(headers.get(name, name)), column=name) for name in found
    ]


def _suspect(path: Path, source: Source, sources: Path | None, reading: LoadResult) -> list[Finding]:
    """Return what a build would hold back, by what its entry of `sources.yml` delivered to the tables that stand."""
    processed = paths.processed()
    if sources is None or reading.table != "incidents" or not (processed / "incidents.parquet").is_file():
        return []
    before, folder = counts_before(processed), sources.resolve().parent
    files = before["file"].str.split("/").str[0]
    its = {file: source.describes(path.resolve().parent / file, folder) for file in files.unique()}
    return if_delivered(reading.store, before[files.map(its)], path.name)


def _set_aside(reading: LoadResult, most: int = 10) -> list[str]:
    if reading.quarantined.empty:
        return []
    heading = vocabulary.both("check_set_aside", count=len(reading.quarantined), pct=reading.quarantined_pct)
    lines = ["", heading, *(f"  {code}: {n:,}" for code, n in reading.quarantined["code"].value_counts().items())]
    for row in reading.quarantined.head(most).to_dict("records"):
        lines.append(f"  {where(row)}: {row['reason_zh']} {row['reason']}")
    lines += ["  ……"] * (len(reading.quarantined) > most)
    if unknown := int(reading.quarantined["code"].eq("group_unknown").sum()):
        lines.append(f"! {vocabulary.both('check_group_unknown', count=unknown)}")
    return lines


def _unknown_words(reading: LoadResult, most: int = 20) -> list[str]:
    """Return the words of each list that are not known, with how many records have them, so that they can be mapped."""
    lines = []
    rows = reading.quarantined[reading.quarantined["code"].eq("not_in_list")]
    for column, words in rows.groupby("column", sort=False)["value"]:
        counted = words.value_counts().items()
        shown = [f"{word if may_be_shown(word, n) else mask_cell(word)} ({n:,})" for word, n in counted]
        shown = shown[:most] + ["……"] * (len(shown) > most)
        lines.append(f"! {vocabulary.both('check_words', column=column, words=shown)}")
    return lines


def _repair_lines(
    path: Path, sources: Path | None, source: Source, proposal: dict, before: LoadResult | None, register: pd.DataFrame
) -> list[str]:
    """Return the lines of sources.yml that were tried and repair something."""
    entry = entry_of(source, path, sources)
    found = _repaired(path, entry, proposal, before, register)
    if found and before is None:  # it can be read now: what does that show?
        entry, repaired = found
        found = _repaired(path, entry, for_rows(repaired, source_from(entry), register), repaired, register) or found
    if not found:
        return []
    entry, repaired = found
    counts = {"before": 0 if before is None else len(before.clean), "after": len(repaired.clean)}
    key = "check_repair" if counts["after"] > counts["before"] else "check_columns"
    heading = vocabulary.both(key, **counts, left=len(repaired.quarantined))
    return ["", heading, "", yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=110)]


def _repaired(
    path: Path, entry: dict, proposal: dict, before: LoadResult | None, register: pd.DataFrame
) -> tuple[dict, LoadResult] | None:
    """Return an entry with all that is proposed, or all but one key, that repairs something, and what it gives."""
    left_out = ({name: keys for name, keys in proposal.items() if name != left} for left in proposal)
    for tried in filter(None, (proposal, *left_out)):
        better = merged(entry, tried)
        try:
            repaired = read_files([(path, source_from(better))], entry["table"], register)
        except ValueError:
            continue
        if is_repair(repaired, before) if before else len(repaired.clean):
            return better, repaired
    return None
