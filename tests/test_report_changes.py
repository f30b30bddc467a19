"""What a notebook computes in a cell is what its page says: a change goes from the cell to the sentences, once."""

import pytest

from src import analysis as la
from src.reports import open_report
from src.reports.findings import trends
from tests.headline_case import HEADLINE, computed


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
    change, indicators = computed(report)
    head, whole = indicators.iloc[0], open_report(**parameters).change_of(HEADLINE)
    for column in ("current", "reference", "verdict"):
        assert head[column] == change[column].iloc[0] or head["flag"] == "no_base"
        assert head[column] == whole[column] or head["flag"] == "no_base"
    trends.opening(report, change, indicators)
    assert report.change_of(HEADLINE)["current"] == head["current"]


def test_what_was_computed_is_not_computed_again(on_sample, monkeypatch):
    report = open_report(period="2021-01/2021-09")
    change, indicators = computed(report)
    indicators.loc[0, "estimate"] = -0.1234
    found = trends.opening(report, change.assign(current=123_456), indicators)
    assert "下降12.3%" in found.sentence
    monkeypatch.setattr(type(report), "compared", lambda *_, **__: pytest.fail("computed again"))
    assert report.change_of(HEADLINE)["current"] == 123_456


@pytest.mark.parametrize(("lang", "told"), [("zh", "刑事治安警情（公布部分）"), ("en", "(in part)")])
def test_a_public_page_of_a_street_does_not_call_what_it_may_tell_the_whole(on_sample, lang, told):
    public = open_report("布吉街道", lang=lang, audience="public", public=("street",))
    found = trends.opening(public, *computed(public))
    assert told in found.sentence and told in found.figures[0][0]
    assert told not in open_report("布吉街道", lang=lang).label("roll_up", HEADLINE)


def test_rows_made_comparable_may_be_held_against_nothing(on_sample):
    report = open_report(period="2018")
    with pytest.raises(ValueError, match="2017"):
        la.period_change(report.incidents, report.period, report.baseline)
    assert (
        la.period_change(report.comparable(report.incidents), report.period, report.baseline)["estimate"].isna().all()
    )
