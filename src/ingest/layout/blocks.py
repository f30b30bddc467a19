"""A grid's header lines → blocks: one table each, side by side where they stand so; which columns it lacks."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from src.codebook import tables, vocabulary
from src.ingest.cleaning.cells import NAMED
from src.ingest.cleaning.personal import mask
from src.ingest.layout.headers import ALONE, BRACKET_SIGNS, Header, HeaderWords, is_month, kinds_among, split_kind
from src.ingest.readers.grid import Grid, Line, UnreadableFile, as_text
from src.ingest.sources import Source, given_by

OPEN = 1 << 30  # where the last block ends: whatever stands further right is its own
NAMING = ["project_id", "incident_id", "title", "street", "community", "reported_at", "month", "kind", "group", "site"]
KEYS = ("project_id", "incident_id")
PLACES = ("street", "community")
COUNTS = ("month", "incident_count")


@dataclass(eq=False)  # two that look alike are two
class Block:
    """One table of a grid: the header of each position, and the lines that hold its records and totals."""

    headers: dict[int, Header]
    unknown: dict[int, str]
    first: int
    last: int
    data: list[Line] = field(default_factory=list)
    totals: list[Line] = field(default_factory=list)
    unit: str = ""  # of counts, that stands above the table

    def __post_init__(self) -> None:
        self.naming = [p for p, header in self.headers.items() if header.column in NAMING]
        self.keys = [p for p, header in self.headers.items() if header.column in KEYS]
        self.places = [p for p, header in self.headers.items() if header.column in PLACES]

    def cells(self, line: Line) -> list:
        """Return the line's cells within this block."""
        return line.cells[self.first : self.last]

    def texts(self, line: Line) -> list[str]:
        """Return what the line's cells within this block say."""
        return line.texts[self.first : self.last]

    def is_band(self, line: Line, words: HeaderWords) -> bool:
        """Return whether a line heads those below: one merged cell, or an ordinal; or counts those above."""
        filled = [p for p in range(self.first, min(self.last, len(line.cells))) if line.texts[p]]
        if len({line.texts[p] for p in filled}) != 1:
            return False
        named = [self.headers[p].column for p in filled if p in self.headers]
        stands_alone = len(filled) == 1 and ALONE.match(line.texts[filled[0]]) and words.missing(named)
        return bool(stands_alone) or (len(filled) > 1 and line.merged.issuperset(filled))

    def columns(self) -> list[str]:
        """Return the columns that its headers name."""
        return [header.column for header in self.headers.values()]

    def names(self) -> list[str]:
        """Return its headers by position, empty where there is none."""
        found = self.unknown | {position: header.words for position, header in self.headers.items()}
        return [found.get(position, "") for position in range(max(found, default=-1) + 1)]

    def width(self, words: HeaderWords) -> int:
        """Return how many known columns it has, those of months among them; 0 where none of them is kept."""
        months = words.months(self.unknown.values())
        return len(self.headers) + months if months or {*self.columns()} - {"-"} else 0

    def holds_counts(self, words: HeaderWords) -> bool:
        """Return whether its lines are counts by month and place, not single events that may have happened anywhere."""
        columns = {*self.columns(), *words.given}
        return bool(columns.intersection(COUNTS)) and "reported_at" not in self.columns()


def blocks_of(lines: list[Line], words: HeaderWords, below: list[Line] = ()) -> list[Block]:
    """Return the blocks that header lines open: one, or several side by side.

    A new one begins where a column comes again, and behind an empty column where lines of its own stand there.
    """
    columns = [_header_of([*texts], words) for texts in zip(*_levels(lines, words.kinds), strict=True)]
    starts, seen = [0], set()
    for position, (header, text) in enumerate(columns):
        if not text:
            continue
        again = header and header.column != "-" and (header.column, header.words) in seen and len(seen) > 1
        gap = position and not columns[position - 1][1]
        is_whole = (again or gap) and not words.missing(column for column, _ in seen)
        start = _start_of(columns, starts[-1], position) if again else 0
        if again := again and (is_whole or (start > 0 and not columns[start - 1][1])):
            starts.append(start)
        elif gap and seen and is_whole and _stands_alone(below, position):
            starts.append(position)
        if again or starts[-1] == position:
            seen = {(h.column, h.words) for h, _ in columns[starts[-1] : position] if h}
        if header:
            seen.add((header.column, header.words))
    starts = [first for first, last in pairwise([*starts, OPEN]) if _begins(columns, first, last, words)]
    return [_block(columns, first, last) for first, last in pairwise([*starts, OPEN])]


def _begins(columns: list, first: int, last: int, words: HeaderWords) -> bool:
    """Return whether a table begins: not where columns come again right beside one, which are not all of a table."""
    is_beside = first > 0 and columns[first - 1][1]
    return not (is_beside and words.missing(header.column for header, _ in columns[first:last] if header))


def _levels(lines: list[Line], kinds: list[str]) -> list[list[str]]:
    """Return the texts of header lines, equally long; what stands above the first of several months is of each."""
    width = max((len(line.cells) for line in lines), default=0)
    levels = [[*map(as_text, line.cells), *[""] * (width - len(line.cells))] for line in lines]
    for number in range(len(levels) - 2, -1, -1):
        below = map("".join, zip(*levels[number + 1 :], strict=True))
        months = [is_month(split_kind(text, kinds)[1]) for text in below]
        for p in range(1, width):
            if months[p - 1] and months[p] and not levels[number][p].strip():
                levels[number][p] = levels[number][p - 1]
    return levels


def _block(columns: list[tuple[Header | None, str]], first: int, last: int) -> Block:
    within = list(enumerate(columns))[first:last]
    headers = {p: header for p, (header, _) in within if header}
    return Block(headers, {p: text for p, (header, text) in within if text and not header}, first, last)


def _start_of(columns: list, first: int, position: int) -> int:
    """Return where the table begins whose column comes again: behind an empty column, else with its unknown ones."""
    empty = next((p for p in range(position - 1, first, -1) if not columns[p][1]), None)
    if empty is not None:
        return empty + 1
    while position > 0 and columns[position - 1][0] is None and columns[position - 1][1]:
        position -= 1
    return position


def _stands_alone(below: list[Line], position: int) -> bool:
    """Return whether what begins at a position has lines that what stands left of it has not."""
    return any(not any(line.texts[:position]) and any(line.texts[position:]) for line in below)


def _header_of(texts: list[str], words: HeaderWords) -> tuple[Header | None, str]:
    """Return what a column's header cells mean, read from the lowest line upwards, then joined."""
    distinct = list(dict.fromkeys(text for text in texts if text.strip()))
    if len(distinct) > 1 and words.is_units(distinct[-1:]):
        distinct[-2:] = [f"{distinct[-2]}（{distinct[-1].strip(BRACKET_SIGNS)}）"]
    joined = "".join(distinct)
    if split_kind(joined, words.kinds)[0]:
        return None, " ".join(joined.split())
    for text in reversed(distinct):
        if header := words.match(text):
            return header, text
    if len(distinct) > 1 and is_month(distinct[-1]) and not is_month(joined):  # 上半年 above 1月
        joined = distinct[-1]
    return words.match(joined), " ".join(joined.split())


def with_units(block: Block, units: list[str], words: HeaderWords) -> Block:
    """Return the block with the units that stand above the table, where a header states none of its own."""
    headers = {
        p: h if h.unit else replace(h, unit=words.unit_stated(h.column, units)) for p, h in block.headers.items()
    }
    return replace(block, headers=headers, unit=words.unit_stated("incident_count", units)) if units else block


MOST_SHOWN = 8  # headers that a message lists
SEARCHED = 40  # lines in which months are looked for where no header is known


def words_of(source: Source) -> HeaderWords:
    """Return the words that a source's headers are known by: those of its table and those that it states."""
    return HeaderWords(source.table, source.stated_headers, given_by(source), source.kinds if source.periods else ())


def header_of(block: Block) -> list[str]:
    """Return a header as a message may show it, those columns first that are not known."""
    return shown([*block.unknown.values(), *(h.words for h in block.headers.values())])


def shown(headers: Iterable[str]) -> list[str]:
    """Return the first of several headers, masked, as a message may list them."""
    found = [mask(words) for words in headers]
    return found if len(found) <= MOST_SHOWN else [*found[:MOST_SHOWN], "……"]


def require_columns(blocks: list[Block], source: Source, file: str) -> None:
    """Raise where one column has two headers, or where no table of the sheet has every column that it needs."""
    for block in blocks:
        have: dict[str, str] = {}
        for header in block.headers.values():
            if header.column in have and header.column in tables.columns(source.table):
                words = {"first": have[header.column], "second": header.words, "column": header.column}
                key = "column_twice" if words["first"] != words["second"] else "header_twice"
                raise UnreadableFile.because(file, key, **words)
            have[header.column] = header.words
    words = HeaderWords(source.table, given=given_by(source))
    missing = [words.missing(block.columns()) for block in blocks]
    if all(missing):
        found = header_of(blocks[0])
        message = vocabulary.both("column_missing", needed=_listed(source.table, missing[0]), found=found)
        raise UnreadableFile(file, message + _instead(source, missing[0], [*blocks[0].unknown.values()]))


def without_header(sheets: list[Grid], source: Source, file: str) -> UnreadableFile:
    """Return why a delivery without any header that is known is refused."""
    lacking = HeaderWords(source.table, given=given_by(source)).missing([])
    needed = [*_listed(source.table, lacking), *([vocabulary.both("month_headers")] if source.periods else [])]
    message = vocabulary.both("no_header", table=source.table, needed=needed)
    lines = (line.texts for sheet in sheets for line in sheet.lines[:SEARCHED])
    return UnreadableFile(file, message + _instead(source, lacking, max(lines, key=_months, default=[])))


def _listed(table: str, groups: Iterable[Iterable[str]]) -> list[str]:
    """Return columns that a table needs, by groups of which one is enough, as their headers call them."""
    called = vocabulary.current().headers[table]
    return [" / ".join(called[name][0] for name in group) for group in groups]


def _months(texts: Iterable[str]) -> int:
    return sum(map(is_month, texts))


def _instead(source: Source, lacking: list[list[str]], header: list[str]) -> str:
    """Return what `sources.yml` could state in place of columns that are lacking: the months, or one code of all."""
    names = [name for group in lacking for name in group]
    columns = tables.columns(source.table)
    advice = [vocabulary.both("periods_instead")] if "month" in names and _months(header) > 1 else []
    if "kind" in names and len(kinds := kinds_among(header)) > 1:
        some = [f"{text}: {kind}" for text, kind in kinds.items()][:MOST_SHOWN]
        advice.append(vocabulary.both("kinds_instead", kinds=", ".join(some)))
    for name in (name for name in names if name in columns and columns[name].listname):
        allowed = _codes(columns[name].listname, source)
        advice.append(vocabulary.both("constant_instead", column=name, allowed=allowed))
    return "".join(f" {sentence}" for sentence in advice)


def _codes(listname: str, source: Source) -> list[str]:
    """Return the codes of a list with what they are called; of kinds those of the group that the source states."""
    words = vocabulary.current()
    group = words.spellings["group"].get(vocabulary.fold(str(source.constants.get("group", ""))))
    entries = words.entries(listname).items()
    if group and listname == "kind":
        entries = [(code, entry) for code, entry in entries if group in (entry.get("group"), *entry.get("groups", []))]
    codes = [f"{code} {entry['zh']}" for code, entry in entries]
    return codes if len(codes) <= NAMED else [*codes[:NAMED], "……"]
