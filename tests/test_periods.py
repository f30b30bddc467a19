import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.codebook.periods import Period, parse_period

MONTHS = st.tuples(st.integers(2012, 2030), st.integers(1, 12))


def days(text: str) -> str:
    period = parse_period(text)
    return f"{period.first_day}/{period.last_day}"


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("2021-01/2021-09", "2021-01-01/2021-09-30"),
        ("2021", "2021-01-01/2021-12-31"),
        ("2021H1", "2021-01-01/2021-06-30"),
        ("2021H2", "2021-07-01/2021-12-31"),
        ("2021Q1", "2021-01-01/2021-03-31"),
        ("2021Q1-Q3", "2021-01-01/2021-09-30"),
        ("2021Q2-4", "2021-04-01/2021-12-31"),
        ("2021-03", "2021-03-01/2021-03-31"),
        ("2020-02", "2020-02-01/2020-02-29"),
        ("2021-02-05/2021-02-20", "2021-02-05/2021-02-20"),
        (" 2021-03 ", "2021-03-01/2021-03-31"),
        ("2020-11/2021-02", "2020-11-01/2021-02-28"),
    ],
)
def test_what_a_period_means(text, both):
    assert days(text) == both


@pytest.mark.parametrize(
    "text", ["", "2021-13", "2021Q5", "2021H3", "21", "2021-02-30/2021-03-01", "last year", "2021年", "2021-1"]
)
def test_what_is_no_period_is_told(text):
    with pytest.raises(ValueError, match="period"):
        parse_period(text)


@pytest.mark.parametrize("text", ["2021-09/2021-01", "2021Q3-Q1", "2021-02-20/2021-02-05"])
def test_a_period_backwards_is_told(text):
    with pytest.raises(ValueError, match="period"):
        parse_period(text)


@pytest.mark.parametrize(
    ("text", "compare", "found"),
    [
        ("2021-01/2021-09", "previous_year", ["2020-01/2020-09"]),
        ("2021-01/2021-09", "2019", ["2019-01/2019-09"]),
        ("2021-01/2021-09", "three_year_mean", ["2018-01/2018-09", "2019-01/2019-09", "2020-01/2020-09"]),
        ("2021-03", "previous_period", ["2021-02"]),
        ("2021-01", "previous_period", ["2020-12"]),
        ("2021-01/2021-09", "previous_period", ["2020-04/2020-12"]),
        ("2021-02-05/2021-02-20", "previous_period", ["2021-01-20/2021-02-04"]),
        ("2020-02", "previous_year", ["2019-02"]),
        ("2021-02", "2020", ["2020-02"]),
        ("2020-02-29/2020-03-01", "previous_year", ["2019-02-28/2019-03-01"]),
        ("2020-12/2021-01", "previous_year", ["2019-12/2020-01"]),
    ],
)
def test_what_it_is_compared_with(text, compare, found):
    assert [str(period) for period in parse_period(text).compared_with(compare)] == found


@pytest.mark.parametrize("compare", ["", "last_year", "20", "previous"])
def test_an_unknown_comparison_is_told(compare):
    with pytest.raises(ValueError, match="compare"):
        parse_period("2021").compared_with(compare)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("2021-01/2021-09", "2021年1—9月", "January–September 2021"),
        ("2021", "2021年", "2021"),
        ("2021-03", "2021年3月", "March 2021"),
        ("2020-11/2021-02", "2020年11月—2021年2月", "November 2020–February 2021"),
        ("2021-02-05/2021-02-20", "2021年2月5日—2月20日", "5 February – 20 February 2021"),
        ("2021-02-05/2021-02-05", "2021年2月5日", "5 February 2021"),
    ],
)
def test_what_it_is_called(text, zh, en):
    assert (parse_period(text).label("zh"), parse_period(text).label("en")) == (zh, en)


def test_the_year_so_far():
    assert str(parse_period("2021-03").year_to_date()) == "2021-01/2021-03"


@given(first=MONTHS, last=MONTHS)
def test_laws(first, last):
    first, last = sorted([first, last])
    period = parse_period(f"{first[0]}-{first[1]:02d}/{last[0]}-{last[1]:02d}")
    assert parse_period(str(period)) == period
    assert period.whole_months
    before = period.previous_period()
    assert before.months == period.months
    assert before.last_day + dt.timedelta(days=1) == period.first_day
    assert period.previous_year().months == period.months
    assert period.previous_year().in_year(period.first_day.year) == period
    assert period.days == (period.last_day - period.first_day).days + 1


@given(st.dates(dt.date(2012, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 400))
def test_days_are_read_back(first, more):
    period = Period(first, first + dt.timedelta(days=more))
    assert parse_period(str(period)) == period
