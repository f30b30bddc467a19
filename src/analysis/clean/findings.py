"""What is odd about a delivery without making a record wrong: columns left out, cells beside the table, totals."""

import math

from src.analysis import vocabulary
from src.analysis.clean.records import NUMERIC, BlockReader
from src.analysis.clean.values import Unreadable
from src.analysis.ingest import Block, Grid, Line, as_text


def findings(grid: Grid, block: Block, reader: BlockReader) -> list[str]:
    """Return sentences about one block, in both languages."""
    left_out = [words for position, words in block.unknown.items() if position not in reader.months]
    found = []
    if left_out:
        found.append(vocabulary.both("unknown_columns", file=grid.file, columns="、".join(left_out)))
    if beside := _beside(block):
        lines = "、".join(map(str, beside[:5])) + ("……" if len(beside) > 5 else "")
        found.append(vocabulary.both("cells_beside_table", file=grid.file, lines=lines))
    return found + _totals_that_differ(grid, block, reader)


def _beside(block: Block) -> list[int]:
    known = {*block.headers, *block.unknown}
    return [
        line.number
        for line in block.data
        if not line.problem
        and any(
            p not in known and as_text(line.cells[p]).strip()
            for p in range(block.first, min(block.last, len(line.cells)))
        )
    ]


def _totals_that_differ(grid: Grid, block: Block, reader: BlockReader) -> list[str]:
    """Compare each total with the lines since the last total, and with all lines so far: it has to be one of both."""
    numeric = {p: r for p, r in reader.readers.items() if r.column.type in NUMERIC}
    numeric |= {p: reader.readers.get(p) or reader._reader("incident_count") for p in reader.months}
    found = []
    for position, cells in numeric.items():
        since = whole = 0.0
        for line in sorted([*block.data, *block.totals], key=lambda line: line.number):
            number = _number(cells, line, position)
            if line not in block.totals:
                since, whole = since + number, whole + number
                continue
            stated = as_text(line.cells[position]).strip() if position < len(line.cells) else ""
            if stated and number and not any(math.isclose(number, s, rel_tol=1e-6) for s in (since, whole)):
                words = {"file": grid.file, "line": line.number, "column": cells.column.name}
                found.append(
                    vocabulary.both("total_differs", **words, stated=f"{number:,.10g}", summed=f"{since:,.10g}")
                )
            since = 0.0
    return found


def _number(cells, line: Line, position: int) -> float:
    if line.problem or position >= len(line.cells):
        return 0.0
    value = cells.read(line.cells[position])
    return 0.0 if value is None or isinstance(value, Unreadable) else float(value)
