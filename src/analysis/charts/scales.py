"""What an axis reads: counts, rates, shares, changes; called after drawing."""

from typing import TYPE_CHECKING

from src.analysis.charts import style
from src.codebook.vocabulary import sentence

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
