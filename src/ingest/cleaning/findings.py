"""What is odd about a delivery without making a record wrong: columns left out, cells beside the table, totals."""

import math
from collections import defaultdict
from itertools import accumulate, pairwise

from src.codebook import vocabulary
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.issue import CellError
from src.ingest.cleaning.personal import mask
from src.ingest.cleaning.records import NUMERIC, BlockReader
from src.ingest.layout.blocks import Block
from src.ingest.readers.grid import Line, as_text

Place = tuple[str, str, int]
"""Where a record stands: file, sheet, line."""


def findings(reader: BlockReader) -> list[str]:
    """Return sentences about what one block leaves unread, in both languages."""
    block, file = reader.block, reader.grid.file
    left_out = [words for p, words in block.unknown.items() if p not in reader.months.positions]
    found = []
    if left_out:
        found.append(vocabulary.both("unknown_columns", file=file, columns=[mask(words) for words in left_out]))
    if beside := [line.number for line in block.data if is_beside(block, line)]:
        found.append(vocabulary.both("cells_beside_table", file=file, lines=_some(beside)))
    if lines := reader.elsewhere:
        words = {"file": file, "count": len(lines), "lines": _some(lines)}
        found.append(vocabulary.both("places_elsewhere", **words))
    return found + _sums_that_differ(reader)


def _some(lines: list[int]) -> list[int | str]:
    return lines[:5] + (["…"] if len(lines) > 5 else [])


def is_beside(block: Block, line: Line) -> bool:
    """Return whether a line has anything in a column without a header."""
    last = min(block.last, len(line.cells))
    places = {*range(block.first, last)} - {*block.headers, *block.unknown}
    return not line.problem and any(as_text(line.cells[place]).strip() for place in places)


def totals_that_differ(reader: BlockReader, used: set[Place]) -> list[str]:
    """Return a sentence for each total that its lines do not add up to, neither all of them nor those that are used.

    A total may stand below its lines or above them, and may span smaller totals: it has to be the sum of the lines
    between itself and any other total, or an end of the table; or of those of the same month and kind, if it has one.
    """
    block, at = reader.block, reader.grid.place
    numeric = {p: r for p, r in reader.readers.items() if r.column.type in NUMERIC}
    numeric |= dict.fromkeys([*reader.months.positions, *reader.kinds], reader.counts)
    lines = sorted([*block.data, *block.totals], key=lambda line: line.number)
    totals = {line.number for line in block.totals}
    cuts = [0, *(n for n, line in enumerate(lines) if line.number in totals), len(lines)]
    found = []
    for position, cells in numeric.items():
        numbers = [number_in(cells, line, position) for line in lines]
        parts = [0.0 if line.number in totals else number for line, number in zip(lines, numbers, strict=True)]
        usable = [n if (*at, line.number) in used else 0.0 for line, n in zip(lines, parts, strict=True)]
        whole, clean = ([0.0, *accumulate(counted)] for counted in (parts, usable))
        alike = [_by_names(block, lines, counted) for counted in (parts, usable)]
        for last, cut in pairwise(cuts[:-1]):
            sums = [abs(running[cut] - running[other]) for running in (whole, clean) for other in cuts]
            sums += [summed.get(_names(block, lines[cut]), 0.0) for summed in alike]
            if numbers[cut] and not any(math.isclose(numbers[cut], s, rel_tol=1e-6) for s in sums):
                summed = whole[cut] - whole[last] or whole[cut]
                words = {"file": at[0], "line": lines[cut].number, "column": cells.name}
                words |= {"stated": f"{numbers[cut]:,.10g}", "summed": f"{summed:,.10g}"}
                found.append(vocabulary.both("total_differs", **words))
    return found


def _names(block: Block, line: Line) -> tuple[str, ...]:
    """Return what a line is of beside its place: its month and kind."""
    return tuple(line.texts[p] for p in block.naming if p not in block.places and p < len(line.texts))


def _by_names(block: Block, lines: list[Line], numbers: list[float]) -> dict[tuple[str, ...], float]:
    """Return the sums of the lines that are of one month and kind; none of those that name neither."""
    summed: dict[tuple[str, ...], float] = defaultdict(float)
    for line, number in zip(lines, numbers, strict=True):
        if any(names := _names(block, line)):
            summed[names] += number
    return summed


def _sums_that_differ(reader: BlockReader) -> list[str]:
    """Return a sentence for each column of a wide table that should be the sum of its months and is not."""
    found = []
    for position, months in reader.months.sums.items():
        lines = [
            line.number
            for line in reader.block.data
            if (stated := number_in(reader.counts, line, position))
            and stated != sum(number_in(reader.counts, line, p) for p in months)
        ]
        if lines:
            words = {"file": reader.grid.file, "column": reader.block.unknown[position], "lines": _some(lines)}
            found.append(vocabulary.both("sum_differs", **words))
    return found


def number_in(cells: CellReader, line: Line, position: int) -> float:
    """Return the number that a line has in a column; 0 for none, or none that can be read."""
    if line.problem or position >= len(line.cells):
        return 0.0
    value = cells.read(line.cells[position])
    return 0.0 if value is None or isinstance(value, CellError) else float(value)
