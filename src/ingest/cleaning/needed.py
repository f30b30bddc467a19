"""Which columns a delivery needs and has not, and what `sources.yml` could state instead of them."""

from collections.abc import Iterable

from src.codebook import tables, vocabulary
from src.ingest.cleaning.cells import NAMED
from src.ingest.cleaning.personal import mask
from src.ingest.layout.blocks import Block
from src.ingest.layout.headers import HeaderWords, is_month
from src.ingest.readers.grid import Grid, UnreadableFile
from src.ingest.sources import Source, given_by

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
