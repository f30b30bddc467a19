"""Notebooks 02 to 05 area by area: no warning, no empty chart, and every sentence says what its table holds."""

import numpy as np
import pytest
from notebook_case import check, numbers, watched

from src.analysis import load_incidents
from src.analysis.areas import areas
from src.analysis.loading import load_communities
from src.reports.parameters import ParameterError


@pytest.fixture
def notebook(on_sample, monkeypatch):
    return watched(monkeypatch)


QUICK = [
    ("03_incident_trends", {"area": "district", "lang": "zh"}),
    ("03_incident_trends", {"area": "district", "lang": "en", "compare": "three_year_mean", "period": "2021Q2"}),
    ("03_incident_trends", {"area": "布吉街道", "lang": "zh", "compare": "previous_period", "period": "2021-05"}),
    ("03_incident_trends", {"area": "坪地街道", "lang": "en", "period": "2018"}),  # nothing before it to compare with
    ("02_participation", {"area": "district", "lang": "zh"}),
    ("02_participation", {"area": "布吉街道/龙岭社区", "lang": "en"}),
    ("05_where_next", {"area": "district", "lang": "zh"}),
    ("05_where_next", {"area": "布吉街道", "lang": "en"}),
    ("05_where_next", {"area": "布吉街道/龙岭社区", "lang": "zh"}),
]


@pytest.mark.parametrize(("name", "parameters"), QUICK, ids=lambda value: str(value)[:60])
def test_sentences_say_what_their_tables_hold(notebook, name, parameters):
    shown = notebook(name, **parameters)
    assert shown
    check(shown)


def test_the_headline_is_the_count_of_the_data(notebook):
    shown = notebook("03_incident_trends", area="district", lang="zh", period="2021-01/2021-09")
    opening = next(text for text in shown.texts if "同比" in text)
    incidents = load_incidents(period="2021-01/2021-09")
    groups = incidents.groupby("group")["incident_count"].sum()
    assert {26.2} <= numbers(opening)
    counts = shown.space["lines"].set_index("name")["2021年1—9月"]
    assert counts["刑事治安警情"] == groups["criminal"] + groups["public_security"]
    assert counts["信访事项"] == groups["petition"]


def test_one_place_alone_is_not_drawn_beside_none(notebook):
    for area, drawn in (("吉华街道", False), ("布吉街道", True)):  # of one only one community has enough projects
        frames = [table for method, _, table in notebook("02_participation", area=area, lang="zh") if table is not None]
        by_community = [table for table in frames if {"part", "community"} <= set(table)]
        assert bool(by_community) == drawn


def smallest_and_largest() -> list[str]:
    counts = load_incidents().groupby(["street", "community"])["incident_count"].sum().sort_values()
    return ["/".join(counts.index[0]), "/".join(counts.index[-1])]


def test_the_smallest_community_says_that_it_has_too_little(notebook):
    # a quarter of the smallest community: nearly nothing to compare
    shown = notebook("03_incident_trends", area=smallest_and_largest()[0], lang="zh", period="2021Q1")
    check(shown)
    assert any("基数小" in text or "数量太少" in text for text in shown.texts)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["02_participation", "03_incident_trends", "05_where_next"])
def test_every_street_and_the_extremes(notebook, name, lang):
    streets = [area.address for area in areas(load_communities()) if area.level != "community"]
    for area in [*streets, *smallest_and_largest()]:
        check(notebook(name, area=area, lang=lang))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_effect_page(notebook, lang):
    check(notebook("04_programme_effect", area="district", lang=lang))


@pytest.mark.slow
@pytest.mark.parametrize("compare", ["previous_year", "previous_period", "2018", "2019", "2020", "three_year_mean"])
@pytest.mark.parametrize("period", ["2021-02", "2021Q3", "2020", "2021-01/2021-09", "2018"])
def test_every_comparison_of_every_kind_of_period(notebook, compare, period):
    for area in ("district", "坪地街道", smallest_and_largest()[0]):
        if period == compare:
            with pytest.raises(ParameterError, match=f"compare：{compare}年没有可以对比的数据"):
                notebook("03_incident_trends", area=area, lang="zh", compare=compare, period=period)
        else:
            check(notebook("03_incident_trends", area=area, lang="zh", compare=compare, period=period))


def test_a_number_of_a_sentence_is_read_as_it_is_printed():
    assert numbers("由8,996宗降至5,477宗，下降39.1%") == {8996.0, 5477.0, 39.1}
    assert np.isclose(sum(numbers("1.5至2")), 3.5)
