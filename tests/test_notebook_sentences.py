"""Notebooks 02 to 05 area by area: no warning, no empty chart, and every sentence says what its table holds."""

import json
import re

import numpy as np
import pytest
from sentence_readers import CHARTS, OPENINGS

from src.analysis import load_incidents, paths
from src.analysis.areas import areas
from src.analysis.charts import show as showing
from src.analysis.charts import style
from src.analysis.loading import load_communities

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


class Shown(list):
    """What a notebook showed: (method, sentence, table) of charts, every text, the opening, and what cells left."""

    def __init__(self) -> None:
        self.name = ""
        self.texts: list[str] = []
        self.tables: list[tuple[str, int]] = []  # caption and length
        self.opening = ""
        self.space: dict = {}


@pytest.fixture
def notebook(on_sample, monkeypatch):
    """Return a function that runs a notebook's cells here and returns what they showed."""
    shown = Shown()

    def draw(figure):
        assert style.faults(figure) == []
        return b"\0" * 24, ""

    def record(axes, table=None, lang=None, show=showing.show):
        figure = axes.get_figure(root=True)
        shown.append((figure.method, figure.sentence, table))
        show(axes, table, lang)

    def display(data, raw=None, metadata=None):
        shown.texts.append(data["text/plain"])
        if metadata["analysis"]["block"] == "headline":
            shown.opening = data["text/plain"]

    def listed(frame, caption, *args, table_html=showing.table_html, **options):
        shown.tables.append((caption, len(frame)))
        return table_html(frame, caption, *args, **options)

    monkeypatch.setattr(showing, "picture", draw)
    monkeypatch.setattr(showing, "table_html", listed)
    monkeypatch.setattr("src.analysis.charts.participation.show", record)
    monkeypatch.setattr("IPython.display.display", display)

    def run(name: str, **parameters: str) -> Shown:
        shown.clear()
        shown.__init__()
        shown.name = name
        cells = json.loads((paths.notebooks() / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        space = shown.space
        for cell in (cell for cell in cells if cell["cell_type"] == "code"):
            exec("".join(cell["source"]), space)
            space.update(parameters if "parameters" in cell["metadata"].get("tags", []) else {})
        return shown

    return run


def check(shown: Shown) -> None:
    for method, said, table in shown:
        if method in CHARTS:
            assert_holds(said, CHARTS[method](table))
    if shown.name in OPENINGS:
        assert_holds(shown.opening, OPENINGS[shown.name](shown.space))
    for caption, length in shown.tables:
        stated = re.search(r"[（(](\d[\d,]*)[个条]?[）)]", caption)
        assert stated is None or numbers(stated[1]) == {length}, caption
    prose = [text for text in shown.texts if "\n" not in text]
    assert not [text for text in [*prose, shown.opening] if re.search(r"\bnan\b|\binf\b|\{[a-z_]+[:}]", text)]


def assert_holds(said: str, expected: list[float]) -> None:
    missing = [n for n in expected if not any(abs(n - m) < 1e-9 for m in numbers(said))]
    assert not missing, f"{missing} not in {said!r}"


QUICK = [
    ("03_incident_trends", {"area": "district", "lang": "zh"}),
    ("03_incident_trends", {"area": "district", "lang": "en", "compare": "three_year_mean", "period": "2021Q2"}),
    ("03_incident_trends", {"area": "布吉街道", "lang": "zh", "compare": "previous_period", "period": "2021-05"}),
    ("03_incident_trends", {"area": "坪地街道", "lang": "en", "period": "2018"}),  # nothing before it to compare with
    ("02_participation", {"area": "district", "lang": "zh"}),
    ("02_participation", {"area": "布吉街道/龙岭社区", "lang": "en"}),
    ("04_programme_effect", {"area": "district", "lang": "en"}),
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
    assert {float(groups["criminal"] + groups["public_security"]), 26.15, 1.21} <= numbers(opening)


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
def test_the_effect_page_in_chinese(notebook):
    check(notebook("04_programme_effect", area="district", lang="zh"))


@pytest.mark.slow
@pytest.mark.parametrize("compare", ["previous_year", "previous_period", "2019", "three_year_mean"])
@pytest.mark.parametrize("period", ["2021-02", "2021Q3", "2020", "2021-01/2021-09", "2018"])
def test_every_comparison_of_every_kind_of_period(notebook, compare, period):
    for area in ("district", "坪地街道", smallest_and_largest()[0]):
        check(notebook("03_incident_trends", area=area, lang="zh", compare=compare, period=period))


def test_a_number_of_a_sentence_is_read_as_it_is_printed():
    assert numbers("由8,996宗降至5,477宗，下降39.12%") == {8996.0, 5477.0, 39.12}
    assert np.isclose(sum(numbers("1.5至2")), 3.5)
