"""What the register does not state is told as not stated, never as none; what some state is told as a share of them."""

import datetime as dt

import pandas as pd
import pytest

from src.analysis.stats.proportions import participation_overlap, who_took_part
from src.codebook.paths import ROOT
from src.reports import describe
from src.reports.findings import participation

YES, NO, OPEN = True, False, None


def projects_of(residents: list, organisations: list) -> pd.DataFrame:
    """Return projects of one community with who took part in each."""
    table = pd.DataFrame({"residents_took_part": residents, "organisations_took_part": organisations}, dtype="boolean")
    return table.assign(street="甲街道", community="凤凰", started_on=pd.Timestamp("2021-03-01"))


def opening(projects, lang="zh", register=True):
    places = pd.DataFrame({"street": ["甲街道"], "community": ["凤凰"]})
    return participation.opening(projects, places, lang, "甲街道", dt.date(2021, 10, 5), "" if register else "register")


SOME = projects_of([YES] * 5 + [NO, OPEN], [OPEN] * 7)
HALF = projects_of([YES] * 5 + [NO, OPEN], [YES, NO, NO, NO, OPEN, OPEN, YES])
WHOLE = projects_of([YES] * 5 + [NO], [YES] + [NO] * 5)


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        (WHOLE, "共6个，居民参与5个（83.3%），社会力量参与1个（16.7%），两者都参与1个；两项有重叠，不可相加。"),
        (SOME, "共7个，写明的6个中居民参与5个（83.3%），有无社会力量参与未写明。"),
        (HALF, "共7个，写明的6个中居民参与5个（83.3%），写明的5个中社会力量参与2个（40.0%），两项都写明的4个中"
               "两者都参与1个；两项有重叠，不可相加。"),
    ],
)  # fmt: skip
def test_the_opening_says_of_how_many_projects_a_share_is(projects, told):
    assert opening(projects).sentence == "截至2021年10月5日，甲街道台账登记的治理项目（不论哪年启动）" + told


def test_in_english_too():
    assert opening(SOME, "en").sentence.endswith(
        "residents took part in 5 of the 6 that state it (83.3%), whether social forces took part is not stated."
    )


def test_tiles_and_findings_tell_no_zero_of_what_is_not_stated():
    _, figures, findings, _ = opening(SOME)
    assert figures[1][2].startswith("写明的6个中，95%区间")
    assert figures[2] == ("社会力量参与", "未写明", "台账没有写明")
    told = "".join(text for text, _ in findings)
    assert "启动的7个项目，写明的6个中，居民参与的5个" in told
    assert "社会力量" not in told
    assert who_took_part(SOME)["kind_of"].tolist() == ["residents"]


def test_data_that_lack_a_flag_are_not_called_too_few():
    assert "太少" not in "".join(text for text, _ in opening(SOME).findings)
    assert "太少" in opening(WHOLE.iloc[:3]).findings[-1][0]


def test_the_chart_of_the_overlap_says_how_many_state_both():
    words = describe.participation_overlap(participation_overlap(HALF), registered=len(HALF))
    assert words.title.startswith("两项都写明的4个项目中")
    assert words.sentence.startswith("登记的7个项目中，两项都写明的4个：居民参与4个")
    assert not describe.participation_overlap(participation_overlap(WHOLE), registered=6).sentence.startswith("登记")


def test_no_register_is_told_apart_from_one_without_projects():
    assert opening(WHOLE.iloc[:0]).sentence == "甲街道没有登记的治理项目。"
    assert opening(WHOLE.iloc[:0], register=False).sentence == "没有收到项目台账，无法说明有多少项目、谁参与。"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_leaves_it_to_the_data_to_say_that_they_are_synthetic(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("合成") == text.count("synthetic") == 0
