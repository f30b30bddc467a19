"""The closed grammar of dates: each form that offices write, what it means, and what is refused."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.ingest.batch import CellError
from src.ingest.cleaning.dates import DateGrammar, zone_of
from src.ingest.cleaning.numbers import number_of
from src.ingest.cleaning.values import read_hour

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
        ("2021-03-05T14:20:00Z", "14:20:00"),
        ("2021-03-05T14:20:00+08:00", "14:20:00"),
        ("2021-03-05T14:20:00+0300", "14:20:00"),
        ("2021-03-05 14:20:00-05:00", "14:20:00"),
        ("2021-03-05 14:20:00.000+08", "14:20:00"),
        ("2021-03-05 14:20 GMT+8", "14:20:00"),
    ],
)
def test_times_are_local(cell, time):
    assert read(cell) == (f"2021-03-05 {time}", "minute")


@pytest.mark.parametrize("cell", ["2021年3月5日14时", "2021-03-05 14时", "2021年3月5日 14点"])
def test_an_hour_without_minutes(cell):
    assert read(cell) == ("2021-03-05 14:00:00", "hour")


@pytest.mark.parametrize(
    ("cell", "time", "precision"),
    [
        ("2021/3/5 3:05:10 下午", "15:05:10", "minute"),
        ("2021年3月5日3:05下午", "15:05:00", "minute"),
        ("2021年3月5日3时5分下午", "15:05:00", "minute"),
        ("2021年3月5日3时下午", "15:00:00", "hour"),
        ("2021-03-05 15:05 下午", "15:05:00", "minute"),
        ("2021年3月5日15时许", "15:00:00", "hour"),
        ("2021年3月5日15时30分许", "15:30:00", "minute"),
    ],
)
def test_a_part_of_the_day_may_stand_behind_its_hour(cell, time, precision):
    assert read(cell) == (f"2021-03-05 {time}", precision)


@pytest.mark.parametrize("cell", ["2021-03-05 下午", "2021年3月5日晚上"])
def test_a_part_of_the_day_alone_is_no_hour(cell):
    assert read(cell) == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["3点下午", "15时许", "下午3点"])
def test_an_hour_of_its_own_heeds_the_part_of_the_day(cell):
    assert read_hour(cell) == 15


@pytest.mark.parametrize("cell", ["5 de marzo de 2021", "Mar-05-2021", "5 di marzo 2021", "Mar 5-2021"])
def test_a_day_in_the_words_of_other_languages(cell):
    assert read(cell) == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["2021年3月", "2021-03", "2021/3", "2021.3", "03/2021", "3-2021", "marzo de 2021"])
def test_a_month_without_a_day(cell):
    assert read(cell) == ("2021-03-01", "month")


def test_serials_count_from_1900_or_from_1904():
    assert read(44260) == ("2021-03-05", "day")
    assert read(44260 - 1462, epoch_1904=True) == ("2021-03-05", "day")


def test_two_digit_years_only_where_a_source_says_so():
    assert refused("21-3-5") == "not_a_date"
    assert read("21-3-5", century=2000) == ("2021-03-05", "day")
    assert read("21/3/5 14:20", century=2000) == ("2021-03-05 14:20:00", "minute")
    assert refused("99-3-5", century=1900) == "before_earliest"  # before any of these deliveries


@pytest.mark.parametrize("cell", ["1100305", "110/3/5", "110年3月5日", "110.03.05"])
def test_years_of_the_republic_only_where_a_source_says_so(cell):
    assert refused(cell) in ("not_a_date", "impossible_date")
    assert read(cell, calendar="roc") == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["民国110年3月5日", "民國 110 年 3 月 5 日", "民國一一〇年三月五日", "民国110.03.05"])
@pytest.mark.parametrize("stated", [{}, {"calendar": "roc"}])
def test_a_year_that_says_so_itself_is_one_of_the_republic(cell, stated):
    assert read(cell, **stated) == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["20210305", "2021-03-05", "110420"])
def test_a_source_of_the_republic_has_no_other_years(cell):
    assert refused(cell, calendar="roc") in ("not_a_date", "impossible_date", "before_earliest")


def test_a_format_that_a_source_states_goes_first():
    assert refused("05.03.2021") == "not_a_date"
    assert read("05.03.2021", format="%d.%m.%Y") == ("2021-03-05", "day")
    assert read("3/5/2021 14:20", format=("%m/%d/%Y %H:%M",)) == ("2021-03-05 14:20:00", "minute")
    assert read("2021-03-05", format="%d.%m.%Y") == ("2021-03-05", "day")
    assert read("05.03.2021 14:20 +0000", format="%d.%m.%Y %H:%M %z") == ("2021-03-05 14:20:00", "minute")


@pytest.mark.parametrize(
    ("cell", "zone", "local"),
    [
        ("2021-03-31T22:30:00-05:00", "Europe/Madrid", "2021-04-01 05:30:00"),
        ("2021-07-01 12:00Z", "Europe/Madrid", "2021-07-01 14:00:00"),  # summer time
        ("2021-12-01 12:00Z", "Europe/Madrid", "2021-12-01 13:00:00"),
        ("2021-07-01 12:00Z", "-03:30", "2021-07-01 08:30:00"),
        ("2021-07-01 12:00", "Europe/Madrid", "2021-07-01 12:00:00"),  # no offset: it stays
    ],
)
def test_a_zone_that_is_stated_is_where_times_with_an_offset_are_told(cell, zone, local):
    assert read(cell, zone=zone) == (local, "minute")


@pytest.mark.parametrize(
    ("cell", "zone", "local"),
    [
        ("2021-07-01 12:00 PDT", "", "2021-07-01 12:00:00"),
        ("2021-07-01 12:00 PDT", "America/Los_Angeles", "2021-07-01 12:00:00"),
        ("2021-07-01 12:00 Europe/Madrid", "Europe/Lisbon", "2021-07-01 11:00:00"),
        ("北京时间2021年7月1日12时", "Europe/Madrid", "2021-07-01 06:00:00"),
        ("2021-07-01T12:00:00Z[UTC]", "Europe/Madrid", "2021-07-01 14:00:00"),
        ("Thu Jul 01 2021 12:00:00 GMT+0800 (中国标准时间)", "Asia/Tokyo", "2021-07-01 13:00:00"),
        ("2021-07-01 12:00 [Asia/Tokyo]", "", "2021-07-01 12:00:00"),
    ],
)
def test_a_zone_may_be_written_by_its_name(cell, zone, local):
    assert read(cell, zone=zone)[0] == local


def test_a_zone_that_may_be_several_has_to_fit_the_one_that_is_stated():
    assert refused("2021-07-01 12:00 CST", zone="America/Lima") == "zone_unclear"
    assert refused("2021-01-01 12:00 PDT", zone="America/Los_Angeles") == "zone_unclear"  # no summer time
    assert refused("2021-01-01 12:00 ABC") == "impossible_date"


@pytest.mark.parametrize("cell", ["2021—03—05", "2021–3–5", "'2021-03-05"])
def test_other_dashes_and_what_keeps_excel_from_a_date_are_no_part_of_it(cell):
    assert read(cell) == ("2021-03-05", "day")


@pytest.mark.parametrize("cell", ["2021.3-5", "2021/3 - 5", "2021年3-5"])
def test_months_from_one_to_another_are_no_day(cell):
    assert refused(cell) == "not_a_date"


def test_a_number_that_may_have_been_october_is_not_january():
    assert refused(2021.1) == "month_unclear"
    assert read(2021.11) == read("2021.11") == ("2021-11-01", "month")
    assert read("2021.1") == ("2021-01-01", "month")


def test_a_day_with_an_offset_is_that_day_in_every_zone():
    assert read("2021-03-05+14:00", zone="America/Lima") == ("2021-03-05", "day")


@pytest.mark.parametrize("name", ["Madrid", "+25:00", "../Europe", "Europe"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match=re.escape(name)):
        zone_of(name)


@pytest.mark.parametrize(
    ("style", "cell", "found"),
    [
        ("%b-%Y", "Sep-2020", ("2020-09-01", "month")),
        ("%m.%Y", "09.2020", ("2020-09-01", "month")),
        ("%d.%m.%Y", "07.09.2020.", ("2020-09-07", "day")),
        ("%Y %j", "2020 061", ("2020-03-01", "day")),
        ("%d %b %Y %I %p", "1 Mar 2020 3 PM", ("2020-03-01 15:00:00", "hour")),
        ("%m/%d/%Y %I:%M %p", "3/1/2020 3:05 PM", ("2020-03-01 15:05:00", "minute")),
    ],
)
def test_a_format_is_as_exact_as_it_states(style, cell, found):
    assert read(cell, format=style) == found


def test_a_format_without_a_month_is_never_the_first_of_january():
    assert refused("2020", format="%Y") == "month_missing"
    assert refused("2020-W31", format="%Y-W%W") == "month_missing"
    assert refused("2020 17", format="%Y %d") == "month_missing"


@pytest.mark.parametrize(
    "cell",
    ["2021-02-29", "2021-02-30", "2021-13-01", "2021-00-10", "20210230", "2021-04-31", "2021-03-05 24:10",
     "2021-03-05 14:61", "1899-12-31", "2009-12-31", "2101-01-01", "2021年2月30日", "99999999", "20210",
     "2021-03-05 14:20+99:99", "2021-03-05 14:20+24:00", "0001-01-01 00:00+14:00", "9999-12-31 23:00-10:00"],
)  # fmt: skip
def test_days_there_are_not(cell):
    assert refused(cell) == ("before_earliest" if cell in ("2009-12-31", "20210") else "impossible_date")


@pytest.mark.parametrize(
    "cell",
    ["3月5日", "14:20", "上午", "约2021-03-05", "2021-03-05左右", "2021-W09-5", "2021-064", "03/05/2021", "5-3-2021",
     "12", "1e9", "999", "2021-03-05~2021-03-06", "2021-03-05x14:20", "星期五", True],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_refused(cell):
    assert refused(cell) == "not_a_date"


@pytest.mark.parametrize(
    "cell",
    ["2020年9月7日（星期一）", "2020-09-07 周一", "2020/9/7 Mon", "Monday, September 7, 2020",
     "7 Sep 2020", "07-Sep-2020",
     "Sept. 7th, 2020", "2020-Sep-07", "20年9月7日", "二〇二〇年九月七日",
     "二零二零年九月七日（礼拜一）", "2020年9月7日。",
     "2020.9.7.", "2020/9/7(一)",
     "2020年9月7日上午"],
)  # fmt: skip
def test_days_as_people_write_them(cell):
    assert read(cell) == ("2020-09-07", "day")


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2020年9月7日下午3时5分", "2020-09-07 15:05:00"),
        ("2020/9/7 下午 3:05:00", "2020-09-07 15:05:00"),
        ("2020/9/7 下午15:05", "2020-09-07 15:05:00"),
        ("2020-09-07 3:05 PM", "2020-09-07 15:05:00"),
        ("Sep 7, 2020, 3:05 p.m.", "2020-09-07 15:05:00"),
        ("2020-09-07 12:05 AM", "2020-09-07 00:05:00"),
        ("2020-09-07 12:05pm", "2020-09-07 12:05:00"),
        ("二〇二〇年九月七日晚上九点半", "2020-09-07 21:30:00"),
        ("2020年9月7日凌晨零时十分", "2020-09-07 00:10:00"),
        ("2020年9月7日（周一）14:20", "2020-09-07 14:20:00"),
        ("2020年9月7日晚8:30", "2020-09-07 20:30:00"),
        ("20200907T142031Z", "2020-09-07 14:20:31"),
        ("2020-09-07 14:20:31,250", "2020-09-07 14:20:31"),
        ("2020-09-30 24:00", "2020-10-01 00:00:00"),
        ("2020-12-31 24:00:00（星期四）", "2021-01-01 00:00:00"),
    ],
)
def test_times_as_people_write_them(cell, time):
    found, precision = read(cell)
    assert (f"{found} 00:00:00"[:19], precision) == (time, "minute")


@pytest.mark.parametrize("cell", ["20年9月", "二〇二〇年九月", "Sep 2020", "September, 2020", "2020年9月份"])
def test_months_as_people_write_them(cell):
    assert read(cell) == ("2020-09-01", "month")


def test_names_of_a_month_with_two_digits_of_a_year_only_where_a_source_says_so():
    assert refused("07-Sep-20") == "not_a_date"
    assert read("07-Sep-20", century=2000) == ("2020-09-07", "day")
    assert refused("Sep-20", century=2000) == "not_a_date"  # a day, or a year?


@pytest.mark.parametrize(
    "cell", ["2020-09-07 周二", "2020年9月7日（星期天）", "Fri, 7 Sep 2020", "2020-09-07 周一 周二"]
)
def test_a_weekday_that_the_date_does_not_have_is_told(cell):
    assert refused(cell) == "weekday_differs"


@pytest.mark.parametrize(
    "cell", ["2020年9月7日上午12点10分", "2020-09-07 上午14:20", "2020年9月7日晚上1点", "2020-09-07 13:00 AM"]
)
def test_an_hour_that_may_be_two_or_none_is_not_chosen(cell):
    assert refused(cell) == "hour_unclear"


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("十", 10), ("廿五", 25), ("二〇二〇", 2020), ("一百零二", 102), ("三万五千", 35000), ("叁万伍仟", 35000),
     ("两千零二十", 2020), ("十万", 100_000), ("一亿零三万", 100_030_000), ("一万零五百", 10500), ("〇", 0),
     ("三万五", None), ("一百二", None), ("一万五百", None), ("百", None), ("十十", None)],
)  # fmt: skip
def test_chinese_numerals(numeral, number):
    assert number_of(numeral) == number


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
        known = (
            "not_a_date",
            "impossible_date",
            "before_earliest",
            "several_months",
            "weekday_differs",
            "hour_unclear",
        )
        assert why.code in {*known, "hour_unclear"}
    else:
        assert 2010 <= when.year <= 2100
        assert precision in ("minute", "hour", "day", "month")


@given(st.one_of(st.integers(), st.floats()))
def test_any_number_is_a_date_or_refused(number):
    try:
        assert 2010 <= PLAIN.read(number)[0].year <= 2100
    except CellError as why:
        assert why.code in ("not_a_date", "impossible_date", "before_earliest")


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("16~18", 16),
        ("08-10", 8),
        ("8:30", 8),
        ("22时", 22),
        (16.0, 16),
        ("24~02", 0),
        (" 18~21", 18),
        (dt.time(9, 30), 9),
        ("00-02", 0),
        ("早上8点", 8),
        ("下午3时", 15),
    ],
)
def test_the_hour_that_a_range_begins_with(cell, hour):
    assert read_hour(cell) == hour


@pytest.mark.parametrize("cell", ["上午", "25~26", "", "早上18点"])
def test_what_is_no_hour_is_refused(cell):
    with pytest.raises(CellError):
        read_hour(cell)
