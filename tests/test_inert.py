"""What we write for spreadsheets is inert: no delivered text runs as a formula, and numbers stay numbers."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import HEADER, PROJECTS, read

from src.reports.tables import RUNS, table_of


def cells(*values: str) -> list[str]:
    text = table_of(pd.DataFrame({"title": pd.Series(values, dtype="str")}), "").csv().decode("utf-8-sig")
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_before_it(start):
    assert cells(f"{start}cmd|' /C calc'!A0") == [f"'{start}cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", ["-5", "+12.5", "-1,200", "-26.15%", "议事厅=共治", "a@b", "", "000012"])
def test_plain_numbers_and_other_texts_are_as_they_are(text):
    assert cells(text) == [text]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
def test_no_text_begins_like_a_formula_unless_it_is_a_number(text):
    (written,) = cells(text) or [""]
    assert not written.startswith(RUNS) or _number(written)


def _number(text):
    try:
        float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return False
    return True


def test_a_formula_delivered_as_a_title_stays_a_text(tmp_path):
    row = [PROJECTS[0][0], '=HYPERLINK("http://x")', *PROJECTS[0][2:]]
    reading = read(tmp_path, [HEADER, row])
    assert cells(*reading.clean["title"]) == ['\'=HYPERLINK("http://x")']
