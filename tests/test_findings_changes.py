"""How a change is told: where its windows differ in days, the mean per day stands beside it."""

import pytest

from src.analysis.stats.counts import HEADLINE, roll_up_mask
from src.codebook.vocabulary import label
from src.reports import open_report
from src.reports.findings import trends
from tests.headline_case import opening_of, questions_of


@pytest.mark.parametrize(
    ("period", "lang", "per_day"),
    [
        ("2021-03", "zh", "（日均{now:.1f}宗，上期日均{before:.1f}宗）"),
        ("2021-03", "en", " ({now:.1f} a day, period before {before:.1f})"),
        ("2021-08", "zh", ""),  # 31 days after 31
    ],
)
def test_a_month_beside_a_shorter_one_is_told_per_day(on_sample, period, lang, per_day):
    run = open_report(period=period, compare="previous_period", lang=lang)
    change = run.change_of("criminal_and_public_security")
    told = per_day.format(now=change["current"] / 31, before=change["reference"] / 28)
    texts = [opening_of(run).sentence, next(found.text for found in trends.found(run) if found)]
    for text in texts:
        assert (told in text) if told else ("日均" not in text), text


def test_few_cases_and_years_are_told_without(on_sample):
    assert "日均" not in opening_of(open_report()).sentence
    few = open_report("布吉街道/龙岭社区", period="2021-02", compare="previous_period")
    assert "日均" not in opening_of(few).sentence


def test_what_is_not_told_by_itself_explains_nothing(on_sample):
    run = open_report("坪地街道", audience="public", public=("street",))
    assert {"rest", "telecom_fraud"} == set(run.incidents.loc[run.incidents["group"].eq("criminal"), "kind"])
    assert trends._pull(run, run.incidents[roll_up_mask(run.incidents, HEADLINE)]) is None
    fell = questions_of(run)["answer"].iloc[0]
    assert fell == "单列的种类中没有；其余种类数量少，公开版不单列。"
    vars(run)["incidents"] = run.incidents[run.incidents["kind"].eq("rest")]
    assert trends.too_few_to_split(run) == "各种类数量少，公开版不单列，不计算各项影响。"
    assert label("kind", "rest", "en") == "Kinds not told by themselves"
