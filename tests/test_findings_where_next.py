"""What 05 works with and says: gaps against the whole district, its three lists, the words for few and for many."""

from types import SimpleNamespace

import pandas as pd
import pytest

from src.analysis.areas import Area
from src.analysis.stats.counts import in_window
from src.analysis.stats.coverage import coverage_gap, coverage_totals, three_lists
from src.analysis.stats.similar import similar_communities
from src.codebook.periods import parse_period
from src.reports.findings import where_next as next_findings

PLACES = [("甲街道", "东社区"), ("甲街道", "西社区"), ("乙街道", "南社区"), ("乙街道", "北社区")]


def incidents(*rows):
    """Rows of (place, kind, day, count)."""
    table = pd.DataFrame([(*place, kind, day, n) for place, kind, day, n in rows],
                         columns=["street", "community", "kind", "reported_at", "incident_count"])  # fmt: skip
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]), group="criminal")


def projects(*rows):
    """Rows of (place, field, status, due on)."""
    table = pd.DataFrame([(*place, field, status, due) for place, field, status, due in rows],
                         columns=["street", "community", "field", "status", "ended_on"])  # fmt: skip
    table = table.assign(project_id=[f"{n:03}" for n in range(len(table))], title="夜间巡防", lead_unit="居委会")
    table = table.assign(partners="布吉医院", organisation_kinds=None, started_on=pd.Timestamp("2021-02-01"))
    return table.astype({"ended_on": "datetime64[us]"})


THEFTS = incidents(
    (PLACES[0], "theft", "2021-03-05", 900), (PLACES[1], "theft", "2021-03-05", 50),
    (PLACES[2], "theft", "2021-03-05", 30), (PLACES[3], "theft", "2021-03-05", 20),
    (PLACES[0], "theft", "2019-03-05", 40), (PLACES[0], "noise", "2021-04-05", 12),
)  # fmt: skip
MANY = projects(*[(PLACES[1], "public_security", "finished", "2021-06-30")] * 20,
                *[(PLACES[3], "public_security", "running", "2021-09-30")] * 20)  # fmt: skip


def work(address=(None, None), rows=THEFTS, run=MANY, lang="zh", population=10_000.0, lacking=""):
    """Return what 05 works with and how it opens, of an area of the four communities, January to September 2021."""
    register = pd.DataFrame(PLACES, columns=["street", "community"]).assign(
        population=population, area_km2=1.0, floating_share=[0.1, 0.2, 0.3, 0.4], urban_village_share=0.5
    )

    def inside(table):
        for name, value in zip(("street", "community"), address, strict=True):
            table = table[table[name].eq(value)] if value else table
        return table.reset_index(drop=True)

    area, period = Area("", *address, "某区", "Some District", ""), parse_period("2021-01/2021-09")
    whole = coverage_gap(rows, run, register, "community", period)
    gap, day = inside(whole), pd.Timestamp("2021-10-05").date()
    few = gap["flag"].isin(["too_few", "no_projects"]).all()
    totals = inside(coverage_totals(whole)).head(0 if few else None)
    lists = three_lists(rows[in_window(rows, period)], inside(run), as_of=day, gap=gap)
    learner = next_findings.target(totals, register, area)
    base = next_findings.base_year(rows, run, parse_period("2019-01/2021-09"))
    similar = similar_communities(register, learner, 5, rows, base) if learner else totals.head(0)
    tables = {"whole": whole, "gap": gap, "totals": totals, "similar": similar, **lists}
    about = {"as_of": day, "base": base, "learner": learner, "registered": len(run)}
    found = [one.text for one in next_findings.found(tables, area, period.label(lang), lang, **about) if one]
    opened = next_findings.opening(tables, area, period, lang, **about, lacking=lacking)
    return SimpleNamespace(**tables, base_year=base, target=learner, opening=opened, found=found)


def test_an_area_sees_its_own_gaps_against_the_whole_district():
    street = work(("甲街道", None))
    assert set(street.gap["street"]) == {"甲街道"}
    thefts = street.gap[street.gap["field"].eq("public_security")].set_index("community")
    assert thefts["expected"].round(6).to_dict() == {"东社区": 36.0, "西社区": 2.0}  # 900 and 50 of 1000, 40 projects
    assert thefts["flag"].to_dict() == {"东社区": "under", "西社区": "over"}


def test_what_is_beyond_chance_is_decided_over_the_whole_district():
    even = incidents(*[(place, "theft", "2021-03-05", 100) for place in PLACES])
    four = [(place, "public_security", "finished", None) for place in PLACES]
    run = projects(*[four[0]] * 5, *[four[1]] * 6, *[four[3]] * 5)  # none of 4 expected: 1.8 % alone, 7.3 % among four
    for address in ((None, None), ("乙街道", None), ("乙街道", "南社区")):
        totals = work(address, even, run).totals.set_index("community")
        assert (totals.loc["南社区", "expected"], totals.loc["南社区", "flag"]) == (4.0, "")


def test_a_problem_is_short_of_half_a_project_at_least():
    table = work().problems
    assert table[["community", "x"]].to_numpy().tolist() == [["东社区", 0], ["南社区", 0]]
    few = work(run=projects((PLACES[0], "public_security", "finished", "2021-06-30")))
    assert few.problems.empty  # 0.05 of a project is no problem


def test_lists_are_those_of_the_area():
    lists = work(("乙街道", None))
    assert lists.problems["community"].tolist() == ["南社区"]
    assert (len(lists.projects), lists.projects["overdue"].sum()) == (20, 20)
    assert lists.resources["x"].tolist() == [20]


def test_the_target_is_the_area_itself_or_what_lacks_most():
    assert work().target == PLACES[0]
    assert work(("乙街道", None)).target == PLACES[2]
    assert work(("乙街道", "北社区")).target == PLACES[3]
    assert work(("乙街道", "中社区")).target is None
    assert work(("乙街道", "中社区")).similar.empty


def test_communities_are_compared_by_the_year_before_the_first_project():
    assert work().base_year is None  # no incidents of 2020
    assert work().found[-1].startswith("与甲街道东社区最相近的社区是") and "按登记册所列情况比较" in work().found[-1]
    earlier = pd.concat([THEFTS, incidents((PLACES[0], "theft", "2020-03-05", 40))])
    assert str(work(rows=earlier).base_year) == "2020-01/2020-12"
    assert "2020年各类宗数" in work(rows=earlier).found[-1]


def test_the_opening_states_the_largest_gap_and_the_lists():
    key, figures, findings, title = work().opening
    assert title == "某区下一步治理项目建议"
    assert key == (
        "2021年1—9月，某区按社区和领域看，项目明显少于需求的有1处，缺口最大的是甲街道东社区（治安整治）：应有36.0个，实有0个；"
        "逐领域看，可认定的问题1条，另有待核线索1条（偶然即可解释），共2条尚未立项。"
    )
    assert [value for _, value, _ in figures] == ["1", "1", "40"]
    assert "各领域合计，4个社区中项目明显少于需求的有1个" in " ".join(text for text, _ in findings)


def test_the_opening_leads_with_what_is_beyond_chance_or_says_that_nothing_is():
    gap = pd.DataFrame({"street": "甲街道", "community": ["东社区", "西社区"], "field": "traffic", "flag": ["", ""]})
    gap = gap.assign(x=1, expected=[5.1, 2.0], estimate=[4.1, 1.0])
    totals = gap.assign(flag=["", "under"], expected=[5.1, 22.5], x=[1, 7])
    area = SimpleNamespace(street=None, community=None)
    told = next_findings._beyond_chance({"gap": gap, "totals": totals}, area, "zh")
    assert told.startswith("各领域合计，项目明显少于需求的社区有1个，缺口最大的是甲街道西社区：应有22.5个，实有7个")
    nowhere = next_findings._beyond_chance({"gap": gap, "totals": totals.assign(flag="")}, area, "zh")
    assert nowhere == "可比的2格都在偶然范围内，没有一处可据此认定项目不足"


def test_a_page_of_one_community_names_only_the_field():
    said = work(("甲街道", "东社区")).opening.sentence
    assert "缺口最大的是治安整治：应有36.0个" in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_demand_below_the_district_is_not_called_high(lang):
    said = " ".join(work(("乙街道", "南社区"), lang=lang).found)
    assert {"zh": "都不高于全区", "en": "in no field is demand per resident above"}[lang] in said
    high = " ".join(work(lang=lang).found)
    assert {"zh": "相对全区最高的是甲街道东社区", "en": "highest, relative to the district, in 东社区 (甲街道)"}[
        lang
    ] in high


def test_a_gap_that_chance_explains_is_no_finding():
    gap = pd.DataFrame({"street": "甲街道", "community": ["东社区", "西社区"], "field": "traffic", "flag": ["", ""]})
    gap = gap.assign(n=900, x=1, expected=[5.1, 2.0], estimate=[4.1, 1.0], p=1.0)
    area = SimpleNamespace(street=None, community=None)
    (said,) = next_findings._gaps({"gap": gap, "whole": gap}, area, "2021年", "zh")
    assert "可比的2个“社区×领域”组合中，项目数与需求的差距都在偶然范围内" in said.text
    assert "缺口最大" in next(next_findings._gaps({"gap": gap.assign(flag="under"), "whole": gap}, area, "", "zh")).text


def test_without_a_register_of_projects_only_demand_is_told():
    none = work(run=MANY.iloc[:0], lacking="projects")
    assert "全区没有登记的治理项目" in none.opening.sentence
    assert "没有收到项目台账" in work(run=MANY.iloc[:0], lacking="register").opening.sentence
    assert "太少" not in "".join(text for text, _ in none.opening.findings)
    assert [text for text in none.found if "项目明显" in text or "问题清单" in text] == []
    assert len(none.found) >= 1


def test_projects_without_a_community_or_a_field_are_no_base_to_compare_with():
    for run in (MANY.assign(community=None), MANY.assign(field="other")):
        unplaced = work(run=run)
        opened = unplaced.opening.sentence
        assert "40个项目都没有写明社区或领域" in opened and "都不少于" not in opened
        assert [text for text in unplaced.found if "偶然范围" in text or "项目明显" in text] == []


def test_without_population_no_rate_is_told():
    said = " ".join(work(population=float("nan")).found)
    assert "每万人" not in said and "缺口最大" in said


def test_a_register_without_status_or_due_date_is_not_told_to_have_none_closed_or_late():
    silent = " ".join(work(run=MANY.assign(status=None)).found)
    assert "项目清单40个，办结与否台账没有写明，是否超期无从判断" in silent
    assert work(run=MANY.assign(status=None)).opening.figures[2][2] == "是否超期无从判断"
    undated = " ".join(work(run=MANY.assign(ended_on=pd.NaT)).found)
    assert "已办结20个，是否超期无从判断" in undated
