"""Tables that leave the house: words for codes, headers of the office, no formulas, SQL where it is installed."""

import sys
import types

import pandas as pd
import pytest

import src.analysis as la

TABLE = pd.DataFrame(
    {"street": ["布吉街道", None], "kind": ["theft", "own words"], "repeat": pd.array([True, pd.NA], "boolean"),
     "x": [3, 4], "note": ["=1+1", ""]}
)  # fmt: skip


def test_codes_become_words_and_the_rest_stays():
    told = la.in_words(TABLE)
    assert (
        told["kind"].tolist() == ["盗窃", "own words"]
        and told["repeat"].iloc[0] == "是"
        and pd.isna(told["repeat"].iloc[1])
    )
    assert list(told.columns) == list(TABLE.columns) and told["x"].tolist() == [3, 4]
    assert la.in_words(TABLE, "en")["kind"].tolist() == ["Theft", "own words"]
    assert TABLE["kind"].tolist() == ["theft", "own words"]


def test_a_folder_gets_a_file_for_each_table_and_no_formula(tmp_path):
    where = la.export(tmp_path / "out", sheets={"一": TABLE, "二": TABLE.set_index("kind")[["x"]]})
    text = (where / "一.csv").read_text("utf-8-sig")
    assert "盗窃" in text and "'=1+1" in text and "theft" not in text
    assert pd.read_csv(where / "二.csv").iloc[0].tolist() == ["盗窃", 3]


def test_a_workbook_holds_texts_and_numbers_but_no_formula(tmp_path):
    read = pd.read_excel(la.export(tmp_path / "a.xlsx", "en", {"One": TABLE}), engine="calamine")
    assert read.iloc[0].tolist()[-2:] == [3, "=1+1"] and read.columns[1] == "Kind"
    with pytest.raises(ValueError, match=r"a name that ends in \.xlsx"):
        la.export(tmp_path / "a.ods", sheets={"One": TABLE})


def test_the_clean_tables_have_the_headers_that_offices_deliver(on_sample, tmp_path, monkeypatch):
    monkeypatch.setattr("src.analysis.loading.rows", lambda *_: _of(*_))
    where = la.export(tmp_path / "all")
    assert sorted(file.name for file in where.iterdir())[0] == "公布数字.csv" and len(list(where.iterdir())) == 5
    projects = pd.read_csv(where / "治理项目.csv", dtype="str")
    assert projects.columns[:3].tolist() == ["项目编号", "名称", "街道"]
    assert not projects["治理领域"].str.isascii().any() and "预算（元）" in projects
    for file in where.iterdir():  # no name of a column is left in English, and none stands twice
        heads = file.read_text("utf-8-sig").splitlines()[0].split(",")
        assert len(set(heads)) == len(heads) and not any(head.isascii() for head in heads)


def _of(summary, table):
    return pd.read_parquet(summary.processed / f"{table}.parquet").head(20)


def test_without_duckdb_it_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ModuleNotFoundError, match="pip install duckdb"):
        la.connect()


def test_each_clean_table_is_a_view(on_sample, monkeypatch):
    views = {}

    class Connection:
        def read_parquet(self, path):
            return types.SimpleNamespace(create_view=lambda name: views.update({name: path}))

    monkeypatch.setitem(sys.modules, "duckdb", types.SimpleNamespace(connect=Connection))
    la.connect()
    assert views["incidents"].endswith("incidents.parquet") and len(views) == 6


def test_a_row_without_a_note_has_none_in_words_either():
    notes = pd.DataFrame({"note": ["", "unlike_earlier_years"]})
    assert la.in_words(notes)["note"].tolist()[0] == ""
