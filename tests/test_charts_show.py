"""What a notebook shows: pictures that are small and true to what was drawn, words beside every chart."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from src.analysis.charts import lettering, scales, style
from src.analysis.charts.changes import plot_area_changes
from src.reports.html import table_html
from src.reports.show import picture, present, show


def test_a_single_small_mark_keeps_its_colour():
    axes = style.axes()
    axes.imshow(np.linspace(0, 1, 400).reshape(20, 20), cmap="Blues")
    axes.scatter([3], [3], color=style.MORE, s=26, zorder=3)
    drawn = np.asarray(Image.open(io.BytesIO(picture(axes.figure)[0])).convert("RGB")).astype(int)
    plt.close(axes.figure)
    wanted = np.array([int(style.MORE[at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(drawn - wanted).max(axis=2) < 24).sum() > 20


def test_the_same_chart_is_the_same_bytes():
    pictures = []
    for _ in range(2):
        axes = style.axes()
        axes.bar(["甲", "乙"], [1.0, 2.0])
        pictures.append(picture(axes.figure)[0])
        plt.close(axes.figure)
    assert pictures[0] == pictures[1]


def test_a_character_that_no_font_has_is_told():
    axes = style.axes()
    nowhere = "\U0010fffd"  # of the private plane, where no font of any machine has a character
    axes.set_xlabel(nowhere)
    with pytest.warns(UserWarning, match="Glyph"):
        assert picture(axes.figure)[1] == nowhere
    plt.close(axes.figure)


def test_a_chart_without_words_is_refused():
    axes = style.axes()
    with pytest.raises(ValueError, match="the chart has no alt text"):
        show(axes, pd.DataFrame({"x": [1]}))
    plt.close(axes.figure)


@pytest.mark.parametrize("flags", [["", ""], ["", "too_few"]])
def test_a_column_of_remarks_is_shown_where_there_is_one(flags):
    html = table_html(pd.DataFrame({"x": [1, 2], "flag": flags}), "图")
    assert ("提示" in html.partition("</table>")[0]) is any(flags)
    encoded = re.search(r"base64,([^\"]*)", html)[1]
    assert base64.b64decode(encoded).decode("utf-8-sig").splitlines()[0].count(",") == 1  # the download has it always


def test_a_table_says_how_narrow_each_column_may_become():
    row = {"a": "沙塘布社区路口秩序治理项目", "b": "龙岭社区", "c": 1234567, "d": "长" * 400, "e": "mismanagement"}
    html = table_html(pd.DataFrame([row, dict.fromkeys(row, "—") | {"c": 1}]), "表")
    cut, whole, number, most, word = (float(room) * 0.92 for room in re.findall(r";min-width:([\d.]+)em", html))
    assert 5 < cut < 13 / 2  # a text is broken, but not at every word
    assert whole == pytest.approx(4 + 0.85, rel=0.01)  # a short name is not
    assert number > lettering.drawn("1,234,567")
    assert most == pytest.approx(12.85, rel=0.01)  # no column takes all the room
    assert word > lettering.drawn("mismanagement")
    told = float(re.search(r"--em:([\d.]+)", html)[1])
    assert told == pytest.approx(cut + whole + number + most + word, abs=1.5)


@pytest.mark.parametrize(
    ("make", "ticks"), [(scales.rate_axis, ["0", "0.2", "0.4", "0.6", "0.8"]), (scales.count_axis, ["0"])]
)
def test_a_small_rate_has_decimals_on_its_axis_and_a_count_has_none(make, ticks):
    axes = style.axes()
    axes.plot([0, 1], [0.1, 0.8])
    make(axes.yaxis, "zh", "reports")
    axes.figure.canvas.draw()
    low, high = axes.get_ylim()
    shown = [t.get_text() for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high]
    plt.close(axes.figure)
    assert shown == ticks


def test_a_change_that_is_not_drawn_is_told_as_its_counts_and_nothing_is_called_listed_that_is_not(capsys):
    row = {"street": "布吉街道", "current": 1, "reference": 2.0, "difference": -1.0, "estimate": -0.5, "lower": -1.0,
           "upper": 16.11, "flag": "too_few", "note": ""}  # fmt: skip
    present(plot_area_changes, pd.DataFrame([row]), "zh")
    page = capsys.readouterr().out.partition("</table>")[0]
    assert "只列数" in page and "布吉街道" in page
    assert "变化率" not in page and "16.11" not in page
    present(plot_area_changes, pd.DataFrame([row] * 41), "zh")
    assert "只列数" not in (page := capsys.readouterr().out) and "数量太少，不画图、不比较。" in page


@pytest.mark.parametrize(
    "title",
    [
        "2021年刑事治安警情比上年下降26.15%，\n其中盗窃拉低13.4个百分点最多",  # between clauses
        "各街道的变化不一而且没有标点\n只能折成两行左右相当的标题",  # no clause: lines of like length
        "Reports were fewer in 6 months,\nmore in 4",
        "A 14,354 of 19,437",  # a number is one piece
    ],
)
def test_a_title_breaks_between_clauses_or_into_lines_of_like_length(title):
    whole = title.replace(",\n", ", ").replace("\n", "")
    assert lettering.wrap_title(whole, 22) == title


def test_a_chart_of_ones_own_shows_chinese_once_it_has_its_words(recwarn):
    with plt.rc_context({"font.family": "DejaVu Sans"}):
        _, ax = plt.subplots()
    ax.set_xlabel("月份")
    figure = style.annotate(ax, title="我的图", alt="一张空图").figure
    assert picture(figure)[1] == ""
