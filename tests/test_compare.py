"""Two runs side by side: what changed in which tier, and what it comes from; a change of method is told as one."""

import csv
import re

import pytest
from page_case import page, table
from report_case import Place

from src.codebook import vocabulary
from src.reports.__main__ import main
from src.reports.page.workbook import workbook_bytes
from src.reports.run import changes, engine, runs

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
ROW = "J9{number},2021-09-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


def compare(place, *named):
    return main(["compare", *named, "--out", str(place.out)])


def compared(place, lang="zh"):
    """Return the page and the rows of its CSV."""
    then, now = runs.runs(place.out)[-2:]
    file = now / f"compared_{then.name}.{lang}.html"
    with file.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as rows:
        return file.read_text(encoding="utf-8"), [tuple(row) for row in csv.reader(rows)][1:]


def test_other_deliveries_are_told_as_data(place, capsys):
    assert place.report() == 0
    with (place.data / "raw" / "incidents.csv").open("a", encoding="utf-8") as stream:
        stream.write(ROW.format(number=1))
    assert place.report() == 0
    capsys.readouterr()
    assert compare(place, "2", "1") == 0
    said = capsys.readouterr().out
    assert "差异全部来自交付的数据" in said and "comes from the data delivered" in said
    html, rows = compared(place)
    assert ("数值不同（已排除舍入误差）", "龙岗区 测试报告", "警情", "135宗", "136宗", "交付的数据") in rows
    assert any(row[2:5] == ("龙岗区 · 2021 · 总数", "27", "28") for row in rows)
    assert "incidents.csv" in html and "<script" not in html
    assert f"{runs.runs(place.out)[1].name}/compared_" in place.read("index.html")
    assert f'href="../runs/{runs.runs(place.out)[1].name}/compared_' in place.read(), (
        "nor does the first page lead there"
    )
    assert "Data and method" not in compared(place, "en")[0]
    place.whole()
    assert compare(place, "1", "7") == 2  # is named with those that there are
    said = capsys.readouterr().err
    assert "7" in said and runs.runs(place.out)[0].name in said
    assert compare(place, "1", "1") == 0
    assert "完全一致" in capsys.readouterr().out


def test_a_change_of_method_never_passes_for_one_of_the_world(place, capsys):
    assert place.report() == 0
    own = "thresholds: {earliest_year: 2021, max_quarantined_pct: 100}"
    (place.data / "raw" / "vocabulary.yml").write_text(own, encoding="utf-8")
    assert place.report() == 0
    assert compare(place, *(run.name for run in runs.runs(place.out))) == 0
    assert "不代表实际情况有变化" in capsys.readouterr().out
    html, rows = compared(place)
    assert {row[-1] for row in rows} == {"口径设置（数据未变）"}
    assert "vocabulary.yml" in html and "不再出现" in {row[0] for row in rows}
    told = re.search(r'<details class="changed".*?</details>', place.read(), re.DOTALL)[0]
    assert "两版的差别在于：口径设置。" in told


@pytest.mark.parametrize(
    ("then", "now", "tier"),
    [
        (18_856.0, 18_857.0, "number"),  # a count is exact
        (0.26150, 0.26151, ""),  # beyond what anybody reads
        (0.2615, 0.2625, "number"),
        ("135宗", "136宗", "number"),
        ("下降26%，未超出月度起伏", "下降27%，超出月度起伏", "verdict"),
        (0.2, "", "verdict"),  # few counts: a share is told no more
        (None, 3.0, "appeared"),
        ("", None, "gone"),
        ("", "", ""),
    ],
)
def test_figures_change_in_tiers(then, now, tier):
    assert changes.tier_of(then, now) == tier


def test_a_table_is_the_same_one_under_another_title(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"street": ["布吉街道", "平湖街道"], "x": [3, 4], "verdict": ["高", "低"]})
    found = []
    for number, caption in enumerate(("布吉高：件数", "平湖低：件数")):
        book = tmp_path / f"{number}.xlsx"
        book.write_bytes(workbook_bytes(page(table(frame, caption))))
        record = {"headline": "一句话", "figures": [["警情", "8宗", "下降"]]}
        found.append(changes.figures_of(record, book, "要点", "结论"))
    assert found[0].keys() == found[1].keys()
    differing = [found[0][key][1] for key in found[0] if changes.tier_of(found[0][key][1], found[1][key][1])]
    assert differing == ["布吉高：件数"]
    names = {name for name, _ in found[0].values()}
    assert {"要点", "警情 · 结论"} <= names
    assert any(name.startswith("布吉高 · 布吉街道 · ") for name in names)


def test_rounding_is_a_threshold():
    assert 0 < vocabulary.threshold("rounding") < 0.01
