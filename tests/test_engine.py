"""One engine for every delivery: its answers are those of the two engines before it, and laws hold for any delivery."""

import json
import pickle
from pathlib import Path

import pytest
from dirt import COLUMNS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from long_case import HEADER, SOURCE, as_text, rows
from making import as_csv, read
from test_pollution import NAMES, dirtied, reading_of

from src.ingest import rowstore
from src.ingest.batch import Dictionary, TextColumn
from src.ingest.cleaning.places import packaged_register
from src.ingest.layout import lines
from src.ingest.load import UnreadableFile, read_files
from src.ingest.readers import blocks, grid
from src.ingest.sources import source_from

FROZEN = json.loads((Path(__file__).parent / "fixtures" / "frozen_answers.json").read_text(encoding="utf-8"))
ANY = settings(
    max_examples=settings.default.max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EVENTS = ["警情编号", "接报时间", "街道", "警情类别", "案件类型"]


def digest(result) -> str:
    """Return a digest of all that is found, whatever the order of the rows."""
    import hashlib

    tables = (result.clean, result.duplicates, result.quarantined, result.ledger, result.columns)
    tables = [rows.drop(columns=["reason", "reason_zh"], errors="ignore") for rows in tables]
    found = [sorted(str([str(cell) for cell in row]) for row in t.astype(object).to_numpy().tolist()) for t in tables]
    return hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()[:16]


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize("name", NAMES)
def test_dirt_gives_the_answers_of_the_engines_before(tmp_path, table, name):
    assert digest(reading_of(dirtied(table, (name,)), tmp_path)) == FROZEN[f"{table} {name}"]


def loaded(folder, *contents: bytes, **source):
    """Read deliveries of incidents together."""
    given = []
    for number, content in enumerate(contents):
        (folder / f"{number}.csv").write_bytes(content)
        given.append((folder / f"{number}.csv", source_from({"table": "incidents", **SOURCE, **source})))
    return read_files(given, "incidents", packaged_register())


def values(result):
    """Return the values of the clean rows, in order of themselves."""
    found = result.clean.drop(columns=["source_file", "source_sheet", "source_line"])
    return sorted(map(str, found.astype(object).to_numpy().tolist()))


@ANY
@given(lines=rows(), copies=st.integers(1, 40), size=st.integers(1, 4_000), quoted=st.booleans())
def test_any_size_of_blocks_gives_the_same_bytes(tmp_path, monkeypatch, lines, copies, size, quoted):
    content = as_text([HEADER, *lines * copies], quoted=quoted).encode()
    monkeypatch.setattr(blocks, "HEAD_LINES", 20)
    monkeypatch.setattr(grid, "HEAD_LINES", 20)
    written = []
    for number, block in enumerate((8 << 20, size)):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", block)
        result = loaded(tmp_path, content)
        result.write(tmp_path / f"{number}.parquet")
        written.append(((tmp_path / f"{number}.parquet").read_bytes(), digest(result), result.warnings))
    assert written[0] == written[1]


@ANY
@given(lines=rows(), data=st.data())
def test_any_split_of_a_delivery_in_two_gives_the_same_rows(tmp_path, lines, data):
    lines = [line for line in lines if len(line) == len(HEADER)]
    cut = data.draw(st.integers(0, len(lines)))
    whole = loaded(tmp_path, as_text([HEADER, *lines]).encode())
    parts = [as_text([HEADER, *some]).encode() for some in (lines[:cut], lines[cut:])]
    assert values(loaded(tmp_path, *parts)) == values(whole)


def events(*times: str, numbers=()) -> bytes:
    return as_csv([EVENTS, *([n, t, "平湖街道", "刑事警情", "盗窃"] for n, t in zip(numbers or [""] * 9, times))])  # noqa: B905


@pytest.mark.parametrize(
    ("time", "source", "clean"),
    [
        ("2021-03-05", {}, 3), ("2021-03-05 14时", {}, 3), ("2021-03-05 14:20", {}, 1),
        ("2021-03-05 14:20", {"rows": "incidents"}, 3), ("2021-03-05", {"rows": "repeats"}, 1),
    ],
)  # fmt: skip
def test_look_alikes_are_incidents_of_their_own_unless_their_time_has_minutes(tmp_path, time, source, clean):
    result = loaded(tmp_path, events(time, time, time), **source)
    assert (len(result.clean), len(result.duplicates)) == (clean, 3 - clean)
    assert ["rows: incidents" in warning for warning in result.warnings] == [True] * (clean == 1)


def test_a_later_delivery_repeats_as_many_look_alikes_as_it_has(tmp_path):
    (tmp_path / "a.csv").write_bytes(events(*["2021-03-05"] * 3))
    (tmp_path / "b.csv").write_bytes(events(*["2021-03-05"] * 4))
    days = {"a.csv": "2022-01-05", "b.csv": "2022-02-05"}
    given = [(tmp_path / f, source_from({"table": "incidents", "received": day})) for f, day in days.items()]
    result = read_files(given, "incidents", packaged_register())
    assert (len(result.clean), len(result.duplicates)) == (4, 3)


def test_a_key_on_many_lines_and_a_revision_by_months_are_told(tmp_path):
    many = loaded(tmp_path, events(*[f"2021-03-0{n} 10:00" for n in range(1, 7)], numbers=["1"] * 6))
    assert any("one identifier stands on many lines, 6 in all" in warning for warning in many.warnings)
    (tmp_path / "a.csv").write_bytes(events("2020-03-05 10:00", "2020-03-06 10:00", numbers=["1", "2"]))
    (tmp_path / "b.csv").write_bytes(events("2021-03-05 10:00", "2020-03-07 10:00", numbers=["1", "2"]))
    days = {"a.csv": "2021-01-05", "b.csv": "2022-01-05"}
    given = [(tmp_path / f, source_from({"table": "incidents", "received": day})) for f, day in days.items()]
    warnings = read_files(given, "incidents", packaged_register()).warnings
    assert [w for w in warnings if "1 records are superseded by ones of the same identifier whose date" in w]


@pytest.mark.parametrize("step", [31, pytest.param(7, marks=pytest.mark.slow)])
def test_a_header_of_two_lines_across_the_edge_of_a_block(tmp_path, monkeypatch, step):
    first = [[f"JQ{n}", "2021-03-05 14:20", "平湖街道", "刑事警情", "盗窃"] for n in range(40)]
    second = EVENTS[::-1]
    below = [row[::-1] for row in [[f"X{n}", *first[0][1:]] for n in range(40)]]
    content = as_csv([EVENTS, *first, second, *below])
    monkeypatch.setattr(blocks, "HEAD_LINES", 20)
    monkeypatch.setattr(grid, "HEAD_LINES", 20)
    for size in range(1, 400, step):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        assert len(loaded(tmp_path, content).clean) == 80


def test_a_long_text_that_lacks_a_column_is_refused_at_its_header(tmp_path, monkeypatch):
    content = as_csv([EVENTS[:4], *[[f"J{n}", "2021-03-05 14:20", "平湖街道", "刑事警情"] for n in range(400)]])
    monkeypatch.setattr(blocks.LongText, "batches", lambda _: pytest.fail("it was read on"))
    with pytest.raises(UnreadableFile, match="警情种类"):
        loaded(tmp_path, content)


def test_many_tables_of_two_headers_in_turn(tmp_path, monkeypatch):
    row = ["2021-03-05 14:20", "平湖街道", "刑事警情", "盗窃"]
    tables = [[EVENTS, [f"A{n}", *row], [f"B{n}", *row]] for n in range(30)]
    content = as_csv([line[::-1] if n % 2 else line for n, table in enumerate(tables) for line in table])
    monkeypatch.setattr(blocks, "HEAD_LINES", 5)
    looked_at = []
    look = lines.Classifier._may_be_no_data
    monkeypatch.setattr(lines.Classifier, "_may_be_no_data", lambda c, b: looked_at.append(len(b)) or look(c, b))
    for below in (1, 2, 3, 200):
        looked_at.clear()
        monkeypatch.setattr(lines, "LINES_BELOW", below)
        assert len(loaded(tmp_path, content).clean) == 60
        assert sum(looked_at) < 90 * (below + 3)  # each line by a few tables, not by all


def test_a_column_with_very_many_distinct_cells_is_read_as_texts(tmp_path, monkeypatch):
    header = [*EVENTS, "人次", "地址"]
    lines = [[f"J{n}", "2021-03-05 14:20", "平湖街道", "刑事警情", "盗窃", str(n), f"路{n}号"] for n in range(900)]
    content = as_csv([header, *lines, ["J1", *lines[0][1:5], "两", "x"]])
    usual = loaded(tmp_path, content)
    monkeypatch.setattr("src.ingest.batch.MOST_DISTINCT", 50)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5_000)
    assert digest(loaded(tmp_path, content)) == digest(usual)


def test_a_result_can_be_sent_and_is_short_in_print(tmp_path):
    result = read(tmp_path, events("2021-03-05 14:20"), table="incidents")
    assert repr(result) == "<LoadResult incidents: 1 clean, 0 duplicate, 0 quarantined; 0 warnings>"
    store: rowstore.RowStore = pickle.loads(pickle.dumps(result.store))
    assert store.frame().equals(result.store.frame())


def test_a_dictionary_asks_once_for_each_distinct_cell_and_tells_types_apart():
    cells, asked = Dictionary(), []
    assert cells.encode(["1", 1, 1.0, "1", True]).tolist() == [0, 1, 2, 0, 3]
    assert cells.answers("twice", lambda cell: asked.append(cell) or cell) == ["1", 1, 1.0, True]
    cells.encode(["2", "1"])
    cells.answers("twice", lambda cell: asked.append(cell) or cell)
    assert asked == ["1", 1, 1.0, True, "2"]


@given(texts=st.lists(st.text(alphabet="0129aé-: ", max_size=12), max_size=40))
def test_equal_texts_alone_have_equal_hashes(texts):
    import pyarrow as pa

    hashes = TextColumn(pa.array(texts, pa.string())).hashes().tolist()
    assert len(set(hashes)) == len(set(texts))
    assert len({*zip(texts, hashes, strict=True)}) == len(set(texts))


def test_texts_of_more_digits_than_a_number_holds_are_told_apart_by_all_of_them():
    import pyarrow as pa

    texts = [f"{first}{'0' * length}" for length in (18, 19, 70, 5_000) for first in range(10, 50)]
    alone = [TextColumn(pa.array([text], pa.string())).hashes()[0] for text in texts]
    assert len(set(alone)) == len(texts)
    assert TextColumn(pa.array(texts, pa.string())).hashes().tolist() == alone
