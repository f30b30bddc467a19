"""A long sheet read by columns holds the very lines that the reader of workbooks finds, or is handed over to it."""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from making import INCIDENT_HEADER, INCIDENTS, as_xlsx, workbook
from test_ingest_workbook import edited

from src.ingest.columns import delimited
from src.ingest.columns.delimited import NotPlain
from src.ingest.columns.sheet import Cells, Sheet, sheets_of
from src.ingest.load import read_table
from src.ingest.readers.grid import UnreadableFile, as_text
from src.ingest.readers.workbook import read_workbook

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = ' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STYLES = f"""{XML}<styleSheet{MAIN}><numFmts count="2"><numFmt numFmtId="164" formatCode="000000"/>
<numFmt numFmtId="165" formatCode="yyyy/mm/dd\\ hh:mm"/></numFmts><cellXfs count="4"><xf numFmtId="0"/>
<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>"""
SHARED = [
    "<t>盗窃</t>", "<t> 平湖 </t>", '<t xml:space="preserve"> 平湖 </t>', "<t>A&amp;B</t>", "<t/>", "<t>#REF!</t>",
    "<r><t>平</t></r><r><t>湖</t></r>", "<t>坂田</t><rPh sb='0' eb='1'><t>ban</t></rPh>",
    "<t>_x000D_</t>", "<t>两\n行</t>",
]  # fmt: skip
# What stands in a cell behind its place: one of each kind that programs write, and some that none does.
CELLS = [
    *(f'" t="s"><v>{n}</v></c>' for n in range(len(SHARED))), '" s="2" t="s"><v>0</v></c>',
    '" t="inlineStr"><is><t>盗窃</t></is></c>', '" t="inlineStr"><is><t> 抢 </t></is></c>',
    '" t="inlineStr"><is><t xml:space="preserve"> 抢 </t></is></c>', '" t="inlineStr"><is><t>a&lt;b</t></is></c>',
    '" t="inlineStr"><is><t>#N/A</t></is></c>', '" t="inlineStr"><is><t></t></is></c>',
    '" t="inlineStr"><is><t>\x85</t></is></c>', '" t="inlineStr"><is><t>a_x0041_</t></is></c>',
    '" t="inlineStr"><is><r><t>富</t></r><r><t>文本</t></r></is></c>', '"><v>12</v></c>', '"><v>1.5E3</v></c>',
    '" s="1"><v>44260</v></c>', '" s="3"><v>44260.5</v></c>',
    '" s="3"><v>44260.597222</v></c>', '" s="2"><v>12</v></c>',
    '" t="b"><v>1</v></c>', '" t="e"><v>#DIV/0!</v></c>', '" t="str"><f>A1</f><v>盗窃</v></c>', '"><f>A1+1</f></c>',
    '"><f>A1+1</f><v>2</v></c>', '" s="1"/>', '" s="1"></c>', '"><v></v></c>', '" t="str"><v></v></c>',
    '" t="d"><v>2021-03-05T14:20:00</v></c>',
]  # fmt: skip
UNUSUAL = ['"><v>44260</v></c>\n', '" t="s"><v>0</v>', '" t="s"><v>0</v></c>x', '" t="s"><v>99</v></c>', '"/></row>']
USUAL = [CELLS[0], CELLS[12], '"><v>3</v></c>', '" s="1"><v>44260</v></c>', ""]
ODDITIES = 9 * [""] + ["<!-- x -->", "\n", '<row r="{after}"/>', '<row r="{after}" spans="1:2"></row>']


def book(rows: str, below: str = "", shared: list[str] = SHARED) -> bytes:
    """Return a workbook of one sheet with rows as they are given."""
    strings = f"{XML}<sst{MAIN}>{''.join(f'<si>{text}</si>' for text in shared)}</sst>"
    sheet = f"{XML}<worksheet{MAIN}><sheetData>{rows}</sheetData>{below}</worksheet>"
    content = as_xlsx([["文字"]])
    for part, text in (("styles", STYLES), ("sharedStrings", strings), ("worksheets/sheet1", sheet)):
        content = edited(content, f"xl/{part}.xml", lambda _, text=text: text.encode())
    return content


def written(lines: list[list[str]], gaps: list[str] = ()) -> str:
    """Return the rows of a sheet, every one with its number; an empty text is a cell that is not there."""
    found = []
    for number, cells in enumerate(lines):
        row = 2 * number + 1 if gaps else number + 1
        cells = "".join(f'<c r="{"ABCD"[place]}{row}{cell}' for place, cell in enumerate(cells) if cell)
        gap = gaps[number].format(after=row + 1) if gaps else ""
        found.append(f'<row r="{row}" spans="1:4">{cells}</row>{gap}')
    return "".join(found)


def lines_of(content: bytes, monkeypatch, head: int = 2) -> tuple[list, list | None]:
    """Return what each line is, as the careful reader finds it, and by columns; nothing where it is handed over."""
    monkeypatch.setattr(delimited, "HEAD_LINES", head)
    try:
        careful = [line for grid in read_workbook("a.xlsx", content) for line in grid.lines]
    except UnreadableFile:
        careful = None
    try:
        (sheet,) = sheets_of("a.xlsx", content)
        assert isinstance(sheet, Sheet)
        (block,) = sheet.blocks({0, 2})
    except (NotPlain, UnreadableFile, ValueError, AssertionError):
        return careful, None
    columns = zip(*(column.to_pylist() for column in block.columns), strict=True)
    below = sheet.lines(None, block.lines - sheet.first)
    (cells,) = sheet.again(block.lines)
    assert cells.to_pylist() == [[as_text(cell) for cell in line.cells] for line in below]
    assert [(line.number, line.cells, bool(line.broken)) for line in below] == list(
        zip(block.lines.tolist(), map(list, columns), block.odd.tolist(), strict=True)
    )
    return careful, [*sheet.grid.lines, *below]


def told(lines: list) -> list:
    return [(line.number, [(type(c), c) for c in line.cells], line.merged, dict(line.broken)) for line in lines]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kinds=st.sampled_from([USUAL, CELLS, CELLS, CELLS, [*CELLS, *UNUSUAL]]), odd=st.booleans())
def test_the_same_lines_or_none(monkeypatch, data, kinds, odd):
    cells = st.one_of(st.sampled_from(USUAL), st.sampled_from(kinds))
    lines = data.draw(st.lists(st.lists(cells, min_size=4, max_size=4), min_size=3, max_size=8))
    gaps = data.draw(st.lists(st.sampled_from(ODDITIES), min_size=len(lines), max_size=len(lines))) if odd else []
    careful, swift = lines_of(book(written([[USUAL[0]] * 4, *lines], ["", *gaps] if odd else [])), monkeypatch)
    event(f"{'handed over' if swift is None else 'by columns'}")
    assert swift is None or told(swift) == told(careful)


TEXT, DAY, ERROR, BLANK = CELLS[0], '" s="3"><v>44260.5</v></c>', '" t="e"><v>#REF!</v></c>', '" s="1"/>'
HEAD = [[TEXT] * 3] * 2
LITERAL = f'" t="inlineStr"><is><t>x<![CDATA[</t></is></c><c r="B5{TEXT}]]></t></is></c>'


def test_a_cell_that_is_no_text_is_read_once_and_an_error_is_marked(monkeypatch):
    rows = [*HEAD, *[[TEXT, DAY, ERROR if n == 3 else CELLS[6]] for n in range(9)]]
    careful, swift = lines_of(book(written(rows)), monkeypatch)
    assert told(swift) == told(careful)
    assert [dict(line.broken) for line in swift if line.broken] == [{2: "#REF!"}]
    (sheet,) = sheets_of("a.xlsx", book(written(rows)))
    text, day, rich = sheet.columns
    assert isinstance(day, Cells)
    assert (len(text.dictionary), len(day.dictionary), len(rich.dictionary)) == (2, 2, 2)  # of which one is no cell


@pytest.mark.parametrize(
    ("rows", "below", "why"),
    [
        (written([*HEAD, *HEAD]).replace('"C4"', '"C5"'), "", "a cell of another row"),
        (written([*HEAD, *HEAD]).replace("</row>", "</row></row>"), "", "a row that is closed twice"),
        (written([*HEAD, *HEAD]).replace('<row r="4"', '</row><row r="4"'), "", "a row that is closed twice"),
        (written([*HEAD, *HEAD]).replace('</row><row r="4"', '</row\t<row r="4"'), "", "a row that does not end"),
        (written([*HEAD, *HEAD]).replace('r="4" spans', 'r="4" spans=\''), "", "a row's tag that is malformed"),
        (written([*HEAD, *HEAD]).replace('"B4"', '"B4" r="B3"'), "", "a cell in two places"),
        (written([*HEAD, [TEXT, '"><v>3</w></c>', TEXT]]), "", "a cell that is malformed"),
        (written([*HEAD, *HEAD]).replace("</v>", "<v>", 1), "", "a head that is malformed"),
        (written([*HEAD, *HEAD, [LITERAL]]), "", "literal data that look like a cell"),
        (written([*HEAD, *HEAD]).replace(' r="3"', ""), "", "a row that does not say which"),
        (written([*HEAD, *HEAD]).replace('"B4"', '"A4"'), "", "two cells in one place"),
        (written([*HEAD, *HEAD]).replace("<c ", "<x:c "), "", "names with a namespace"),
        (written([*HEAD, *HEAD]), '<mergeCells><mergeCell ref="A2:A4"/></mergeCells>', "a merge below the head"),
        (written([*HEAD, [*HEAD[0], '"><v></v></c>'], HEAD[0]]), "", "a column in which there may be nothing at all"),
        (written([*HEAD, [BLANK] * 3]), "", "nothing below the head"),
    ],
)
def test_what_is_not_understood_is_handed_over(monkeypatch, rows, below, why):
    assert lines_of(book(rows, below), monkeypatch)[1] is None, why


def test_columns_that_only_have_a_format_are_left_out(monkeypatch):
    careful, swift = lines_of(book(written([*HEAD, [*HEAD[0], BLANK], [BLANK] * 4])), monkeypatch)
    assert told(swift) == told(careful)
    assert [len(line.cells) for line in swift] == [3, 3, 3]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_damaged_package_is_handed_over(tmp_path, part):
    content = bytearray(as_xlsx([INCIDENT_HEADER] + INCIDENTS * 200))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        at = package.getinfo(part).header_offset + 30 + len(part)
    content[at : at + 40] = 40 * b"\xff"
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"a\.xlsx"):
        read_table(tmp_path / "a.xlsx", "incidents")


def test_short_and_hidden_sheets_stay_grids(monkeypatch):
    monkeypatch.setattr(delimited, "HEAD_LINES", 2)
    rows = [["一", "二"]] * 5
    kinds = [
        type(part).__name__
        for part in sheets_of("a.xlsx", workbook({"a": rows, "b": rows[:2], "c": rows}, hidden=["c"]))
    ]
    assert kinds == ["Sheet", "Grid", "Grid"]
