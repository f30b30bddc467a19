"""`sources.yml`: what each delivery is, who sent it, and what the vocabulary alone cannot know about it."""

import datetime as dt
import difflib
import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from src.codebook import periods, tables, vocabulary
from src.codebook.reader import check_against, line_of, read_schema, read_yaml
from src.codebook.vocabulary import VocabularyError
from src.ingest.batch import CellError
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar, zone_of

SCHEMA = Path(__file__).with_name("sources_schema.yml")


@dataclass(frozen=True, eq=False)  # two entries that say the same are two
class Source:
    """One entry of `sources.yml`; the fields are its keys, with their defaults filled in."""

    table: str
    files: tuple[str, ...] = ()
    title: str = ""
    title_en: str = ""
    publisher: str = ""
    publisher_en: str = ""
    received: dt.date | None = None
    licence: str = ""
    synthetic: bool = False
    planted: dict[str, float] = field(default_factory=dict)  # effects that synthetic data were drawn with, by field
    key: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    periods: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    rows: str = ""
    place_from: str = ""
    place_optional: bool = False
    encoding: str | None = None
    sheets: tuple[str, ...] = ()
    max_quarantined_pct: float | None = None
    accepted: tuple[str, ...] = ()
    expected: dict[str, str] = field(default_factory=dict)

    def names(self, path: Path, folder: Path) -> bool:
        """Return whether a file is named in full, not by a pattern."""
        return path.is_relative_to(folder) and path.relative_to(folder).as_posix() in self.files

    def describes(self, path: Path, folder: Path) -> bool:
        """Return whether a file is one of this entry's; globs begin in the folder of `sources.yml`."""
        if self.names(path, folder):  # with [ or ] in its name, say
            return True
        if path.is_relative_to(folder):
            return any(fnmatch.fnmatch(path.relative_to(folder).as_posix(), glob) for glob in self.files)
        return any(path.match(glob) for glob in self.files)

    @property
    def date_parts(self) -> dict[str, list[str]]:
        """Return the headers that state a date together, from the year down, by the column that they make up."""
        stated = self.dates.get("from", {})
        return stated if isinstance(stated, dict) else {tables.dated(self.table)[0]: stated}

    @property
    def grammar(self) -> dict[str, Any]:
        """Return how this source writes dates."""
        return {name: value for name, value in self.dates.items() if name != "from"}

    @property
    def stated_headers(self) -> dict[str, str]:
        """Return the headers that its keys name, and what each is read as: a column of ours, or `*` (its key says)."""
        parts = [header for headers in self.date_parts.values() for header in headers]
        used = dict.fromkeys([*self.kinds, *self.periods.get("months", {}), *parts], "*")
        place = {self.place_from: "address"} if self.place_from else {}
        return place | self.columns | used

    @property
    def most_quarantined_pct(self) -> float:
        """Return the share of quarantined records above which this delivery is refused."""
        stated = self.max_quarantined_pct
        return vocabulary.threshold("max_quarantined_pct") if stated is None else stated


def given_by(source: Source) -> list[str]:
    """Return the columns that a delivery has without a header of their own: constants, the address, months, kinds."""
    given = [("address", source.place_from), ("month", source.periods), ("kind", source.kinds)]
    return [*source.constants, *(name for name, stated in given if stated), *source.date_parts]


def read_sources(path: Path) -> list[Source]:
    """Return the entries of a `sources.yml`; raises `VocabularyError` naming line, key and what would be right."""
    try:
        content, node = read_yaml(path)
    except (FileNotFoundError, NotADirectoryError):
        raise VocabularyError(f"{path}: {vocabulary.both('sources_absent')}") from None
    if not isinstance(content, list):
        raise VocabularyError(f"{path.name}, line 1: {vocabulary.both('sources_no_list')}")
    return [_checked(_Entry(path, entry, node.value[position])) for position, entry in enumerate(content)]


def entries_for(path: Path, folder: Path, entries: Iterable[Source]) -> list[Source]:
    """Return the entries that a file is read by: all that name it in full, else the first pattern that it fits.

    Several entries may read one file, each its own columns: those that name it, or that state the same pattern.
    """
    fitting = [source for source in entries if source.describes(path, folder)]
    named = [source for source in fitting if source.names(path, folder)]
    return named or [source for source in fitting if source.files == fitting[0].files]


def source_from(entry: dict) -> Source:
    """Return one entry given as a dict; raises `VocabularyError`."""
    stated = {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in entry.items()}
    return _checked(_Entry(Path("sources"), {"files": [], **stated}))


@dataclass
class _Entry:
    """An entry that is being checked, and its node, which knows the lines."""

    path: Path
    content: Any
    node: Any = None

    def wrong(self, steps: list, key: str, **words: Any) -> VocabularyError:
        """Return what is wrong with what stands at some steps."""
        line = "" if self.node is None else f", line {line_of(self.node, steps)}"
        return VocabularyError(f"{self.path.name}{line}: {vocabulary.both(key, **words)}")

    def unknown(self, steps: list, key: str, name: object, allowed: Iterable[str], **words: str) -> VocabularyError:
        """Return that a name is none of those allowed, or the one that is most like it."""
        close = difflib.get_close_matches(str(name), allowed := sorted(set(allowed)), 1)
        words |= {"likely": close[0]} if close else {"allowed": ", ".join(allowed)}
        return self.wrong(steps, vocabulary.case_of(key, "like" if close else ""), name=str(name), **words)


def _checked(entry: _Entry) -> Source:
    stated = entry.content = check_against(read_schema(SCHEMA), entry.content, entry.node, entry.path)
    table = stated["table"]
    # A delivered column may be mapped to the clean columns, their helpers, and `-` for "leave out".
    allowed = ["-", *vocabulary.current().headers[table], *tables.columns(table)]
    for section in ("columns", "constants", "values"):
        names = stated.get(section, {})
        for name in names.values() if section == "columns" else names:
            if name not in allowed:
                raise entry.unknown([section], "sources_column", name, allowed, table=table)
    _refuse_unknown_codes(entry)
    _refuse_impossible(entry)
    several = {name: stated[name] for name in ("files", "key", "sheets", "accepted") if name in stated}
    lists = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in several.items()}
    received = {"received": _received(entry)} if "received" in stated else {}
    return Source(**{**stated, **lists, **received})


def _received(entry: _Entry) -> dt.date:
    """Return the day of receipt; one that lies ahead would let dates of the future in."""
    text, today = entry.content["received"], periods.today()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise entry.wrong(["received"], "sources_no_day", value=text) from None
    if day > today + dt.timedelta(days=1):  # elsewhere it is tomorrow already
        raise entry.wrong(["received"], "sources_received", value=text, today=str(today))
    return day


def _refuse_unknown_codes(entry: _Entry) -> None:
    """Refuse a code that its list does not have: records would be set aside as if the delivered word were wrong."""
    content, columns = entry.content, tables.columns(entry.content["table"])
    stated = [(["constants", name], value) for name, value in content.get("constants", {}).items()]
    for name, values in content.get("values", {}).items():
        stated += [(["values", name, delivered], ours) for delivered, ours in values.items()]
    stated += [(["kinds", "kind"], ours) for ours in content.get("kinds", {}).values()]
    for steps, ours in stated:
        column = columns.get(steps[1])
        if column and column.listname and isinstance(CellReader(column, DateGrammar()).read(ours), CellError):
            allowed = vocabulary.current().entries(column.listname)
            raise entry.unknown(steps, "sources_code", ours, allowed, column=column.name)


def _refuse_impossible(entry: _Entry) -> None:
    """Refuse keys that say what cannot be: dates of a column that is none, a zone that is none, marks that are one."""
    content, table = entry.content, entry.content["table"]
    dated, dates, numbers = tables.dated(table), content.get("dates", {}), content.get("numbers", {})
    parts = dates.get("from", {})
    unknown = [name for name in parts if name not in dated] if isinstance(parts, dict) else []
    if unknown or ("from" in dates and not dated):
        raise entry.unknown(["dates", "from"], "sources_date", (unknown or [""])[0], dated, table=table)
    try:
        zone_of(dates.get("zone", "UTC"))
    except ValueError:
        raise entry.wrong(["dates", "zone"], "sources_zone", value=dates["zone"]) from None
    for style in DateGrammar(format=dates.get("format", ())).formats:
        try:
            dt.datetime.strptime(dt.datetime(2000, 1, 1).strftime(style), style)
        except (ValueError, re.error):  # no directive; one twice
            raise entry.wrong(["dates", "format"], "sources_format", value=style) from None
    wide = [name for name in ("kinds", "periods") if name in content]
    if wide and table != "incidents":
        raise entry.wrong(wide[:1], "sources_wide", keys=wide)
    if numbers and numbers.get("decimal", ".") == numbers.get("thousands", ","):
        raise entry.wrong(["numbers"], "sources_marks")
