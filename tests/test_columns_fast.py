"""The fast way gives the very Reading of the careful one, or hands over to it."""

import ctypes
import datetime as dt
import io
import pickle
import signal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from making import as_xlsx

from src.codebook import paths, tables, vocabulary
from src.ingest import load as clean
from src.ingest import reading
from src.ingest.cleaning import apart, fates, gather
from src.ingest.cleaning.cells import CellReader
from src.ingest.cleaning.dates import DateGrammar
from src.ingest.cleaning.places import packaged_register
from src.ingest.columns import delimited, distinct, fast, plainness
from src.ingest.columns.sheet import Cells
from src.ingest.deliveries import find_deliveries
from src.ingest.layout.headers import HeaderWords
from src.ingest.sources import source_from

HEADER = ["警情编号", "接报时间", "发生时间", "警情类别", "案件类型", "街道", "社区", "来源渠道", "人次", "备注"]
ROW = ["JQ1", "2021-03-05 14:20", "2021-03-05 14:00", "刑事警情", "盗窃", "平湖街道", "鹅公岭社区", "110报警", "1", ""]
# For each column: what is usual, and one of each kind of dirt.
CELLS = [
    ["JQ1", "JQ2", "jq2", "0003", "ＪＱ1", " JQ1", "-", "", "合计", "注：口径", "110-2", "警情编号", "信访〔2021〕1号"],
    ["2021-03-05 14:20", "2021/3/5 9:05:07", "2021-3-5", "2021年3月5日 14时20分", "2021年3月", "20210305", "44260", "",
     "2021-13-05 10:00", "2031-01-01 10:00", "2021-03-05T14:20+08:00", "2021-03-05 25:00", "接报时间",
     "1999-01-01 1:00"],
    ["2021-03-05 14:00", "2021-03-06 00:10", "", "不详", "-", "2021-03-05", "abc", "发生时间"],
    ["刑事警情", "治安警情", "", "信访", "没有的", "警情类别"],
    ["盗窃", "盗窃 ", "殴打他人", "", "没有的", "总计"],
    ["平湖街道", "平湖", "", "不详", "没有的街道", "街道", "龙岗区平湖街道"],
    ["鹅公岭社区", "鹅公岭", "", "凤凰社区", "六约社区", "六约北社区", "没有的社区", "社区小计"],
    ["110报警", "", "来访", "没有的"],
    ["1", "", "12", "1.5", "-3", "两", "1,200"],
    ["", "备注", "他说\"好\"", "甲,乙", "两行\n话", "合计", " "],
]  # fmt: skip


def rows():
    usual = st.builds(
        lambda n, day: [f"JQ{n}", f"2021-03-{day:02} 14:20", *ROW[2:]], st.integers(1, 9), st.integers(5, 28)
    )
    dirty = st.tuples(*(st.one_of(st.just(cells[0]), st.sampled_from(cells)) for cells in CELLS)).map(list)
    ragged = dirty.flatmap(lambda row: st.sampled_from([row, row, row[:-1], [*row, ""], [*row, "多"], [""] * 10, []]))
    level = st.lists(st.one_of(usual, dirty), max_size=25)
    return st.one_of(level, level, level, st.lists(st.one_of(usual, dirty, ragged), max_size=8))


def as_text(lines, delimiter=",", end="\n", quoted=False, quote='""'):
    def cell(text):
        mark = '"' if quoted or any(c in text for c in (delimiter, '"', "\n")) else ""
        return mark + text.replace('"', quote) + mark

    return "".join(delimiter.join(map(cell, line)) + end for line in lines)


def readings(folder, texts, sources, monkeypatch, block_bytes=400):
    """Return the careful reading, the fast one, and how many plain rows the latter had."""
    monkeypatch.setattr(delimited, "HEAD_LINES", 2)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(delimited, "AGAIN_BYTES", 100)
    monkeypatch.setattr(delimited, "AGAIN_LINES", 2)
    monkeypatch.setattr(gather, "ASIDE_AT_ONCE", 3)
    monkeypatch.setattr(fates, "SETTLED_AT_ONCE", 2)
    monkeypatch.setattr(reading, "TOLD_AT_ONCE", 2)
    monkeypatch.setitem(vocabulary.current().thresholds, "open_quote_lines", 2)  # or no block would end within a text
    deliveries = []
    for number, (content, source) in enumerate(zip(texts, sources, strict=True)):
        path = folder / f"{number}.csv"
        path.write_bytes(content)
        deliveries.append((path, source_from({"table": "incidents", **source})))
    taken = []

    def counted(self):
        for plain, *aside in fast.FastText.read_(self):
            taken.append(0 if plain is None else len(plain.lines))
            yield plain, *aside

    monkeypatch.setattr(fast.FastText, "read_", fast.FastText.read, raising=False)
    monkeypatch.setattr(fast.FastText, "read", counted)
    register = packaged_register()
    careful, swift = read_carefully(deliveries, monkeypatch), clean.read_files(deliveries, "incidents", register)
    plain = sum(taken)
    assert_same(swift, clean.read_files(deliveries, "incidents", register, readers=posted))
    return careful, swift, plain


def read_carefully(deliveries, monkeypatch):
    """Return the reading of deliveries of which none goes the fast way."""
    with monkeypatch.context() as only:
        only.setattr(apart, "fast_texts", lambda *_: [])
        only.setattr(clean, "pays", lambda _: False)  # another process would go the fast way
        return clean.read_files(deliveries, "incidents", packaged_register())


def posted(tasks):
    """Read deliveries as another process would, and hand over what it would send."""
    for task in tasks:
        rows = io.BytesIO()
        part = pickle.dumps(apart.read_one(task, apart.Outbox(rows)))
        rows.seek(0)
        yield pickle.loads(part), rows


def assert_same(careful, swift):
    for name in ("ledger", "columns", "quarantined", "duplicates", "clean"):
        pd.testing.assert_frame_equal(getattr(swift, name), getattr(careful, name), obj=name)
    assert swift.warnings == careful.warnings


FORMS = ([",", "\t", ";"], ["\n", "\r\n"], [False, True], ['""', '\\"'], ["utf-8", "utf-8-sig", "gb18030"])
SOURCE = {"publisher": "分局", "received": "2022-01-05"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    several=st.lists(st.tuples(rows(), *map(st.sampled_from, FORMS)), min_size=1, max_size=2),
    later=st.booleans(),
    block_bytes=st.sampled_from([1, 150, 400, 1000]),
)
def test_both_ways_give_the_same_reading(tmp_path_factory, several, later, block_bytes):
    texts = [as_text([HEADER, ROW, *lines], *form).encode(encoding) for lines, *form, encoding in several]
    sources = [SOURCE, SOURCE | {"received": "2022-02-05"} if later else SOURCE][: len(texts)]
    with pytest.MonkeyPatch.context() as monkeypatch:
        careful, swift, taken = readings(tmp_path_factory.mktemp("texts"), texts, sources, monkeypatch, block_bytes)
    assert_same(careful, swift)
    event(f"plain rows: {'some' if taken else 'none'}")


def test_plain_rows_go_the_fast_way(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(100)]
    lines[50][4] = "没有的"
    careful, swift, taken = readings(tmp_path, [as_text([HEADER, ROW, *lines]).encode()], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert taken == 99
    assert len(swift.clean) == 99  # one is a repeat
    assert swift.quarantined["line"].tolist() == [53]


@pytest.mark.parametrize(
    ("text", "plain", "why"),
    [
        ('{row}"规格10\\""\n{row}"规格10\\""\n', 11, "quotes escaped by a backslash"),
        ("{row},多\n", 8, "a line with a cell too many, and the one after it, which could belong to a header"),
        ("JQ9,2021-03-05 14:20\n", 8, "a line with too few cells"),
        ('JQ9,"2021-03-05\n14:20",,,,,,,,\n', 8, "a cell over two lines"),
        ("\0{row}\n", 8, "a NUL"),
        ("{row}" + 100_001 * " " + "\n", 8, "a cell that is too long"),
        ('{row}"\n', 8, "a stray quote"),
        ('{row},"\n', 8, "a quote that is not closed"),
        ("{row}\r{row}\n", 11, "a line end of another kind, which ends a line like any other"),
        ("{row}\udcff\n", 8, "a byte that is none of the encoding"),
    ],
)
def test_an_odd_line_goes_the_careful_way_alone(tmp_path, monkeypatch, text, plain, why):
    rows = [as_text([[f"JQ{n}", *ROW[1:]]]) for n in range(10, 19)]
    rows[4:4] = [text.format(row=",".join(ROW))]
    content = (as_text([HEADER, ROW]) + "".join(rows)).encode("utf-8", "surrogateescape")
    careful, swift, taken = readings(tmp_path, [content], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert taken == plain, why


def test_a_row_with_escaped_quotes_repeats_one_of_the_head(tmp_path, monkeypatch):
    lines = [[f"2021-03-{day:02} 14:20", *ROW[2:]] for day in range(6, 20)]
    row = [*ROW[1:-1], '规格10"']  # without a number all cells have to be the same
    content = as_text([HEADER[1:], row, *lines, row], quote='\\"').encode()
    careful, swift, taken = readings(tmp_path, [content], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert (taken, len(swift.clean), len(swift.duplicates)) == (15, 15, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_byte_order_mark_where_a_block_begins_is_a_character(tmp_path, monkeypatch, encoding):
    lines = [["JQ7", *ROW[1:]], ["\ufeff"], *([f"JQ{n}", *ROW[1:]] for n in range(8, 12))]
    content = as_text([HEADER, ROW, *lines]).encode(encoding)
    careful, swift, taken = readings(tmp_path, [content], [SOURCE], monkeypatch, block_bytes=1)
    assert_same(careful, swift)
    assert taken == 4
    assert swift.quarantined[["line", "code"]].values.tolist() == [[4, "too_few_cells"]]


def test_a_quote_open_at_the_end_of_a_block_is_set_aside(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 20)]
    stray = as_text([["JQ30", *ROW[1:]]]).replace("盗窃,", '盗窃",')  # with it as many quotes close cells as open them
    unclosed = as_text([["JQ31", *ROW[1:-1], ""]]).removesuffix("\n") + '"甲\n'
    content = (as_text([HEADER, ROW, *lines]) + stray + unclosed).encode()
    careful, swift, _ = readings(tmp_path, [content], [SOURCE], monkeypatch, block_bytes=10_000)
    assert_same(careful, swift)
    assert swift.quarantined["code"].tolist() == ["not_in_list", "malformed_quotes"]


def test_quotes_that_balance_by_chance_are_read_carefully(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 20)]
    bare = as_text([["JQ31", *ROW[1:-1], ""]], ";").removesuffix("\n")
    content = (as_text([HEADER, ROW, *lines], ";") + f'{bare}""甲\n{bare}";甲"\n').encode()
    careful, swift, _ = readings(tmp_path, [content], [SOURCE], monkeypatch, block_bytes=10_000)
    assert_same(careful, swift)


def test_quotes_that_balance_within_a_line_by_chance_are_read_carefully(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 20)]
    swapped = as_text([["JQ30", *ROW[1:]]], quoted=True).replace('"JQ30","', 'JQ30","甲,"')
    content = (as_text([HEADER, ROW]) + swapped + as_text(lines)).encode()
    careful, swift, _ = readings(tmp_path, [content], [SOURCE], monkeypatch, block_bytes=10_000)
    assert_same(careful, swift)
    assert swift.quarantined["code"].tolist() == ["malformed_quotes"]


def test_a_byte_of_no_encoding_beside_quotes_at_the_end_of_a_block(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 20)]
    spoilt = as_text([["JQ31", *ROW[1:]]], quoted=True).encode().replace(b"JQ31", b"JQ\xff")
    content = as_text([HEADER, ROW, *lines]).encode() + spoilt
    careful, swift, _ = readings(tmp_path, [content], [SOURCE], monkeypatch, block_bytes=10_000)
    assert_same(careful, swift)
    assert len(swift.quarantined) == 1


def test_an_interruption_while_a_block_is_parsed_goes_to_python():
    def handler():
        """Return what the operating system calls on Ctrl-C."""
        action = ctypes.create_string_buffer(1024)
        ctypes.CDLL(None).sigaction(signal.SIGINT, None, action)
        return action.raw[: ctypes.sizeof(ctypes.c_void_p)]

    class Watched(io.BytesIO):
        def read(self, *size):
            found.append(handler())
            return super().read(*size)

    found = []
    pyarrow.csv.read_csv(Watched(b"a\n1\n"))  # `delimited` has been imported
    assert set(found) == {handler()}


def test_a_header_between_blocks_does_not_hand_the_file_over(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 30)]
    for place in range(0, 20, 2):
        lines.insert(place, HEADER)
    careful, swift, taken = readings(tmp_path, [as_text([HEADER, ROW, *lines]).encode()], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert taken > 5


def test_a_header_whose_first_cell_is_another_is_one_all_the_same(tmp_path, monkeypatch):
    lines = [[f"JQ{n}", *ROW[1:]] for n in range(10, 20)]
    lines.insert(5, ["警情甲号", *HEADER[1:]])
    careful, swift, _ = readings(tmp_path, [as_text([HEADER, ROW, *lines]).encode()], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert not len(swift.quarantined)


def test_an_empty_line_is_left_aside(tmp_path, monkeypatch):
    row = as_text([ROW])
    careful, swift, taken = readings(
        tmp_path, [(as_text([HEADER, ROW]) + row + "\n" + row).encode()], [SOURCE], monkeypatch
    )
    assert_same(careful, swift)
    assert taken == 2
    assert swift.ledger.set_index("class")["count"]["blank"] == 1


def test_counts_of_another_delivery_are_held_against_plain_rows(tmp_path, monkeypatch):
    events = as_text([HEADER, ROW, *([f"JQ{n}", *ROW[1:]] for n in range(2, 30))]).encode()
    counts = as_text([["接报时间", "警情类别", "案件类型", "街道", "社区", "宗数"],
                      ["2021年3月", "刑事警情", "盗窃", "平湖街道", "鹅公岭社区", "30"],
                      ["2021年4月", "刑事警情", "盗窃", "平湖街道", "鹅公岭社区", "31"]]).encode()  # fmt: skip
    careful, swift, taken = readings(tmp_path, [events, counts], [SOURCE, SOURCE], monkeypatch)
    assert_same(careful, swift)
    assert taken == 28
    assert swift.quarantined["code"].tolist() == ["aggregate_overlap"]


@pytest.mark.slow  # reads the sample twice
def test_the_sample_reads_the_same_both_ways(monkeypatch):
    vocabulary.use(paths.ROOT / "data" / "raw" / "sample")
    found, _ = find_deliveries(paths.ROOT / "data" / "raw" / "sample")
    deliveries = [(d.path, d.source) for d in found if d.source.table == "incidents" and d.path.suffix != ".xlsx"]
    careful = read_carefully(deliveries, monkeypatch)
    assert_same(careful, clean.read_files(deliveries, "incidents", packaged_register()))


TYPED = [
    ["JQ1", "JQ2", 3.0, "0003", "", "合计"],
    [dt.datetime(2021, 3, 5, 14, 20), dt.datetime(2021, 3, 5), "2021-03-05 14:20", 44260.5, "", "接报时间", "abc"],
    [dt.datetime(2021, 3, 5, 14, 0), dt.datetime(2021, 3, 6), "", "不详"],
    ["刑事警情", "治安警情", ""],
    ["盗窃", "没有的", ""],
    ["平湖街道", "", "没有的街道"],
    ["鹅公岭社区", "", "社区小计"],
    ["110报警", ""],
    [1.0, 2.5, "3", True, "", "#REF!"],
    ["", "备注", 7.0],
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(*(st.one_of(st.just(c[0]), st.sampled_from(c)) for c in TYPED)), max_size=20))
def test_both_ways_give_the_same_reading_of_a_sheet(tmp_path_factory, lines):
    content = as_xlsx([HEADER, TYPED_ROW, *map(list, lines)])
    with pytest.MonkeyPatch.context() as monkeypatch:
        careful, swift, taken = readings(tmp_path_factory.mktemp("sheets"), [content], [SOURCE], monkeypatch)
    assert_same(careful, swift)
    event(f"plain rows: {'some' if taken else 'none'}")


READER = CellReader(tables.columns("incidents")["reported_at"], DateGrammar(), latest=dt.datetime(2022, 1, 1))


def reads_as_the_careful_way(cells):
    """Return the precisions of cells that moments read as their column's reader does."""
    marks_of = plainness.Marks(HeaderWords("incidents")).of
    when, precision, marks = distinct.Moments(READER, marks_of).read(cells)
    careful = [READER.read(cell) for cell in cells.to_pylist()]
    assert when.tolist() == [distinct._microseconds("", meaning) for meaning in careful]
    stated = [meaning[1] for meaning in careful if isinstance(meaning, tuple)]
    assert [distinct.PRECISIONS[number] for number in precision[when > distinct.BAD]] == stated
    assert (marks & (plainness.UNREAD | plainness.NOTHING) > 0).tolist() == (when <= distinct.BAD).tolist()
    return stated


def test_a_date_of_a_sheet_reads_as_the_careful_way_reads_it():
    cells = [
        *TYPED[1], dt.date(2021, 3, 5), dt.datetime(2021, 3, 6, 0, 0, 1), dt.datetime(2021, 3, 6, 9, 0, 0, 500_000),
        dt.datetime(1999, 1, 1), dt.datetime(2021, 12, 31, 23, 59), dt.datetime(2022, 1, 1, 0, 1),
        dt.time(9), 1.0, True,
    ]  # fmt: skip
    assert reads_as_the_careful_way(Cells(cells, np.arange(len(cells)))).count("day") == 2


@pytest.mark.parametrize("more", [[], ["", "2021-03", "44260", "2021-03-05T14:20", "2021-03-05  9:05", "接报时间"]])
def test_a_text_reads_by_halves_as_it_reads_whole(more):
    days = ["2021-03-05", "2021/3/6", "2021年3月7日", "2021-02-30", "1999-01-01", "2022-01-01", "2022-01-02", "3-5"]
    times = ["14:20", "0:00", "09:05:59", "14时20分", "14时", "25:00", "14:20 ", "14", "2021-03-05"]
    texts = ["", *(f"{day} {time}" for day in days for time in times), *more]
    assert set(reads_as_the_careful_way(pa.array(texts)[1:])) >= {"minute", "hour"}


TYPED_ROW = [cells[0] for cells in TYPED]
