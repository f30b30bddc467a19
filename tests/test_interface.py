"""The public functions as scripts call them: wrong arguments are told in a sentence; outside the data nothing is 0."""

import pickle

import pandas as pd
import pytest

import src.analysis as package
from src.codebook.periods import HOLDS, parse_period
from src.reports import describe


def incidents(*days, **columns):
    rows = pd.DataFrame(
        {"reported_at": pd.to_datetime(list(days)), "incident_count": 1, "group": "criminal", **columns}
    )
    return rows.assign(kind="theft", street="布吉街道", community="龙岭社区")


@pytest.fixture
def two_years():
    loaded = incidents("2020-03-01", "2020-04-01", "2021-03-01", "2021-12-31")
    loaded.attrs[HOLDS] = "2020-03-01/2021-12-31"
    return loaded


REGISTER = pd.DataFrame(
    {"street": ["布吉街道"] * 3, "community": ["龙岭社区", "木棉湾社区", "罗岗社区"], "population": [1, 2, 4]}
).assign(population_kind="resident", population_year=2021, area_km2=1.0, floating_share=0.1, urban_village_share=0.2)

DRAWN = {"flag": "", "estimate": -0.5, "reference": 40, "current": 20}  # of too few a chart says that they are too few
WRONG = {
    "no table": (lambda i: package.monthly_counts("incidents.csv"), TypeError, "incidents: str is no table"),
    "no series": (lambda i: package.xmr([1, 2]), TypeError, "series: list is no pandas Series"),
    "another table": (lambda i: package.participation_rate(i), ValueError, "projects: lacks residents_took_part"),
    "a column left out": (
        lambda i: package.monthly_counts(i[["reported_at"]]), ValueError, "incidents: lacks incident_count",
    ),
    "a chart of another table": (
        lambda i: package.plot_monthly_counts(i), ValueError, "table: lacks month, which plot_monthly_counts asks for",
    ),
    "a column that is not there": (
        lambda i: package.funnel(REGISTER, "x", "population"), ValueError, "table: lacks x, which funnel asks for",
    ),
    "a group misspelt": (lambda i: package.monthly_counts(i, by="stret"), ValueError, "did you mean street"),
    "a group that is none": (
        lambda i: package.monthly_counts(i, ["group", "weather"]), ValueError, "'weather' is not known; right",
    ),
    "people by kind": (lambda i: package.incident_rate(i, REGISTER, "kind"), ValueError, "not counted by 'kind'"),
    "parts that overlap": (
        lambda i: package.contributions(i, "2021-12", "2021-03", "roll_up"), ValueError, "by: 'roll_up' is not known",
    ),
    "a chart of a whole": (
        lambda i: package.plot_area_changes(package.period_change(i, "2021-12", "2021-03", phi=1).assign(**DRAWN)),
        ValueError, "table: has no groups",
    ),
    "a chart of two groups": (
        lambda i: package.plot_contributions(package.contributions(i, "2021-12", "2021-03", ["street", "kind"])),
        ValueError, "grouped by street, kind at once",
    ),
    "no language": (lambda i: package.plot_monthly_counts(i, lang="fr"), ValueError, "lang: 'fr' is not known"),
    "no period": (lambda i: package.period_change(i, "21", "2020"), ValueError, "current: '21' is not a period"),
    "windows of unlike length": (
        lambda i: package.period_change(i, "2021-01/2021-09", "2020-04"), ValueError, "is not as long as",
    ),
    "a register of more": (
        lambda i: package.incident_rate(package.load_incidents("布吉街道", 2021), package.load_communities(), "street"),
        ValueError, "incidents are of 布吉街道 alone, the register of more",
    ),
    "no counts by month": (lambda i: package.xmr(i), ValueError, "series: this table has no columns month"),
    "a street for a community": (
        lambda i: package.similar_communities(REGISTER, "布吉街道"), ValueError, "target: '布吉街道' is no community",
    ),
    "no whole number": (lambda i: package.similar_communities(REGISTER, "龙岭", k="3"), ValueError, "k: 3 is not"),
    "months of several kinds": (
        lambda i: package.plot_monthly_counts(package.monthly_counts(i.assign(kind=["a", "b"] * 2), by="kind")),
        ValueError, "table: several rows a month",
    ),
    "a gap by month": (lambda i: package.coverage_gap(i, i, by="month"), ValueError, "right would be one of street"),
    "no dispersion": (
        lambda i: package.incident_rate(i, REGISTER, "street", phi="much"), ValueError, "phi: much is no dispersion",
    ),
    "no area": (lambda i: package.load_incidents(area=5), ValueError, "area: no 5; did"),
    "no kind of rows": (lambda i: package.load_set_aside("rejected"), ValueError, "which: 'rejected' is not known"),
    "no community": (lambda i: package.similar_communities(REGISTER, "龙领社区"), ValueError, "mean: 布吉街道/龙岭"),
    "no list of counts": (lambda i: package.concentration(REGISTER), ValueError, "counts: that is no list of numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_told_in_a_sentence(case, two_years, on_sample):
    call, error, told = WRONG[case]
    with pytest.raises(error, match=told):
        call(two_years)


def test_an_error_within_a_function_stays_what_it_is(two_years):
    with pytest.raises(TypeError, match=r"period_change\(\) missing 1 required positional"):
        package.period_change(two_years, "2021")


@pytest.mark.parametrize("call", [
    lambda i: package.period_change(i, "2022", "2021"),
    lambda i: package.period_change(i, "2020", "2019"),
    lambda i: package.bulletin(i, "2022-01"),
    lambda i: package.monthly_counts(i, months="2021-12/2022-01"),
    lambda i: package.hotspot_persistence(i[i["kind"].eq("theft")], "2019", "2020"),
])  # fmt: skip
def test_what_lies_outside_the_data_is_no_zero(call, two_years):
    with pytest.raises(ValueError, match="cover March 2020–December 2021"):
        call(two_years)


def test_a_window_within_the_data_may_be_empty_and_one_of_a_table_of_ones_own_is_taken_as_it_is(two_years):
    held = package.period_change(two_years, "2021-05", "2021-04", phi=1).iloc[0]
    assert (held["current"], held["reference"]) == (0, 0)
    own = incidents("2021-03-01")
    assert package.period_change(own, "2022", "2021", phi=1)["current"].tolist() == [0]


def test_windows_of_as_many_days_may_touch_another_number_of_months():
    own = incidents("2021-01-25", "2021-02-10")
    found = package.period_change(own, "2021-02-05/2021-02-20", "2021-01-20/2021-02-04", phi=1).iloc[0]
    assert (found["current"], found["reference"]) == (1, 1)
    with pytest.raises(ValueError, match="not as long as"):
        package.period_change(own, "2021-02", "2020-11/2021-01", phi=1)


@pytest.mark.parametrize("window", [2021, "2021", parse_period("2021"), [2021], ["2021"], (parse_period("2021"),)])
def test_a_period_may_be_given_as_text_as_the_number_of_a_year_or_several_of_them(window):
    own = incidents("2020-03-01", "2021-03-01", "2021-04-01")
    found = package.period_change(own, 2020, window, phi=1).iloc[0]
    assert (found["current"], found["reference"]) == (1, 2)


def test_loaded_incidents_say_what_they_hold_and_keep_it_when_rows_are_chosen(on_sample):
    loaded = package.load_incidents("布吉街道", "2021")
    assert loaded.attrs[HOLDS] == "2021-01-01/2021-12-31"
    with pytest.raises(ValueError, match="reference: 2020 goes beyond the data, which cover 2021"):
        package.period_change(loaded[loaded["group"].eq("petition")], "2021", "2020")
    assert HOLDS not in package.load_incidents(period="2030").attrs


def test_a_reading_of_one_file_says_what_it_holds(tmp_path):
    (tmp_path / "a.csv").write_text(
        "接报时间,警情种类\n2021-03-01 08:00,盗窃\n2021-04-02 09:00,盗窃\n", encoding="utf-8"
    )
    entry = {"constants": {"group": "criminal"}}
    assert (
        package.read_table(tmp_path / "a.csv", "incidents", sources=entry).clean.attrs[HOLDS] == "2021-03-01/2021-04-02"
    )


@pytest.mark.parametrize("table", ["incidents", "projects"])
def test_a_file_that_is_not_there_is_told(table, tmp_path):
    with pytest.raises(package.UnreadableFile, match=r"nope\.xlsx: .*no such file"):
        package.read_table(tmp_path / "nope.xlsx", table)
    with pytest.raises(package.UnreadableFile, match="folder"):
        package.read_table(tmp_path, table)


def test_a_register_of_the_same_area_is_taken(on_sample):
    buji, register = package.load_incidents("布吉街道", 2021), package.load_communities()
    own = package.incident_rate(buji, package.load_communities("Buji"), "street")
    chosen = package.incident_rate(buji, register[register["street"].eq("布吉街道")], "street")
    pd.testing.assert_frame_equal(own, chosen)
    assert len(package.incident_rate(package.load_incidents(period=2021), register, "street")) == 11


def test_a_community_is_meant_by_any_of_its_names():
    found = package.similar_communities(REGISTER, "龙岭", k=1)
    assert (
        found["community"].tolist()
        == package.similar_communities(REGISTER, "布吉街道/龙岭社区", k=1)["community"].tolist()
    )


def test_counts_by_month_go_on_as_the_table_that_they_are():
    months = pd.date_range("2020-01-01", periods=24, freq="MS")
    table = pd.DataFrame({"month": months, "estimate": range(24)})
    series = table.set_index("month")["estimate"]
    pd.testing.assert_frame_equal(package.moving_annual_total(table), package.moving_annual_total(series))
    pd.testing.assert_frame_equal(package.xmr(table), package.xmr(series))
    with pytest.raises(ValueError, match="several rows a month"):
        package.moving_annual_total(pd.concat([table, table]))


def test_a_public_function_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(package.period_change)) is package.period_change


@pytest.mark.parametrize("by", ["street", "community", "kind", "group", "quarter"])
def test_a_chart_of_contributions_takes_whatever_they_are_grouped_by(two_years, by):
    quarters = two_years.assign(quarter=two_years["reported_at"].dt.to_period("Q").dt.to_timestamp())
    parts = package.contributions(quarters, "2021-03", "2021-12", by)
    assert package.plot_contributions(parts, lang="en").get_figure()
    assert describe.contributions(parts, "en").sentence


def test_communities_of_one_name_in_two_streets_stand_apart_in_a_chart(on_sample):
    register = package.load_communities()
    gap = package.coverage_gap(package.load_incidents(), package.load_projects(), register)
    chosen = gap[gap["community"].isin(["凤凰社区", "龙岭社区"])]
    labels = [text.get_text() for text in package.plot_coverage_gap(chosen).get_yticklabels()]
    assert sorted(labels) == ["布吉街道凤凰社区", "平湖街道凤凰社区", "龙岭社区"]
