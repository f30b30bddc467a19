"""What the words of a delivery's table say: a header's cell → our column and its unit; a total's word; a note's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from src.codebook import vocabulary
from src.ingest.layout.months import BRACKETS, months_among, split_kind
from src.ingest.readers.grid import as_text

BETWEEN = re.compile("[,;、]")
STATED_UNITS = re.compile(r"(?<![一-鿿])(?:计量|金额)?单位[:：]([^）)\s]{1,20})")


@dataclass(frozen=True)
class Header:
    """One known header: our column, the unit it states, its words.

    The column is `-` for what is known and not kept, `*` for what `sources.yml` reads by a key of its own.
    """

    column: str
    unit: str
    words: str


class HeaderWords:
    """The words that one table knows: those of the vocabulary and the headers that its source states."""

    def __init__(
        self, table: str, stated: dict[str, str] | None = None, given: Iterable[str] = (), kinds: Iterable[str] = ()
    ) -> None:
        words = vocabulary.current()
        fold = vocabulary.fold
        self.units = {column: {fold(u): f for u, f in units.items()} for column, units in words.marks["units"].items()}
        self.unit_endings = tuple({unit for units in self.units.values() for unit in units})
        self.columns: dict[str, str] = {}
        self.called: dict[str, list[str]] = words.headers[table]
        for column, synonyms in self.called.items():
            for synonym in (column, *synonyms):
                self.columns[fold(synonym)] = column
        for column in words.tables[table]["columns"]:
            self.columns[fold(column)] = column
        for unused in (*words.headers["personal"], *words.headers["ignored"]):
            self.columns.setdefault(fold(unused), "-")
        self.columns |= {fold(header): column for header, column in (stated or {}).items()}
        self.needed: list[list[str]] = words.tables[table]["needed"]
        self.given, self.kinds = frozenset(given), [*kinds]  # kinds that headers name beside a month
        self.total = words.folded_marks["total"]
        self.total_endings = tuple(map(fold, words.marks["total_endings"]))
        self.place_endings = tuple(map(fold, (*words.marks["street_endings"], *words.marks["place_endings"])))
        self.whole = words.folded_marks["whole"] | {fold(name) for name in words.district.values()}
        self.note = tuple(words.marks["note"])
        # The cells of a long table pass through here too.
        self.match = lru_cache(maxsize=20_000)(self._match)
        self.is_total = lru_cache(maxsize=100_000)(self._is_total)
        self.is_whole = lru_cache(maxsize=100_000)(self._is_whole)

    def _match(self, text: str) -> Header | None:
        """Return what a header cell means: `预算（万元）` is budget_cny in 万元; None if unknown."""
        if len(text) > 200:
            return None
        whole = vocabulary.fold(text)
        if whole in self.columns:
            return Header(self.columns[whole], "", " ".join(text.split()))
        inside = BRACKETS.findall(text)
        bare = (vocabulary.fold(BRACKETS.sub("", text)) if inside else whole).strip("*:¹²³①②③")
        column = self.columns.get(bare)
        if column is None:
            return None
        return Header(column, self.unit(column, [vocabulary.fold(words) for words in inside]), " ".join(text.split()))

    def unit_stated(self, column: str, units: Iterable[str]) -> str:
        """Return the unit of a column among those that stand above a table; one that is alike (百宗) to be refused."""
        own = self.units.get(column, {})
        alike = [unit for unit in units if own and unit.endswith(tuple(own))]
        return next((unit for unit in alike if unit in own), next(iter(alike), ""))

    def unit(self, column: str, inside: list[str]) -> str:
        """Return the unit among the brackets' contents; what only looks like one (元/年) is kept, to be refused."""
        units = self.units.get(column, {})
        stated = [text.removeprefix("单位").strip(":") for several in inside for text in BETWEEN.split(several)]
        known = [unit for unit in stated if unit in units]
        alike = [t for t in stated if units and any(t.endswith(unit) or f"{unit}/" in t for unit in self.unit_endings)]
        return next(iter(known or alike), "")

    def stated_units(self, texts: Iterable[str]) -> list[str]:
        """Return the units that lines above a table state for all of it (单位：万元)."""
        found = [vocabulary.fold(unit) for text in texts for unit in STATED_UNITS.findall(text)]
        return [unit for several in found for unit in re.split("[、,;/和]", several)]

    def count(self, cells: list) -> int:
        """Return how many different known columns a line's cells name, months among them where the source has them.

        None where all of them are columns that are not kept: a stray 备注 is no header.
        """
        texts = {as_text(cell) for cell in cells if cell is not None and cell != ""}
        found, months = [header for header in map(self.match, texts) if header], self.months(texts)
        kept = months or any(header.column != "-" for header in found)
        return len({header.words for header in found}) + months if kept else 0

    def months(self, texts: Iterable[str]) -> int:
        """Return how many of the texts name a column of months, where the source states that there are such."""
        bare = (split_kind(text, self.kinds)[1] for text in texts) if self.kinds else texts
        return months_among(bare) if "month" in self.given else 0

    def missing(self, columns: Iterable[str]) -> list[list[str]]:
        """Return the groups of columns of which a delivery needs one and has none."""
        have = {*columns, *self.given}
        return [group for group in self.needed if not have.intersection(group)]

    def _is_total(self, text: str) -> bool:
        """Return whether a cell is a total's word, or a short name and such a word (平湖街道小计, 全区合计)."""
        if not text or len(text) > 16 or text[-1].isdigit():
            return False
        folded = vocabulary.fold(text).strip(":")
        ending = next((end for end in self.total_endings if folded.endswith(end)), "")
        stem = folded.removesuffix(ending)
        named = bool(ending) and (stem.endswith(self.place_endings) or stem in self.whole)
        return folded in self.total or named

    def _is_whole(self, text: str) -> bool:
        """Return whether a cell of a place names all of the district."""
        return bool(text) and vocabulary.fold(text) in self.whole

    def is_note(self, text: str) -> bool:
        """Return whether a line that begins with this cell is a note or a signature."""
        return text.startswith(self.note)
