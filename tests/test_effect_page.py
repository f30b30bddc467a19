"""What notebook 04 says and draws: its sentences hold the numbers of their tables, and withhold what was not earned."""

import re
from dataclasses import replace

import numpy as np
import pytest
from chart_faults import faults
from effect_case import MONTHS, district
from matplotlib import pyplot as plt

from src.analysis.charts import projects as charts
from src.analysis.stats.effect_checks import Study, effect_studies, effects_by_field
from src.reports import describe
from src.reports.context.notebooks import notebooks
from src.reports.findings import effect as effect_findings
from src.reports.page import methods

LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def studies() -> dict[str, Study]:
    return effect_studies(*district(-0.3), MONTHS)


@pytest.fixture
def study(studies) -> Study:
    return studies["public_security"]


def failing(study: Study, *names: str) -> Study:
    """The study as it would be had these checks failed."""
    failed = study.checks["check"].isin(names)
    return replace(study, checks=study.checks.assign(flag=study.checks["flag"].where(~failed, "fails")))


def rounded(values) -> set[str]:
    return {f"{100 * abs(value):.1f}" for value in values}


@pytest.mark.parametrize("lang", LANGS)
def test_a_verdict_states_the_estimate_and_its_interval(study, lang):
    effect = study.effect.iloc[0]
    said = effect_findings.verdict(study, lang)
    assert rounded(effect[["estimate_pct", "lower_pct", "upper_pct"]]) <= set(re.findall(r"\d+\.\d", said))
    assert {"zh": "项目成效", "en": "may be called an effect"}[lang] in said


@pytest.mark.parametrize("check", ["leads", "placebo_outcome", "permutation", "sign_flips", "sign_flips_trend"])
def test_one_failing_check_withholds_the_word(study, check):
    said = {lang: effect_findings.verdict(failing(study, check), lang) for lang in LANGS}
    assert "可以表述为项目成效" not in said["zh"]
    assert "may be called an effect" not in said["en"]


def test_a_rise_before_the_start_is_named(study):
    bin_ = study.checks["check"].eq("lead_bin")
    risen = replace(study, checks=study.checks.assign(estimate=study.checks["estimate"].where(~bin_, 0.3)))
    trap = failing(risen, "leads", "lead_bin")
    assert trap.reasons == ["regression_to_the_mean"]
    assert "均值回归" in effect_findings.verdict(trap, "zh")
    assert "regression to the mean" in effect_findings.verdict(trap, "en")
    assert failing(study, "leads").reasons == ["leads"]


def test_a_rise_is_told_as_a_rise(study):
    effect = study.effect.assign(estimate=0.2, lower=0.1, upper=0.3)
    risen = replace(study, effect=effect.assign(estimate_pct=0.22, lower_pct=0.11, upper_pct=0.35))
    assert risen.reasons == ["rise"]
    said = {lang: effect_findings.verdict(risen, lang) for lang in LANGS}
    assert "不降反升" in said["zh"]
    assert "多22.0%（95%区间多11.0%至35.0%），谈不上项目成效。" in said["zh"]
    assert "22.0% more" in said["en"]
    assert said["en"].endswith("a rise, so there is no success to report.")
    besides = effect_findings.verdict(failing(risen, "leads"), "zh")
    assert "谈不上项目成效；另外，启动之前6个月" in besides


def test_an_interval_that_holds_zero_is_no_change_to_be_seen(study):
    wide = replace(study, effect=study.effect.assign(upper=0.1, upper_pct=0.105))
    assert wide.reasons == ["interval"]
    assert "看不出项目带来的变化" in effect_findings.verdict(wide, "zh")


def test_too_few_communities_are_told_as_counts(studies):
    few = studies["traffic"]
    assert few.reasons == ["too_few"]
    assert effect_findings.verdict(few, "zh").startswith("交通安全管理：有项目的社区0个，没有的80个")
    assert effect_findings.central({"traffic": few}) is few
    assert list(effect_findings.found({"traffic": few}, "en")) == []


def test_the_fields_are_listed_with_what_was_planted(studies):
    table = effects_by_field(studies, {"public_security": -0.3}).set_index("field")
    assert table["flag"].to_dict() == {
        "disputes": "too_few", "special_groups": "too_few", "environment": "too_few", "traffic": "too_few",
        "public_security": "earned",
    }  # fmt: skip
    assert table.loc["public_security", "planted_pct"] == pytest.approx(np.expm1(-0.3))
    assert "planted_pct" not in effects_by_field(studies)


@pytest.mark.parametrize("lang", LANGS)
def test_charts_are_whole_and_say_what_their_tables_hold(studies, study, lang):
    checks = study.checks.set_index("check")
    found, fields = checks.loc["permutation", "estimate"], effects_by_field(studies, {"public_security": -0.3})
    drawn = [
        charts.plot_event_study(study.events, lang=lang),
        charts.plot_effect_checks(study.checks, lang=lang, effect=study.effect),
        charts.plot_permutations(study.permutations, lang=lang, found=found),
        charts.plot_effects_by_field(fields, lang=lang),
    ]
    for ax in drawn:
        assert faults(ax.figure) == []
        plt.close(ax.figure)
    words = [
        describe.event_study(study.events, lang, field=study.field, leads_p=checks.loc["leads", "p"]),
        describe.effect_checks(study.checks, lang, effect=study.effect),
        describe.permutations(study.permutations, lang, found=found),
        describe.effects_by_field(fields, lang),
    ]
    assert {each.method for each in words} <= methods.anchors(lang).keys()
    months = study.events[study.events["event_month"].ge(2)]
    numbers = re.findall(r"\d+", words[0].sentence)
    below = (months["upper"] < 0).sum()
    assert {str(n) for n in (below, len(months) - below) if n} <= set(numbers)
    assert rounded([np.expm1(checks.loc["naive", "estimate"])]) <= set(re.findall(r"\d+\.\d", words[1].title))
    as_large = study.permutations["estimate"].abs().ge(abs(checks.loc["permutation", "estimate"])).sum()
    assert {"499", str(as_large)} <= set(re.findall(r"\d+", words[2].title))


def test_the_title_says_when_communities_differed_before(study):
    assert "启动之前与对照社区已有差异" in describe.event_study(study.events, leads_p=0.01).title


@pytest.mark.parametrize(
    ("highest", "zh", "en", "title"),
    [
        ([1, 1], "，2个月都看不出差异。", ", all 2 months show no clear difference.", "没有一个月明显偏少"),
        (
            [-1, 1],
            "，1个月明显偏少，1个看不出差异。",
            "has clearly fewer, 1 shows no clear difference.",
            "1个月明显偏少",
        ),
        ([-1, -1], "，2个月都明显偏少。", ", all 2 months have clearly fewer.", "2个月明显偏少"),
    ],
)
def test_months_around_zero_are_told_where_there_are_any(study, highest, zh, en, title):
    shown = study.events[study.events["event_month"].between(2, 3)].assign(lower=-2.0, upper=highest)
    for lang, told in (("zh", zh), ("en", en)):
        words = describe.event_study(shown, lang, leads_p=0.5)
        assert words.sentence.endswith(told)
        assert lang == "en" or title in words.title


def test_the_notebook_is_for_the_district_only():
    assert notebooks(["04"])[0].levels == ("district",)
