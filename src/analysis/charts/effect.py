"""Charts of notebook 04: the months around the start, the checks, shuffled starts, the fields beside each other."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from src.analysis.charts import scales, style
from src.analysis.charts.labels import with_counts, with_flags
from src.codebook.vocabulary import label, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

PERCENT = ("estimate_pct", "lower_pct", "upper_pct", "planted_pct", "detectable_pct")
CHECKS = ("with_leads", "sign_flips_trend", "drop_one_street", "lead_bin", "placebo_outcome", "placebo_dates", "naive")
WHOLE = 2  # the first month after the start that a project ran in full


@style.chart
def plot_event_study(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the months around the start with their intervals (`event_study`)."""
    ax = style.axes(ax, size=(style.WIDTH, 2.6), bottom=0.55)
    month = table["event_month"]
    colours = np.where(month >= WHOLE, style.ACCENT, np.where(month < 0, style.MUTED, style.LIGHT))
    ax.axhline(0, color=style.INK, linewidth=0.8)
    ax.axvline(-0.5, color=style.MUTED, linewidth=1, linestyle=style.DASHED)
    ax.vlines(month, table["lower_pct"], table["upper_pct"], color=colours, linewidth=1.6)
    ax.scatter(month, table["estimate_pct"], color=colours, s=22, zorder=3)
    ax.set_xticks(month, [f"{m:d}".replace("-", "−") for m in month])
    ax.set_xlabel(sentence("event_axis", lang))
    _percent_axis(ax.yaxis)
    return ax


@style.chart
def plot_effect_checks(
    table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", effect: pd.DataFrame | None = None
) -> "Axes":
    """Draw the checks of an effect (`effect_checks`), below the main estimate (`effect`, a `programme_effect`)."""
    checks = table.set_index("check")
    shown = checks.loc[[name for name in CHECKS if pd.notna(checks.loc[name, "estimate"])]]
    if effect is not None:
        shown = pd.concat([effect.assign(check="effect", flag="").set_index("check")[list(checks)], shown])
    shown = shown.iloc[::-1]
    names = with_flags([label("check", name, lang) for name in shown.index], shown["flag"], ("fails",), lang)
    ax, _ = style.rows(names, ax, right=0.4)
    colours = {"effect": style.ACCENT, "naive": style.LIGHT}
    ax.axvline(0, color=style.INK, linewidth=0.8)
    style.intervals(ax, _in_percent(shown), [colours.get(name, style.MUTED) for name in shown.index], size=24)
    _percent_axis(ax.xaxis)
    return ax


@style.chart
def plot_permutations(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh", found: float = 0.0) -> "Axes":
    """Draw what shuffled starts give (`Study.permutations`, log points) and where the one found lies."""
    import seaborn as sns

    ax = style.axes(ax, size=(style.WIDTH, 1.8), left=0.3, right=0.4)
    here = np.expm1(found)
    sns.histplot(x=np.expm1(table["estimate"].to_numpy(float)), bins=30, color=style.LIGHT, alpha=1, linewidth=0, ax=ax)
    ax.axvline(here, color=style.ACCENT, linewidth=2)
    ax.set_yticks([])  # only the shape and the place of the line matter
    ax.set_ylabel("")
    ax.spines["left"].set_visible(False)
    _percent_axis(ax.xaxis)
    ax.grid(False, axis="x")
    right = here > sum(ax.get_xlim()) / 2  # written towards the middle
    place = {"xycoords": ("data", "axes fraction"), "color": style.ACCENT}
    change = f"{100 * here:+.1f}%".replace("-", "−")
    style.beside(ax, sentence("chance_here", lang, change=change), (here, 0.93), -6 if right else 6, **place)
    return ax


@style.chart
def plot_effects_by_field(table: pd.DataFrame, ax: "Axes | None" = None, lang: str = "zh") -> "Axes":
    """Draw the fields beside each other (`effects_by_field`), in the order of the vocabulary."""
    shown = table[table["flag"].ne("too_few")].iloc[::-1]
    names = with_counts([label("field", field, lang) for field in shown["field"]], shown, lang)
    ax, places = style.rows(names, ax, each=0.32, room=0.6, right=0.4)
    holds = shown["flag"].eq("earned")
    ax.axvline(0, color=style.INK, linewidth=0.8)
    lines, dots = (np.where(holds, style.ACCENT, other) for other in (style.LIGHT, style.MUTED))
    style.intervals(ax, _in_percent(shown), lines, dots, width=1.8)
    if "planted_pct" in shown:
        hollow = {"facecolors": "none", "edgecolors": style.INK, "linewidths": 1.2, "marker": "D", "s": 34}
        ax.scatter(shown["planted_pct"], places, zorder=4, **hollow)
    _percent_axis(ax.xaxis)
    return ax


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: table[f"{name}_pct"] for name in ("lower", "estimate", "upper")})


def _percent_axis(axis: "Axis") -> None:
    scales.ticks(axis, nbins=6, steps=[1, 2, 2.5, 5, 10])
    axis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}%".replace("-", "−").replace("+0%", "0"))
    axis.grid(True)
