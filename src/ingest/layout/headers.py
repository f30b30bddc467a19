"""What the words of a delivery's table say: a header's cell → our column and its unit, or a month; totals; notes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from src.codebook import vocabulary
from src.ingest.cleaning.numbers import NUMERAL, number_of
from src.ingest.readers.grid import as_text

BETWEEN = re.compile("[,;、]")
STATED_UNITS = re.compile(r"(?<![一-鿿])(?:计量|金额)?单位[:：]([^）)\s]{1,20})")

BRACKETS = re.compile(r"[（(\[【〔]([^）)\]】〕]*)[）)\]】〕]")
BRACKET_SIGNS = "()（）[]【】〔〕"
_YEAR = r"(?:(?P<year>\d{4})[年\-/.]?)?"
MEANINGS = [
    ("month", 0, re.compile(_YEAR + r"(?P<month>\d{1,2})(?:月份?)?")),
    ("month", 0, re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})")),
    ("month", 0, re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-01(?:00:00:00)?")),  # stored as a date by the sheet
    ("sum", 0, re.compile(_YEAR + r"1月?[-—–~至到](?P<month>\d{1,2})月(?:份|累计|合计)?")),
    ("sum", 6, re.compile(_YEAR + r"上半年(?:累计|合计)?")),
    ("sum", 12, re.compile(_YEAR + r"(?:全年|年度)(?:累计|合计)?")),
    ("total", 1, re.compile(_YEAR + r"(?:本年|当年)?(?:累计|合计|总计)")),
]
RULE = re.compile(r"[-=+:|─━═┼╪]{3,}")  # what a program draws between lines: |---|:--:|, +-----+
# What stands in a line alone and is no record: 一、龙城街道 heads the lines below, 共 4 条记录 counts those above.
# A page may end with its number, and a title come again as one that goes on: 统计表（续）.
ALONE = re.compile(
    r"[(（]?(?:[一二三四五六七八九十]{1,3}(?:[、.．]|[)）]、?)\S|\d[\d,]*\s*(?:条|行|rows?\b|records?\b))"
    r"|(?:总?共计?|[合总]计|total)\s*[:：]?\s*\d"
    r"|continued\b|第\s*\d+\s*页|page\s+\d|[-—–]\s*\d+\s*[-—–]$|[^,，;；]{0,60}[(（](?:续|continued)[^)）]{0,5}[)）]$",
    re.IGNORECASE,
)
YEAR_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")
IN_WORDS = re.compile(rf"{NUMERAL}+(?=月)")


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
        self.units = {column: words.units_of(column).keys() - {""} for column in words.marks["units"]}
        self.unit_endings = tuple(set().union(*self.units.values()))
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
        self.at_least: list[list[str]] = words.tables[table]["at_least"]
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
        own = self.units.get(column, set())
        alike = [unit for unit in units if own and unit.endswith(tuple(own))]
        return next((unit for unit in alike if unit in own), next(iter(alike), ""))

    def unit(self, column: str, inside: list[str]) -> str:
        """Return the unit among the brackets' contents; what only looks like one (元/年) is kept, to be refused."""
        units = self.units.get(column, set())
        stated = [text.removeprefix("单位").strip(":") for several in inside for text in BETWEEN.split(several)]
        known = [unit for unit in stated if unit in units]
        alike = [text for text in stated if units and self._is_alike(text)]
        return next(iter(known or alike), "")

    def is_units(self, texts: Iterable[str]) -> bool:
        """Return whether cells state nothing but units: （人）, 万元, 单位：件."""
        filled = [vocabulary.fold(text) for text in texts if text]
        return bool(filled) and all(map(self._is_unit, filled))

    def _is_unit(self, folded: str) -> bool:
        inside = BRACKETS.fullmatch(folded)
        bare = inside[1] if inside else folded
        return bare in self.unit_endings or bool(STATED_UNITS.fullmatch(bare) or (inside and self._is_alike(bare)))

    def _is_alike(self, text: str) -> bool:
        """Return whether a text looks like a unit; one that is none of its column's (元/年) is to be refused."""
        return any(text.endswith(unit) or f"{unit}/" in text for unit in self.unit_endings)

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
        return [group for group in self.at_least if not have.intersection(group)]

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


def months_in(header: str, meaning: str) -> tuple[int | None, int] | None:
    """Return year (None: not stated) and month of a header that means a `month`, a `sum` up to it, or a `total`."""
    text = IN_WORDS.sub(lambda word: str(number_of(word[0])), vocabulary.fold(BRACKETS.sub("", header)))
    for meant, month, pattern in MEANINGS:
        if meant == meaning and (match := pattern.fullmatch(text)):
            return int(match["year"]) if match["year"] else None, month or int(match["month"])
    return _named(text) if meaning == "month" else None


def _named(folded: str) -> tuple[int | None, int] | None:
    """Return year and month of a header that calls a month by its name: Enero, Jan-21, 2021 March."""
    names, pattern = _names(vocabulary.current().digest)
    if not (match := pattern.fullmatch(folded)):
        return None
    year = match["before"] or match["behind"]
    return int(year) + (2000 if len(year) == 2 else 0) if year else None, names[match["name"]]


@lru_cache(maxsize=4)
def _names(_: str) -> tuple[dict[str, int], re.Pattern]:
    names = vocabulary.current().numbered("month_names")
    some = vocabulary.any_of(names)
    return names, re.compile(rf"(?:(?P<before>\d{{4}})[-/.']?)?(?P<name>{some})\.?(?:[-/.']?(?P<behind>\d{{4}}|\d\d))?")


def split_kind(header: str, kinds: Iterable[str]) -> tuple[str, str]:
    """Return which of the kinds a header names, the one with the longest word, and what it says beside it: 盗窃 1月."""
    folded = vocabulary.fold(header)
    kind = max((kind for kind in kinds if vocabulary.fold(kind) in folded), key=len, default="")
    rest = folded.replace(vocabulary.fold(kind), "", 1).strip("_-/:") if kind else header
    return kind, inside[1] if kind and (inside := BRACKETS.fullmatch(rest)) else rest


def kinds_among(headers: Iterable[str]) -> dict[str, str]:
    """Return the headers that are called as kinds are: a column for each of them."""
    spellings = vocabulary.current().spellings["kind"]
    return {header: spellings[vocabulary.fold(header)] for header in headers if vocabulary.fold(header) in spellings}


def is_sum(header: str) -> bool:
    """Return whether a cell can be the header of what several months add up to."""
    return any(months_in(header, meaning) for meaning in ("sum", "total"))


def is_month(header: str) -> bool:
    """Return whether a cell can only be the header of a month's column: not a bare number, as counts are."""
    bare = header.strip().replace(".", "")
    named = len(header) <= 30 and (not bare.isdigit() or bool(YEAR_MONTH.fullmatch(bare)))
    return named and bool(months_in(header, "month") or months_in(header, "sum"))


def months_among(texts: Iterable[str]) -> int:
    """Return how many different cells of a line are headers of months: by name, or numbers that count from 1."""
    texts = dict.fromkeys(texts)
    numbers = sorted(int(text) for text in texts if text.strip().isdecimal() and len(text.strip()) <= 2)
    counted = len(numbers) if len(numbers) > 1 and numbers == [*range(1, len(numbers) + 1)] else 0
    return sum(map(is_month, texts)) + counted * (counted <= 12)
