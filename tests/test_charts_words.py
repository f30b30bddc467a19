"""Places are called as the reader's language calls them; what is not known keeps its own name."""

import re

import pandas as pd
import pytest

from src import analysis
from src.analysis import load_communities, load_incidents, load_projects
from src.analysis.charts.labels import place_name, with_place_names
from src.analysis.stats.intervals import wilson_interval
from src.codebook import paths, vocabulary
from src.reports import describe
from src.reports.describe.words import counts_text, from_to_text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROWS = pd.DataFrame({"street": ["布吉街道", "新街道", None], "community": ["龙岭社区", "新社区", None], "x": [1, 2, 3]})


def test_english_names_where_known_and_own_names_elsewhere():
    named = with_place_names(ROWS, "en")
    assert named["street"].iloc[:2].tolist() == ["Buji", "新街道"]
    assert named["community"].iloc[:2].tolist() == ["Longling", "新社区"]
    assert named.iloc[2, :2].isna().all()
    assert with_place_names(ROWS, "zh") is ROWS


def test_the_register_in_use_says_what_places_are_called(tmp_path, monkeypatch):
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    stated = (
        "street,street_en,community,community_en\n福田街道,Futian,福安社区,Fu'an\n布吉街道,,龙岭社区,Dragon Ridge\n"
    )
    (raw / "register.csv").write_text(stated, encoding="utf-8")
    (raw / "sources.yml").write_text("- {files: register.csv, table: communities}\n", encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_DATA", str(tmp_path / "data"))
    rows = load_communities()
    assert [place_name(row, "en") for _, row in rows.iterrows()] == ["Fu'an (Futian)", "Dragon Ridge (Buji)"]
    vocabulary.call_places([])
    assert place_name(rows.iloc[1], "en") == "Longling (Buji)"


def test_communities_seen_as_one_are_called_by_those_that_stand_today():
    one = {"street": "横岗街道", "community": "六约—红棉（六约北、六约南、塘坑）"}
    assert place_name(one, "en") == "Liuyuebei + Liuyuenan + Tangkeng (Henggang)"
    names = ["community", "community_en", "comparable_cluster", "valid_to"]
    rows = [("甲", "Jia", "丁", pd.Timestamp("2021-12-31")), ("乙", "Yi", "丁", pd.NaT), ("丙", None, "戊", pd.NaT)]
    vocabulary.call_places([{"street": "横岗街道", **dict(zip(names, row, strict=True))} for row in rows])
    assert [vocabulary.label("community", name, "en") for name in ("丁", "戊", "丙")] == ["Yi", "戊", "丙"]
    vocabulary.call_places([])


def test_a_community_is_told_with_its_street():
    assert place_name(ROWS.iloc[0], "zh") == "布吉街道龙岭社区"
    assert place_name(ROWS.iloc[0], "en") == "Longling (Buji)"


@pytest.mark.usefixtures("on_sample")
def test_charts_for_english_readers_name_places_in_english():
    projects, communities, incidents = load_projects(), load_communities(), load_incidents()
    tables = {
        "projects_by_community": analysis.projects_by_community(projects, communities),
        "participation_rate": analysis.participation_rate(projects, "street"),
        "area_changes": analysis.area_changes(incidents, "2021", "2020"),
        "coverage_gap": analysis.coverage_gap(incidents, projects, communities, by="street"),
    }
    for name, table in tables.items():
        ax, words = getattr(analysis, f"plot_{name}")(table, lang="en"), getattr(describe, name)(table, "en")
        told = [label.get_text() for label in ax.get_yticklabels()] + [words.alt, words.sentence]
        assert any("Pinghu" in text for text in told)
        assert not [text for text in told if CHINESE.search(text)]


@pytest.mark.parametrize(
    ("counts", "zh", "en"),
    [
        (
            {"fell": 9, "rose": 0, "within": 2},
            "9个街道下降且超出月度起伏，2个未超出月度起伏",
            "9 streets fell beyond the usual monthly variation, 2 stayed within the usual monthly variation",
        ),
        (
            {"fell": 11, "rose": 0, "within": 0},
            "11个街道都下降且超出月度起伏",
            "all 11 streets fell beyond the usual monthly variation",
        ),
        (
            {"fell": 0, "rose": 1, "within": 0},
            "1个街道上升且超出月度起伏（布吉街道）",
            "1 street rose beyond the usual monthly variation (布吉街道)",
        ),
    ],
)
def test_what_none_is_is_not_told(counts, zh, en):
    lists = {"rose": "布吉街道"}
    assert [counts_text(counts, "streets", lang, lists) for lang in ("zh", "en")] == [zh, en]


def test_one_and_several_have_their_own_words():
    counts = {"lower": 11, "higher": 1, "equal": 0}
    assert counts_text(counts, "months", "en") == "11 months were lower, 1 was higher"
    assert counts_text({"lower": 1, "higher": 2}, "months", "en") == "1 month was lower, 2 were higher"
    assert counts_text(counts, "months", "zh") == "11个月低于上年，1个高于上年"
    assert counts_text({"above": 1}, "communities", "en") == "1 community was clearly above"
    assert counts_text({"rose": 2}, "streets", "zh", {"rose": "甲、乙"}) == "2个街道都上升且超出月度起伏"


@pytest.mark.parametrize(
    ("reference", "current", "zh", "en"),
    [
        (8996.4, 5477, "由8,996宗降至5,477宗", "from 8,996 down to 5,477"),
        (2, 5, "由2宗增至5宗", "from 2 up to 5"),
        (5, 5, "仍为5宗", "unchanged at 5"),
    ],
)
def test_from_which_count_to_which(reference, current, zh, en):
    told = [from_to_text(reference, current, unit, lang) for unit, lang in (("宗", "zh"), ("reports", "en"))]
    assert told == [zh, en]


def test_orange_is_said_in_one_place():
    for file in (paths.ROOT / "src" / "analysis" / "charts").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert file.name == "style.py" or not re.search(r"(?<!TO_)MORE\b|#d98014|orange", text), file.name


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_caption_tells_of_the_colours_that_are_there(lang):
    orange, blue = {"zh": ("橙色", "蓝色"), "en": ("Orange", "Blue")}[lang]
    even = [50] * 9
    for x, there in (([50, 50, *even], []), ([90, 50, *even], [orange]), ([90, 10, *even], [orange, blue])):
        limits = [wilson_interval(count, 100) for count in x]
        table = pd.DataFrame({"street": [f"{n}街道" for n in range(11)], "x": x, "n": 100, "flag": ""})
        table = table.assign(
            **{name: [getattr(one, name) for one in limits] for name in ("estimate", "lower", "upper")}
        )
        caption = describe.participation_rate(table, lang).caption
        assert [colour for colour in (orange, blue) if colour in caption] == there, caption


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_long_names_leave_room_for_the_lines_beside_them(lang):
    quarters = pd.to_datetime(["2021-01-01", "2021-04-01"])
    codes = ("criminal_and_public_security", "petition", "without_telecom_fraud")
    table = pd.DataFrame(
        {
            "roll_up": [code for code in codes for _ in quarters],
            "quarter": [*quarters] * 3,
            "n": [40, 45, 30, 35, 10, 15],
        }
    )
    drawn = analysis.plot_quarters(table, lang=lang)
    assert drawn.get_position().width > 0.35
