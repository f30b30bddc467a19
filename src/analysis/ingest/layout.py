"""A grid's lines → blocks with a header, and a class for every physical line. Nothing is interpreted yet.

Classes: `title`, `header`, `repeated_header`, `blank`, `total`, `note`, `continuation` (the further physical lines of
a record), `data`. Several tables in a sheet, one below another or side by side, are blocks of their own.
"""

from collections import Counter
from dataclasses import dataclass, field

from src.analysis import vocabulary
from src.analysis.ingest.grid import Grid, Line, as_text
from src.analysis.ingest.headers import Header, HeaderWords

OPEN = 1 << 30  # where the last block ends: whatever stands further right is its own
CLASSES = ("title", "header", "repeated_header", "blank", "total", "note", "continuation", "data")


@dataclass
class Block:
    """One table of a grid: the header of each position, and the lines that hold its records and totals."""

    headers: dict[int, Header]
    unknown: dict[int, str]
    first: int
    last: int
    data: list[Line] = field(default_factory=list)
    totals: list[Line] = field(default_factory=list)

    def cells(self, line: Line) -> list:
        """Return the line's cells within this block."""
        return line.cells[self.first : self.last]


@dataclass
class Layout:
    """A grid taken apart: its blocks, and how many physical lines fell in each class."""

    grid: Grid
    blocks: list[Block]
    classes: Counter


def lay_out(grid: Grid, words: HeaderWords) -> Layout:
    """Find the header(s) of a grid and class every line; a grid without a header has no block."""
    start = _find_header(grid.lines, words)
    if start is None:
        return Layout(grid, [], Counter())
    position, height = start
    blocks = _blocks(grid.lines[position : position + height], words)
    width = max(len(block.headers) for block in blocks)
    classes: Counter = Counter()
    done = list(blocks)
    for line in grid.lines[:position]:
        _class_line(line, blocks, classes, before_header=True, width=width)
    _count(classes, "header", grid.lines[position : position + height])
    rest = iter(range(position + height, len(grid.lines)))
    for index in rest:
        line = grid.lines[index]
        again = _header_at(grid.lines, index, words, width) if line.cells and not line.problem else 0
        if again:
            following = _blocks(grid.lines[index : index + again], words)
            same = [b.headers for b in following] == [b.headers for b in blocks]
            _count(classes, "repeated_header" if same else "header", grid.lines[index : index + again])
            if not same:
                blocks = following
                width = max(len(block.headers) for block in blocks)
                done += blocks
            for _ in range(again - 1):
                next(rest)
        else:
            _class_line(line, blocks, classes, before_header=False, width=width)
    return Layout(grid, done, classes)


def _count(classes: Counter, name: str, lines: list[Line]) -> None:
    for line in lines:
        classes[name] += 1
        classes["continuation"] += line.span - 1


def _find_header(lines: list[Line], words: HeaderWords) -> tuple[int, int] | None:
    """Return where the header begins and its height: the position with the most known headers, the earliest, the lowest."""
    best, found = int(vocabulary.threshold("header_min_columns")) - 1, None
    for position in range(min(len(lines), int(vocabulary.threshold("header_rows_searched")))):
        for height in (1, 2, 3):
            if position + height > len(lines) or lines[position].problem:
                break
            count = sum(len(b.headers) for b in _blocks(lines[position : position + height], words))
            if count > best and (height == 1 or _adds_a_level(lines[position : position + height], words)):
                best, found = count, (position, height)
    return found


def _adds_a_level(lines: list[Line], words: HeaderWords) -> bool:
    """Return whether several lines read as one header: no line of data among them, each with cells of its own."""
    last = lines[-1].cells
    return (
        words.count(last) > 0
        and all(_no_number(as_text(cell)) for line in lines for cell in line.cells)
        and all(sum(as_text(cell).strip() != "" for cell in line.cells) > 1 for line in lines)
    )


def _no_number(text: str) -> bool:
    return not any(c.isdigit() for c in text) or len(text) > 30 or not text.replace(".", "").replace("-", "").isdigit()


def _header_at(lines: list[Line], index: int, words: HeaderWords, width: int) -> int:
    """Return the height of a header that begins at a later line, or 0: most of its cells are known headers."""
    cells = [as_text(cell) for cell in lines[index].cells]
    if not any(words.match(cell) for cell in [c for c in cells if c][:3]):
        return 0
    filled = len({cell for cell in cells if cell.strip()})
    least = max(int(vocabulary.threshold("header_min_columns")), min(width, 3) - 1)
    if words.count(lines[index].cells) >= max(least, filled * 0.5):
        return 2 if index + 1 < len(lines) and words.count(lines[index + 1].cells) >= least else 1
    return 0


def _blocks(lines: list[Line], words: HeaderWords) -> list[Block]:
    """Return the blocks that header lines open: one, or several where the same column comes again further right."""
    width = max((len(line.cells) for line in lines), default=0)
    columns = [
        _header_of([as_text(line.cells[p]) if p < len(line.cells) else "" for line in lines], words)
        for p in range(width)
    ]
    blocks, current, seen = [], Block({}, {}, 0, OPEN), set()
    for position, (header, text) in enumerate(columns):
        if header and header.column != "-" and (header.column, header.words) in seen and len(current.headers) > 1:
            first = _gap_before(columns, position)
            current.last = first
            current.unknown = {p: t for p, t in current.unknown.items() if p < first}
            blocks.append(current)
            current, seen = Block({}, {}, first, OPEN), set()
        if header:
            current.headers[position] = header
            seen.add((header.column, header.words))
        elif text:
            current.unknown[position] = text
    return [*blocks, current]


def _gap_before(columns: list, position: int) -> int:
    while position > 0 and columns[position - 1][0] is None and columns[position - 1][1]:
        position -= 1
    return position


def _header_of(texts: list[str], words: HeaderWords) -> tuple[Header | None, str]:
    """Return what a column's header cells mean, read from the lowest line upwards, then joined."""
    distinct = list(dict.fromkeys(text for text in texts if text.strip()))
    for text in reversed(distinct):
        if header := words.match(text):
            return header, text
    joined = "".join(distinct)
    return words.match(joined), " ".join(joined.split())


def _class_line(line: Line, blocks: list[Block], classes: Counter, *, before_header: bool, width: int) -> None:
    """Put a line in its class, and a record or total in its block(s)."""
    classes["continuation"] += line.span - 1
    if line.problem:
        classes["data"] += 1
        blocks[0].data.append(line)
        return
    names = set()
    for block in blocks:
        cells = [as_text(cell).strip() for cell in block.cells(line)]
        name = "blank" if not any(cells) and not line.broken else _class_of(cells, line, block)
        if before_header and name != "blank" and len({c for c in cells if c}) < max(3, (width + 1) // 2):
            name = "title"
        if name in ("data", "total"):
            (block.data if name == "data" else block.totals).append(line)
        names.add(name)
    classes[next(name for name in ("data", "total", "note", "title", "blank") if name in names)] += 1


IDENTIFYING = (
    "project_id",
    "incident_id",
    "title",
    "street",
    "community",
    "reported_at",
    "month",
    "kind",
    "group",
    "site",
)


def _class_of(cells: list[str], line: Line, block: Block) -> str:
    marks = vocabulary.current().marks
    filled = [cell for cell in cells if cell]
    if not filled:
        return "data"
    named = {h.column: as_text(line.cells[p]).strip() for p, h in block.headers.items() if p < len(line.cells)}
    if any(_is_total(named.get(column, ""), marks) for column in IDENTIFYING) and not _has_key(named, marks):
        return "total"
    if len(set(filled)) <= 2 and _is_total(filled[0], marks):
        return "total"
    if filled[0].startswith(tuple(marks["note"])) and (len(set(filled)) <= 3 or not _has_key(named, marks)):
        return "note"
    return "data"


def _has_key(named: dict[str, str], marks: dict) -> bool:
    return any(named.get(key) and not _is_total(named[key], marks) for key in ("project_id", "incident_id"))


def _is_total(text: str, marks: dict) -> bool:
    """Return whether a cell is a total's word, or a short name and such a word (平湖街道小计)."""
    if not text or len(text) > 16:
        return False
    folded = vocabulary.fold(text).strip(":：")
    if folded in vocabulary.current().folded_marks["total"]:
        return True
    ending = next((end for end in marks["total_endings"] if folded.endswith(end)), "")
    return bool(ending) and folded[: -len(ending)].endswith(tuple([*marks["street_endings"], *marks["place_endings"]]))
