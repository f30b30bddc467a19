"""A page of a past period: it tells nothing that came after, as if it had been made from what there was then."""

import datetime as dt
import re

import pandas as pd
import pytest
from notebook_case import watched

from src.analysis import loading
from src.codebook.periods import parse_period
from src.reports import open_report
from src.reports.context import delivered
from src.reports.context.delivered import Window

PERIOD = "2021-01/2021-09"
LATER = re.compile(r"2021年1[0-2]月|2021年第4季度|2021-1[0-2]|(?:Oct|Nov|Dec)[a-z]* 2021|2021 Q4")


@pytest.fixture
def notebook(on_sample, monkeypatch):
    yield watched(monkeypatch)
    forget()


def forget():
    for remembered in (delivered.window, delivered.missing):
        remembered.cache_clear()


def cut_tables(build, monkeypatch, day: str) -> None:
    """Put tables in force that end with a day."""
    cut = {}
    for table, clock in loading.CLOCKS.items():
        whole = loading.rows(build, table)
        kept = whole[~whole[clock].ge(pd.Timestamp(day) + pd.Timedelta(days=1))].reset_index(drop=True)
        cut[build.processed / f"{table}.parquet"] = (build.fingerprint, kept)
    figures = loading.rows(build, "published_figures")
    cut[build.processed / "published_figures.parquet"] = (
        build.fingerprint, figures[figures["measure"].isna() | figures["period"].eq(PERIOD)]
    )  # fmt: skip
    monkeypatch.setattr(loading, "_read", {**loading._read, **cut})
    forget()


NOTEBOOKS = [
    pytest.param("03_incident_trends", {"area": "布吉街道", "lang": "zh"}),
    pytest.param("03_incident_trends", {"area": "district", "lang": "en"}, marks=pytest.mark.slow),
    pytest.param("01_data_quality", {"area": "district", "lang": "zh"}, marks=pytest.mark.slow),
    pytest.param("02_participation", {"area": "district", "lang": "en"}, marks=pytest.mark.slow),
    pytest.param("04_programme_effect", {"area": "district", "lang": "zh"}, marks=pytest.mark.slow),
    pytest.param("05_where_next", {"area": "布吉街道", "lang": "zh"}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "parameters"), NOTEBOOKS)
def test_it_is_the_page_of_tables_that_end_with_it(notebook, on_sample, monkeypatch, name, parameters):
    page = notebook(name, **parameters, period=PERIOD)
    told, opening = list(page.texts), page.opening
    drawn = [(sentence, table) for _, sentence, table in page]
    cut_tables(on_sample, monkeypatch, "2021-09-30")
    then = notebook(name, **parameters, period=PERIOD)
    # Tables that end with the period are known as of its end, or as of the deliveries, which are the same here.
    assert told == [text.replace("as of 5 January 2022", "as of 30 September 2021") for text in then.texts]
    for (said, table), (_, said_then, table_then) in zip(drawn, then, strict=True):
        assert said == said_then
        if table is not None:
            pd.testing.assert_frame_equal(table, table_then)
    if not name.startswith(("01", "05")):  # the deliveries of 01 have their files, the projects of 05 their due dates
        later = [LATER.search(text) for text in [opening, *told]]
        assert not [found[0] for found in later if found]


def test_what_it_is_compared_with_may_lie_after_it(on_sample):
    run = open_report(period="2019", compare="2020")
    assert run.until == dt.date(2020, 12, 31)
    assert run.incidents["reported_at"].max() > pd.Timestamp("2020-12-31")
    assert not run.no_base


def test_the_latest_period_shows_what_is_not_complete_yet(on_sample):
    assert open_report().until is None
    assert open_report(period="2021").until is None


@pytest.mark.parametrize(
    ("day", "month"), [("2021-09-30", "2021-09"), ("2021-09-29", "2021-08"), ("2018-01-20", "2018-01")]
)
def test_a_month_counts_once_it_is_over(day, month):
    days = [dt.date(2018, 1, 1), dt.date(2021, 12, 31)]
    window = Window(*days, pd.Period("2021-12", "M"), dt.date(2022, 1, 5)).until(dt.date.fromisoformat(day))
    assert (str(window.last_month), str(window.last_day), window.as_of) == (month, day, dt.date(2022, 1, 5))


def test_quarters_told_in_public_end_with_it_and_are_the_same_ones(on_sample):
    period = {"area": "布吉街道/南三社区", "audience": "public", "levels": (), "public": ("community",)}
    latest, past = (open_report(**period, period=at).quarters for at in ("", PERIOD))
    assert past["quarter"].max() == pd.Timestamp(parse_period("2021-07").first_day)
    kept = latest[latest["quarter"].le("2021-07-01")].reset_index(drop=True)
    pd.testing.assert_frame_equal(past.reset_index(drop=True), kept)
