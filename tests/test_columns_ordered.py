"""The table on disk: the very rows of the reading, in the order of the register and time, checked before it stands."""

import numpy as np
import pandas as pd
import pandera.errors
import pytest

from src.codebook import tables
from src.ingest.cleaning.places import packaged_register
from src.ingest.columns import delimited
from src.ingest.load import read_files
from src.ingest.sources import source_from

HEADER = "警情编号,接报时间,发生时间,警情类别,案件类型,街道,社区,网格,人次"
PLACES = [("平湖街道", "鹅公岭社区"), ("布吉街道", "南三社区"), ("布吉街道", "甘坑社区"), ("布吉街道", ""), ("", "")]


def delivery(path, first: int, count: int = 40):
    """Write incidents of several places, some at the same minute, some without number, place or people."""
    lines = [HEADER]
    for n in range(first, first + count):
        street, community = PLACES[n % 5]
        number = "" if n % 11 == 0 else f"JQ{n}"
        received = f"2021-{1 + n * 7 % 12:02}-05 14:{n % 3:02}" if n % 13 else "2021年3月5日"
        lines.append(f"{number},{received},,刑事警情,盗窃,{street},{community},G{n % 4},{'' if n % 2 else n}")
    path.write_text("\n".join([*lines, lines[-1], "JQ9999,2021-02-30 10:00,,刑事警情,盗窃,,,,"]), encoding="utf-8")
    return path, source_from({"table": "incidents", "publisher": "分局", "received": "2022-01-05"})


@pytest.fixture
def reading(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "HEAD_LINES", 5)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 500)
    deliveries = [delivery(tmp_path / "b.csv", 100), delivery(tmp_path / "a.csv", 1)]
    return read_files(deliveries, "incidents", packaged_register())


def test_the_file_holds_the_reading_in_order(tmp_path, reading):
    register = packaged_register()
    reading.write(tmp_path / "incidents.parquet")
    streets = list(dict.fromkeys(register["street"]))
    places = list(zip(register["street"], register["community"], strict=True))
    rank = [
        (
            streets.index(row.street) if row.street in streets else len(streets),
            places.index((row.street, row.community)) if (row.street, row.community) in places else len(places),
            row.reported_at,
        )
        for row in reading.clean.itertuples()
    ]
    expected = reading.clean.iloc[sorted(range(len(rank)), key=rank.__getitem__)].reset_index(drop=True)
    assert len(expected) == len(reading.rows) == 80
    assert expected["source_file"].nunique() == 2
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "incidents.parquet"), expected)


def test_a_table_that_breaks_its_promise_is_not_written_to_its_end(tmp_path, reading):
    spool = reading.rows
    kind = next(code for code in spool.codes["follow"] if code)
    spool.codes["follow"] = {
        ("treason", *code[1:]) if code == kind else code: n for code, n in spool.codes["follow"].items()
    }
    with pytest.raises(pandera.errors.SchemaError, match="kind"):
        reading.write(tmp_path / "incidents.parquet")


def test_without_rows_there_is_a_table_all_the_same(tmp_path):
    reading = read_files([], "incidents", packaged_register())
    reading.write(tmp_path / "incidents.parquet")
    found = pd.read_parquet(tmp_path / "incidents.parquet")
    pd.testing.assert_frame_equal(found, tables.frame("incidents", {}))
    assert np.array_equal(found.columns, reading.clean.columns)
