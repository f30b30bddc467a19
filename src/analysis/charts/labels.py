"""What rows, places and months are called on a chart, and what an axis reads: counts, rates, shares, changes."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from src.analysis.charts import style
from src.analysis.interface import GROUPS
from src.analysis.stats.counts import HEADLINE
from src.codebook.messages import in_text
from src.codebook.periods import parse_period
from src.codebook.vocabulary import PLACES, both, current, label, sentence


def grouped_by(table: pd.DataFrame) -> str:
    """Return by what a tidy table is grouped, of a place with its street the place.

    Raises `ValueError` where it is grouped by nothing, or by several things: its rows cannot stand in one list.
    """
    groups = [name for name in GROUPS if name in table and not (name == "street" and "community" in table)]
    if len(groups) != 1:
        key = "grouped_by_several" if groups else "grouped_by_nothing"
        raise ValueError(both(key, groups=", ".join(groups), allowed=", ".join(GROUPS)))
    return groups[0]


def row_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the rows of a tidy table are called: labels of codes, names of places, months."""
    if pd.api.types.is_datetime64_any_dtype(table[by]):
        return [short_month(month, lang) for month in table[by]]
    known = by in current().codes or by in ("kind", "roll_up")
    return [label(by, value, lang) if known else value for value in table[by].fillna(sentence("not_stated", lang))]


def with_place_names(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table whose streets and communities have the names of the reader's language, where these are known."""
    if lang == "zh":
        return table
    named = {name: [label(name, place, lang) for place in table[name]] for name in PLACES if name in table}
    return table.assign(**named)


def place_name(row: Mapping[str, str], lang: str) -> str:
    """Return the name of a community with its street."""
    return sentence("place", lang, **{name: label(name, row[name], lang) for name in PLACES})


def with_counts(names: Iterable[str], table: pd.DataFrame, lang: str) -> list[str]:
    """Return the names of rows, each with its `x` of `n` in brackets."""
    return [
        name + sentence("listed_aside", lang, listed=f"{x:,}/{n:,}")
        for name, x, n in zip(names, table["x"], table["n"], strict=True)
    ]


def with_flags(names: Iterable[str], flags: Iterable[str], shown: Collection[str], lang: str) -> list[str]:
    """Return the names of rows, in brackets the flag of those whose flag is `shown`: 光华社区（新增）."""
    remarks = {
        flag: sentence("listed_aside", lang, listed=within_text(label("flag", flag, lang), lang)) for flag in shown
    }
    return [name + remarks.get(flag, "") for name, flag in zip(names, flags, strict=True)]


def within_text(name: str, lang: str) -> str:
    """Return the name of what is no place as it stands within a sentence: in English it begins small."""
    return in_text(name) if lang == "en" else name


def headline_unit(lang: str) -> str:
    """Return in what the headline is counted: 宗, reports."""
    return current().roll_ups[HEADLINE][f"unit_{lang}"]


def month_of_year(month: int, lang: str) -> str:
    """Return a month without its year: 3月, March."""
    return sentence("month_name", lang, month=month, name=f"{pd.Timestamp(2000, month, 1):%B}")


def short_month(month: pd.Timestamp, lang: str) -> str:
    """Return a month as an axis shows it: 3月, Mar."""
    return f"{month.month}月" if lang == "zh" else f"{month:%b}"


def month_name(month: pd.Timestamp, lang: str) -> str:
    """Return a month with its year: 2021年3月, March 2021."""
    return parse_period(f"{month:%Y-%m}").label(lang)


def quarter_name(day: pd.Timestamp, lang: str) -> str:
    """Return what the quarter that begins on a day is called: 2021年第3季度, 2021 Q3."""
    return sentence("date.quarter", lang, year=day.year, quarter=day.quarter, day=day)


if TYPE_CHECKING:
    from matplotlib.axis import Axis

UNIT = 0.2  # inches that the unit of an axis takes


def short_count(count: float, lang: str = "zh") -> str:
    """Return a count as an axis shows it: 1.2万 in Chinese from ten thousand on, 12,000 in English; 0.2 a day."""
    if lang == "zh" and abs(count) >= 10_000:
        return f"{count / 10_000:g}万"
    return f"{count:,.10g}"


def count_axis(axis: "Axis", lang: str, what: str, **words: object) -> None:
    """Make an axis of counts: from zero, whole numbers, light lines across; `what` as in `rate_axis`."""
    rate_axis(axis, lang, what, **words)
    ticks(axis, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10])


def rate_axis(axis: "Axis", lang: str, what: str, **words: object) -> None:
    """Make an axis of counts a day, an hour or per head: from zero, light lines across.

    `what`: what it counts, as the vocabulary has it (`axis`, with its `words`).
    """
    unit(axis, sentence("axis", lang, case=what, **words))
    ticks(axis, steps=[1, 2, 5, 10])
    axis.set_major_formatter(lambda value, _: short_count(value, lang))
    _from_zero(axis)


def share_axis(axis: "Axis") -> None:
    """Make an axis of shares (0 to 1) that reads in per cent: from zero, light lines across."""
    ticks(axis, steps=[1, 2, 2.5, 5, 10])
    axis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    _from_zero(axis)


def change_axis(axis: "Axis", lang: str, what: str = "") -> None:
    """Make an axis of changes: signs on its numbers, a line at no change, light lines.

    They are relative and read in per cent, or in `what` the vocabulary says (`axis`), which stands at its end.
    """
    if what:
        unit(axis, sentence("axis", lang, case=what))
    scale, mark = (1, "") if what else (100, "%")
    (axis.axes.axvline if axis.axis_name == "x" else axis.axes.axhline)(0, color=style.INK, linewidth=0.8)
    ticks(axis, steps=[1, 2, 2.5, 5, 10])
    axis.set_major_formatter(lambda value, _: f"{scale * value:+g}{mark}".replace("-", "−") if value else "0")
    axis.grid(True)


def unit(axis: "Axis", text: str) -> None:
    """Write at the end of an axis what its numbers count (its label), and make room for it."""
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    ax = axis.axes
    figure, across = ax.get_figure(root=True), axis.axis_name == "x"
    if hasattr(figure, "margins_in"):
        wide, high = figure.get_size_inches()
        left, right, bottom, top = figure.margins_in
        figure.set_size_inches(wide, high + UNIT)
        figure.margins_in = (left, right, bottom + UNIT * across, top + UNIT * (not across))
        style.lay_out(figure)
    axis.set_label_text(text, color=style.MUTED, fontsize=style.SMALL)
    # Below the numbers at the right, or above them: from the left edge of a figure of ours, else of the axes.
    down = ScaledTranslation(0, -20 / 72 if across else 5 / 72, figure.dpi_scale_trans)
    if across:
        axis.label.set(ha="right", va="top")
        axis.set_label_coords(1, 0, ax.transAxes + down)
        return
    axis.label.set(rotation=0, ha="left", va="bottom", rotation_mode="default")
    ours = hasattr(figure, "margins_in")
    left = blended_transform_factory(figure.transFigure, ax.transAxes) if ours else ax.transAxes
    axis.set_label_coords(0.1 / figure.get_figwidth() if ours else 0, 1, left + down)


def ticks(axis: "Axis", **rules: object) -> None:
    """Give an axis few round ticks, by the rules of `MaxNLocator`."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(**{"nbins": 5, **rules}))


def _from_zero(axis: "Axis") -> None:
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(0, None)
    axis.grid(True)
