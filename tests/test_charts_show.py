"""What a notebook shows: pictures that are small and true to what was drawn, words beside every chart."""

import base64
import io
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chart_faults import faults
from lxml import etree
from PIL import Image

from src.analysis.charts import labels, style
from src.analysis.charts.areas import plot_area_changes
from src.analysis.charts.projects import plot_participation_rate
from src.analysis.charts.trends import plot_monthly_counts, plot_weekday_hours
from src.reports import describe, outputs, pictures
from src.reports.describe import Words
from src.reports.html import block_html, table_html
from src.reports.tables import table_of


def test_a_single_small_mark_keeps_its_colour():
    axes = style.axes()
    axes.imshow(np.linspace(0, 1, 400).reshape(20, 20), cmap="Blues")
    axes.scatter([3], [3], color=style.MORE, s=26, zorder=3)
    drawn = np.asarray(Image.open(io.BytesIO(pictures.png(axes.figure)[0])).convert("RGB")).astype(int)
    plt.close(axes.figure)
    wanted = np.array([int(style.MORE[at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(drawn - wanted).max(axis=2) < 24).sum() > 20


def test_the_same_chart_is_the_same_bytes():
    made = []
    for _ in range(2):
        axes = style.axes()
        axes.bar(["甲", "乙"], [1.0, 2.0])
        made.append(pictures.png(axes.figure)[0])
        plt.close(axes.figure)
    assert made[0] == made[1]


def test_a_character_that_no_font_has_is_told():
    axes = style.axes()
    nowhere = "\U0010fffd"  # of the private plane, where no font of any machine has a character
    axes.set_xlabel(nowhere)
    with pytest.warns(UserWarning, match="Glyph"):
        assert pictures.png(axes.figure)[1] == nowhere
    plt.close(axes.figure)


def test_a_chart_without_words_or_with_a_short_alt_text_is_refused_where_it_is_shown():
    ax = style.axes()
    with pytest.raises(ValueError, match="the chart has no words"):
        outputs.show(ax, pd.DataFrame({"x": [1]}))
    with pytest.raises(ValueError, match=r"the alt text '图' is too short .* 12 characters"):
        outputs.show(ax, words=Words("我的图", alt="图"))


@pytest.mark.parametrize("flags", [["", ""], ["", "too_few"]])
def test_a_column_of_remarks_is_shown_where_there_is_one(flags):
    html = table_html(table_of(pd.DataFrame({"x": [1, 2], "flag": flags}), "图"))
    assert ("提示" in html.partition("</table>")[0]) is any(flags)
    encoded = re.search(r"base64,([^\"]*)", html)[1]
    assert base64.b64decode(encoded).decode("utf-8-sig").splitlines()[0].count(",") == 1  # the download has it always


def test_a_table_says_how_narrow_each_column_may_become():
    row = {"a": "沙塘布社区路口秩序治理项目", "b": "龙岭社区", "c": 1234567, "d": "长" * 400, "e": "mismanagement"}
    html = table_html(table_of(pd.DataFrame([row, dict.fromkeys(row, "—") | {"c": 1}]), "表"))
    cut, whole, number, most, word = (float(room) * 0.92 for room in re.findall(r";min-width:([\d.]+)em", html))
    assert 5 < cut < 13 / 2  # a text is broken, but not at every word
    assert whole == pytest.approx(4 + 0.85, rel=0.01)  # a short name is not
    assert number > style.drawn("1,234,567")
    assert most == pytest.approx(12.85, rel=0.01)  # no column takes all the room
    assert word > style.drawn("mismanagement")
    told = float(re.search(r"--em:([\d.]+)", html)[1])
    assert told == pytest.approx(cut + whole + number + most + word, abs=1.5)


@pytest.mark.parametrize(
    ("make", "ticks"), [(labels.rate_axis, ["0", "0.2", "0.4", "0.6", "0.8"]), (labels.count_axis, ["0"])]
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


@pytest.fixture
def blocks(monkeypatch):
    """What was shown: each block's name, text and content."""
    shown = []

    def display_block(block, text, png=b"", svg="", **content):
        shown.append((block, text, {"block": block, **content}))

    monkeypatch.setattr(outputs, "display_block", display_block)
    return shown


def test_a_change_that_is_not_drawn_is_told_as_its_counts_and_nothing_is_called_listed_that_is_not(blocks):
    row = {"street": "布吉街道", "current": 1, "reference": 2.0, "difference": -1.0, "estimate": -0.5, "lower": -1.0,
           "upper": 16.11, "flag": "too_few", "note": ""}  # fmt: skip
    for rows in (1, 41):
        table = pd.DataFrame([row] * rows)
        outputs.show(plot_area_changes(table), table, describe.area_changes(table))
    (kind, told, _), (_, _, listed), (_, many, _) = blocks
    assert kind == "sentence" and "只列数" in told
    page = block_html(listed).partition("</table>")[0]
    assert "布吉街道" in page and "变化率" not in page and "16.11" not in page
    assert "只列数" not in many and "数量太少，不画图、不比较。" in many


def test_where_there_is_no_record_nothing_is_shown(blocks):
    table = pd.DataFrame({"street": ["布吉街道"], "x": [0], "n": [0], "estimate": [float("nan")], "flag": [""]})
    outputs.show(plot_area_changes(table), table)
    assert blocks == []


def test_a_chart_stands_between_its_words_and_before_its_table(blocks):
    words = Words("标题 <b>", "一句话。", "口径。", "一条线，从一到二，逐步上升", method="xmr")
    ax = style.axes()
    ax.plot([1, 2])
    outputs.show(ax, pd.DataFrame({"x": [1, 2]}), words)
    html = block_html(blocks[0][-1], '<img alt="一条线，从一到二，逐步上升">')
    order = [
        "标题 &lt;b&gt;",
        'alt="一条线，从一到二，逐步上升"',
        "一句话。",
        "口径。",
        "<details>",
        "</table>",
    ]
    places = [html.index(part) for part in order]
    assert places == sorted(places)
    assert blocks[0][-1]["title"] == "标题 <b>"
    assert ax.figure.number not in plt.get_fignums()


def test_a_script_is_shown_words_and_no_picture(capsys):
    ax = style.axes()
    outputs.show(ax, words=Words("标题", "一句话。", "口径。", "一条线，从一到二，逐步上升"))
    assert capsys.readouterr().out == "标题\n一句话。\n口径。\n"


MONTHLY = pd.DataFrame({"month": pd.date_range("2020-01-01", periods=24, freq="MS"), "estimate": range(100, 124)})
MONTHLY = MONTHLY.assign(lower=MONTHLY["estimate"] - 9, upper=MONTHLY["estimate"] + 9)


def size(figure):
    """The width and height of a picture, of which nothing is cut off."""
    return Image.open(io.BytesIO(pictures.png(figure)[0])).size


def test_an_open_chart_takes_a_title_a_colour_and_a_size():
    ax = plot_monthly_counts(MONTHLY)
    assert ax.figure.number in plt.get_fignums()
    assert [line.get_label() for line in ax.lines] == ["2020", "2021"]
    assert (ax.get_title(), ax.get_ylabel()) == ("", "每月（宗）")
    high = size(ax.figure)[1]
    ax.set_title("我的标题")
    next(line for line in ax.lines if line.get_label() == "2021").set_color("#c02020")
    assert size(ax.figure)[1] > high  # there is made room for the title
    assert ax.get_title() == "我的标题"
    ax.set_title("")
    ax.figure.set_size_inches(9, 3)
    assert size(ax.figure) == (9 * 144, 3 * 144)
    assert faults(ax.figure) == []
    drawn = np.asarray(Image.open(io.BytesIO(pictures.png(ax.figure)[0])).convert("RGB")).astype(int)
    assert (np.abs(drawn - [0xC0, 0x20, 0x20]).max(axis=2) < 40).sum() > 100


def test_a_chart_drawn_into_axes_of_ones_own_leaves_the_figure_as_it_is():
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
    assert plot_monthly_counts(MONTHLY, ax=left) is left
    assert plot_weekday_hours(pd.DataFrame({"weekday": [0], "hour": [1], "x": [1], "estimate": [1.0]}), right) is right
    assert tuple(figure.get_size_inches()) == (9, 3)


OWN = """
import warnings
warnings.simplefilter("error")
import matplotlib.pyplot as plt, pandas as pd
{first}
from src.analysis import use_style
use_style()
fig, ax = plt.subplots()
ax.bar(["平湖街道", "布吉街道"], [1, 2])
ax.set_title("每月收入 $5 与 $6 {{甲}}")
fig.canvas.draw()
print(ax.title.get_window_extent().width > 100, ax.title.get_fontfamily()[0], ax.spines["top"].get_visible())
"""


@pytest.mark.parametrize("first", ["", "from src.analysis import use_style; use_style(); plt.figure()"])
def test_a_chart_of_ones_own_has_the_house_style_and_chinese_as_the_first_of_a_session(first):
    code = OWN.format(first=first)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == f"True {style.FAMILY} False", done.stderr


def test_texts_mean_themselves(recwarn):
    table = pd.DataFrame({"street": ["$甲$街道", "{b}_^%"], "x": [5, 9], "n": [9, 19]})
    table = table.assign(estimate=table["x"] / table["n"], lower=0.1, upper=0.9, flag="")
    ax = plot_participation_rate(table)
    ax.set_title("$x^2$ {0}")
    assert pictures.png(ax.figure)[1] == ""
    assert not any(text.get_parse_math() for text in (ax.title, *ax.get_yticklabels()))
    assert [label.get_text()[:3] for label in ax.get_yticklabels()] == ["{b}", "$甲$"]
    assert not recwarn


def test_powers_of_ten_on_a_chart_of_ones_own_stay_powers():
    style.use_style()
    _, ax = plt.subplots()
    ax.plot([1, 1000], [1, 1000])
    ax.set_yscale("log")
    pictures.png(ax.figure)
    assert all(label.get_parse_math() for label in ax.get_yticklabels())


def test_a_chart_of_ones_own_without_the_house_style_shows_chinese_on_a_page(recwarn):
    with plt.rc_context({"font.family": "DejaVu Sans"}):
        _, ax = plt.subplots()
    ax.set_xlabel("月份")
    assert pictures.png(ax.figure)[1] == ""


def test_the_unit_of_an_axis_stays_where_it_is_when_room_is_made_for_a_wide_title():
    ax = plot_monthly_counts(MONTHLY)
    ax.figure.canvas.draw()
    before = ax.yaxis.label.get_window_extent().x0
    ax.set_title("很长的标题" * 20)
    drawn = np.asarray(Image.open(io.BytesIO(pictures.png(ax.figure)[0])).convert("L"))
    shift = (drawn.shape[1] - ax.figure.get_figwidth() * 144) / 2
    below = drawn[45:70]  # the line of the unit, under the title
    assert np.argmax((below < 160).any(axis=0)) > before + shift / 2


def test_a_chart_on_a_page_keeps_its_texts_and_takes_the_pages_colours_and_letters():
    made = []
    for _ in range(2):
        ax = style.axes()
        ax.plot([0, 1], color=style.ACCENT)
        ax.set_title('0.12345 "甲"  <b>', fontweight="bold")
        made.append(pictures.svg(ax.figure, "一条线 <b>")[0])
        plt.close(ax.figure)
    assert made[0] == made[1]
    drawn = etree.fromstring(re.sub(r"xlink:", "", made[0]))
    assert drawn.get("aria-label") == "一条线 <b>"
    assert '0.12345 "甲"  <b>' in [text.text for text in drawn.iter("text")]
    assert "var(--c-accent)" in made[0] and style.ACCENT not in made[0]
    assert "Report Sans" not in made[0]


def test_a_dense_scatter_is_an_image_within_and_a_light_one_is_not():
    for points, expected in ((pictures.DENSE + 1, "light"), (10, "house")):
        ax = style.axes()
        ax.scatter(range(points), range(points))
        drawn = pictures.svg(ax.figure, "许多点的散点图")[0]
        plt.close(ax.figure)
        assert f'<svg class="{expected}"' in drawn
        assert ("data:image/png" in drawn) is (expected == "light")


def test_a_line_that_is_given_another_colour_gives_it_to_its_name():
    months = pd.date_range("2020-01-01", periods=24, freq="MS")
    table = pd.DataFrame({"month": months, "estimate": range(100, 124), "lower": 90, "upper": 130})
    ax = plot_monthly_counts(table)
    names = {text.get_text(): text for text in ax.texts}
    ax.figure.canvas.draw()
    before = names["2020"].get_color()
    next(line for line in ax.lines if line.get_label() == "2021").set_color("#c02020")
    drawn = pictures.svg(ax.figure, "")
    assert (names["2021"].get_color(), names["2020"].get_color()) == ("#c02020", before)
    assert "c02020" in str(drawn)


def test_a_control_character_in_a_name_is_drawn_as_a_space():
    table = pd.DataFrame({"street": ["甲\x07街\n道", "乙街道"], "x": [5, 6], "n": [9, 9], "estimate": [0.5, 0.6]})
    table = table.assign(lower=0.3, upper=0.8, flag="")
    ax = plot_participation_rate(table)
    assert [text.get_text().split("（")[0] for text in ax.get_yticklabels()] == ["乙街道", "甲 街 道"]


def test_marks_of_one_line_state_their_style_once():
    ax = style.axes()
    ax.plot(range(9), marker="o")
    drawn = pictures.svg(ax.figure, "一条带点的线")[0]
    marks = re.search(r"<g style=[^>]*>((?:<use [^>]*/>){9})</g>", drawn)[1]
    assert "style" not in marks
