"""What a notebook computes in a cell is what its page says: a change goes from the cell to the sentences, once."""

import pytest

from src import analysis as la
from src.reports import open_report
from src.reports.findings import trends

CODES = ("criminal_and_public_security", "petition")


def changes_of(report):
    """Return how the two headlines moved, as a cell of 03 computes it."""
    found = []
    for code in CODES:
        rows = report.comparable(la.in_category(report.incidents, code))
        windows = (report.period, report.baseline, report.level)
        found.append(la.period_change(rows, *windows, missing=report.gaps, among=report.among(code)))
    return found


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": "2021-01/2021-09"},
        {"period": "2018"},  # nothing before it to compare with
        {"period": "2021", "compare": "three_year_mean"},
        {"period": "2021-02-05/2021-02-20", "compare": "previous_period"},  # touches two months, the one before three
        {"area": "布吉街道", "period": "2021-03", "compare": "previous_period"},
    ],
    ids=str,
)
def test_a_page_opens_with_what_its_cells_computed(on_sample, parameters):
    report = open_report(**parameters)
    worked_out = trends.opening(open_report(**parameters))
    assert trends.opening(report, *changes_of(report)) == worked_out


def test_what_was_computed_is_not_computed_again(on_sample, monkeypatch):
    report = open_report(period="2021-01/2021-09")
    changes = changes_of(report)
    told = trends.opening(report, changes[0].assign(current=123_456), changes[1])
    assert "123,456宗" in told.sentence
    monkeypatch.setattr(type(report), "compared", lambda *_, **__: pytest.fail("computed again"))
    assert report.change_of(CODES[0])["current"] == 123_456


def test_rows_made_comparable_may_be_held_against_nothing(on_sample):
    report = open_report(period="2018")
    with pytest.raises(ValueError, match="2017"):
        la.period_change(report.incidents, report.period, report.baseline)
    assert (
        la.period_change(report.comparable(report.incidents), report.period, report.baseline)["estimate"].isna().all()
    )
