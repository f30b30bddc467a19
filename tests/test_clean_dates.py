"""The closed grammar of dates: each form that offices write, what it means, and what is refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.ingest.cleaning.dates import DateGrammar, read_hour
from src.ingest.cleaning.issue import CellError

PLAIN = DateGrammar()


def read(cell, **stated) -> tuple[str, str]:
    when, precision = DateGrammar(**stated).read(cell)
    assert when.tzinfo is None
    return f"{when:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00"), precision


def refused(cell, **stated) -> str:
    with pytest.raises(CellError) as why:
        DateGrammar(**stated).read(cell)
    return why.value.code


@pytest.mark.parametrize(
    "cell",
    ["2021-03-05", "2021/3/5", "2021.03.05", "2021年3月5日", "2021年03月05号", " 2021 - 3 - 5 ", "2021年 3月 5日",
     "20210305", "44260", 44260, 44260.0, "２０２１－０３－０５", "２０２１年３月５日", "2021-3-5\n",
     dt.date(2021, 3, 5), dt.datetime(2021, 3, 5)],
)  # fmt: skip
def test_days(cell):
    assert read(cell) == ("2021-03-05", "day")


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2021/3/5 14:20", "14:20:00"),
        ("2021-03-05T14:20:31", "14:20:31"),
        ("2021-03-05 14:20:31.250", "14:20:31"),
        ("2021年3月5日14时20分", "14:20:00"),
        ("2021年3月5日 14时20分31秒", "14:20:31"),
        ("2021年3月5日14：20", "14:20:00"),
        ("202103051420", "14:20:00"),
        ("20210305 14:20:31", "14:20:31"),
        ("20210305142031", "14:20:31"),
        (44260.597222222, "14:20:00"),
        ("44260.597222222", "14:20:00"),
        (dt.datetime(2021, 3, 5, 14, 20), "14:20:00"),
        ("2021-03-05T06:20:00Z", "14:20:00"),
        ("2021-03-05T14:20:00+08:00", "14:20:00"),
        ("2021-03-05T14:20:00+0800", "14:20:00"),
        ("2021-03-05 01:20:00-05:00", "14:20:00"),
    ],
)
def test_times_are_local(cell, time):
    assert read(cell) == (f"2021-03-05 {time}", "minute")


@pytest.mark.parametrize("cell", ["2021年3月5日14时", "2021-03-05 14时", "2021年3月5日 14点"])
def test_an_hour_without_minutes(cell):
    assert read(cell) == ("2021-03-05 14:00:00", "hour")


@pytest.mark.parametrize("cell", ["2021年3月", "2021-03", "2021/3", "2021.3"])
def test_a_month_without_a_day(cell):
    assert read(cell) == ("2021-03-01", "month")


def test_serials_count_from_1900_or_from_1904():
    assert read(44260) == ("2021-03-05", "day")
    assert read(44260 - 1462, epoch_1904=True) == ("2021-03-05", "day")


def test_two_digit_years_only_where_a_source_says_so():
    assert refused("21-3-5") == "not_a_date"
    assert read("21-3-5", century=2000) == ("2021-03-05", "day")
    assert read("21/3/5 14:20", century=2000) == ("2021-03-05 14:20:00", "minute")
    assert refused("99-3-5", century=1900) == "impossible_date"  # before any of these deliveries


@pytest.mark.parametrize(
    "cell", ["1100305", "110/3/5", "110年3月5日", "民国110年3月5日", "民國 110 年 3 月 5 日", "110.03.05"]
)
def test_years_of_the_republic_only_where_a_source_says_so(cell):
    assert refused(cell) in ("not_a_date", "impossible_date")
    assert read(cell, calendar="roc") == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["20210305", "2021-03-05", "110420"])
def test_a_source_of_the_republic_has_no_other_years(cell):
    assert refused(cell, calendar="roc") in ("not_a_date", "impossible_date")


def test_a_format_that_a_source_states_goes_first():
    assert refused("05.03.2021") == "not_a_date"
    assert read("05.03.2021", format="%d.%m.%Y") == ("2021-03-05", "day")
    assert read("3/5/2021 14:20", format=("%m/%d/%Y %H:%M",)) == ("2021-03-05 14:20:00", "minute")
    assert read("2021-03-05", format="%d.%m.%Y") == ("2021-03-05", "day")
    assert read("05.03.2021 06:20 +0000", format="%d.%m.%Y %H:%M %z") == ("2021-03-05 14:20:00", "minute")


@pytest.mark.parametrize(
    "cell",
    ["2021-02-29", "2021-02-30", "2021-13-01", "2021-00-10", "20210230", "2021-04-31", "2021-03-05 24:10",
     "2021-03-05 14:61", "1899-12-31", "2009-12-31", "2101-01-01", "2021年2月30日", "99999999", "20210",
     "2021-03-05 14:20+99:99", "2021-03-05 14:20+24:00", "0001-01-01 00:00+14:00", "9999-12-31 23:00-10:00"],
)  # fmt: skip
def test_days_there_are_not(cell):
    assert refused(cell) == "impossible_date"


@pytest.mark.parametrize(
    "cell",
    ["3月5日", "14:20", "上午", "约2021-03-05", "2021-03-05左右", "2021-W09-5", "2021-064", "03/05/2021", "5-3-2021",
     "12", "1e9", "999", "2021-03-05~2021-03-06", "2021-03-05x14:20", "星期五", True],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_refused(cell):
    assert refused(cell) == "not_a_date"


@pytest.mark.parametrize("cell", ["1-9月", "2021年1-9月", "1—3月份", "第一季度", "上半年", "全年", "1至3月累计"])
def test_several_months_are_no_month(cell):
    assert refused(cell) == "several_months"


@given(st.datetimes(dt.datetime(2010, 1, 1), dt.datetime(2100, 12, 31)))
def test_every_way_of_writing_a_minute_means_the_same(when):
    when = when.replace(second=0, microsecond=0)
    for style in ("%Y-%m-%d %H:%M", "%Y/%m/%dT%H:%M", "%Y年%m月%d日%H时%M分", "%Y%m%d%H%M"):
        assert PLAIN.read(when.strftime(style)) == (when, "minute")


@given(st.text(max_size=24))
def test_any_text_is_a_date_or_refused(text):
    try:
        when, precision = PLAIN.read(text)
    except CellError as why:
        assert why.code in ("not_a_date", "impossible_date", "several_months")
    else:
        assert 2010 <= when.year <= 2100
        assert precision in ("minute", "hour", "day", "month")


@given(st.one_of(st.integers(), st.floats()))
def test_any_number_is_a_date_or_refused(number):
    try:
        assert 2010 <= PLAIN.read(number)[0].year <= 2100
    except CellError as why:
        assert why.code in ("not_a_date", "impossible_date")


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("16~18", 16),
        ("08-10", 8),
        ("8:30", 8),
        ("22时", 22),
        ("24~02", 0),
        (" 18~21", 18),
        (dt.time(9, 30), 9),
        ("00-02", 0),
    ],
)
def test_the_hour_that_a_range_begins_with(cell, hour):
    assert read_hour(cell) == hour


@pytest.mark.parametrize("cell", ["上午", "25~26", "", "早上8点"])
def test_what_is_no_hour_is_refused(cell):
    with pytest.raises(CellError):
        read_hour(cell)
