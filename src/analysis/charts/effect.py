"""Charts of notebook 04: the months around the start, the checks, shuffled starts, the fields beside each other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from src.analysis.charts import style
from src.analysis.charts.words import marked, told_counts, with_counts
from src.codebook.vocabulary import current, enumerated, label, sentence, threshold

PERCENT = ("estimate_pct", "lower_pct", "upper_pct", "planted_pct")
SHOWN = ("with_leads", "drop_one_street", "lead_bin", "placebo_outcome", "placebo_dates", "naive")


def told(change: float, lang: str) -> str:
    """Return a difference in words that carry its sign: 少10.1%, 10.1% fewer."""
    pct = round(100 * abs(change), 1)
    return sentence("effect_same" if not pct else "effect_fewer" if change < 0 else "effect_more", lang, pct=pct)


def told_interval(lower: float, upper: float, lang: str) -> str:
    """Return the limits of a difference in words: 95%区间少5.2%至14.6%."""
    key = "fewer" if upper < 0 else "more" if lower > 0 else "both"
    low, high = {"fewer": (-upper, -lower), "more": (lower, upper), "both": (-lower, upper)}[key]
    return sentence(f"effect_interval_{key}", lang, low=100 * low, high=100 * high)


def told_p(p: float, lang: str) -> str:
    """Return a p as texts print it."""
    return sentence("p_small", lang) if p < 0.001 else sentence("p_value", lang, p=f"{p:.{3 if p < 0.1 else 2}f}")


def outcome_of(field: str, lang: str) -> str:
    """Return what the incidents of a field's kinds are called."""
    entry = current().sentences.get(f"effect_outcome_{field}")
    return entry[lang] if entry else label("field", field, lang)


def plot_event_study(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", field: str = "", leads_p: float = 1.0
) -> Axes:
    """Draw the months around the start with their intervals (`event_study`); `leads_p`: that those before are zero."""
    ax = style.axes(ax, size=(style.WIDTH, 2.6), bottom=0.55)
    month = table["event_month"]
    full, before = month >= 2, month < 0
    colours = np.where(full, style.ACCENT, np.where(before, style.MUTED, style.LIGHT))
    ax.axhline(0, color=style.INK, linewidth=0.8)
    ax.axvline(-0.5, color=style.MUTED, linewidth=1, linestyle=style.DASHED)
    ax.vlines(month, table["lower_pct"], table["upper_pct"], color=colours, linewidth=1.6)
    ax.scatter(month, table["estimate_pct"], color=colours, s=22, zorder=3)
    ax.set_xticks(month, [f"{m:d}".replace("-", "−") for m in month])
    ax.set_xlabel(sentence("event_axis", lang))
    _percent_axis(ax.yaxis)
    fails = leads_p <= 1 - threshold("confidence")
    words = {"field": label("field", field, lang), "outcome": outcome_of(field, lang), "last": int(month.max())}
    below, above = (int((full & apart).sum()) for apart in (table["upper"] < 0, table["lower"] > 0))
    months = int(full.sum())
    counts = {"below_zero": below, "above_zero": above, "about_zero": months - below - above}
    words |= {"leads_p": told_p(leads_p, lang), "months": months, "k": below}
    words["counted"] = told_counts(counts, "months", lang)
    title = "title_before" if fails else "title_quiet" if below else "title_none"
    return style.tell(ax, "event", lang, words, title=title, percent=PERCENT, method="event_study")


def plot_effect_checks(table: pd.DataFrame, effect: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the main estimate (`programme_effect`) above its checks (`effect_checks`)."""
    checks = table.set_index("check")
    names = [name for name in SHOWN if pd.notna(checks.loc[name, "estimate"])]
    main = effect.assign(check="effect", flag="").set_index("check")
    shown = pd.concat([main[list(checks)], checks.loc[names]]).iloc[::-1]
    labels = marked([label("check", name, lang) for name in shown.index], shown["flag"], ("fails",), lang)
    ax, _ = style.rows(labels, ax, right=0.4)
    colours = np.where(
        shown.index == "effect", style.ACCENT, np.where(shown.index == "naive", style.LIGHT, style.MUTED)
    )
    ax.axvline(0, color=style.INK, linewidth=0.8)
    style.intervals(ax, _in_percent(shown), colours, size=24)
    _percent_axis(ax.xaxis)
    failed = [label("check", name, lang) for name in checks.index[checks["flag"].eq("fails")]]
    words = {
        "field": label("field", effect["field"].iloc[0], lang),
        "told": told(effect["estimate_pct"].iloc[0], lang),
        "naive": told(checks.loc["naive", "estimate_pct"], lang),
        "failed": enumerated(failed, lang),
        "breakdown": checks.loc["breakdown", "estimate"],
    }
    said = "sentence_some" if failed else "sentence_all"
    return style.tell(ax, "checks", lang, words, said=said, percent=PERCENT, method="effect_checks")


def plot_permutations(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", found: float = 0.0) -> Axes:
    """Draw what shuffled starts give (`Study.permutations`, log points) and where the one found lies."""
    ax = style.axes(ax, size=(style.WIDTH, 1.8), left=0.3, right=0.4)
    drawn = np.expm1(table["estimate"].to_numpy(float))
    ax.hist(drawn, bins=30, color=style.LIGHT)
    ax.axvline(np.expm1(found), color=style.ACCENT, linewidth=2)
    ax.set_yticks([])  # only the shape and the place of the line matter
    ax.spines["left"].set_visible(False)
    _percent_axis(ax.xaxis)
    ax.grid(False, axis="x")
    draws, as_large = len(table), int(table["estimate"].abs().ge(abs(found)).sum())
    words = {"told": told(np.expm1(found), lang), "draws": draws, "k": as_large}
    words["chance_p"] = told_p((1 + as_large) / (1 + draws), lang)
    here, low = np.expm1(found), ax.get_xlim()[0]
    right = here - low > (ax.get_xlim()[1] - low) / 2  # written towards the middle
    place = {"xycoords": ("data", "axes fraction"), "color": style.ACCENT}
    style.beside(ax, sentence("chance_here", lang, **words), (here, 0.93), -6 if right else 6, **place)
    return style.tell(ax, "chance", lang, words, method="effect_checks")


def plot_effects_by_field(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw the fields beside each other (`effects_by_field`), in the order of the vocabulary."""
    shown = table[table["flag"].ne("too_few")].iloc[::-1]
    labels = with_counts([label("field", field, lang) for field in shown["field"]], shown, lang)
    ax, places = style.rows(labels, ax, each=0.32, room=0.6, right=0.4)
    holds = shown["flag"].eq("earned")
    ax.axvline(0, color=style.INK, linewidth=0.8)
    lines, dots = (np.where(holds, style.ACCENT, other) for other in (style.LIGHT, style.MUTED))
    style.intervals(ax, _in_percent(shown), lines, dots, width=1.8)
    if "planted_pct" in shown:
        hollow = {"facecolors": "none", "edgecolors": style.INK, "marker": "D", "s": 34}
        ax.scatter(shown["planted_pct"], places, zorder=4, **hollow)
    _percent_axis(ax.xaxis)
    caption = sentence("fields_caption", lang, tested=len(shown), chance=len(shown) * (1 - threshold("confidence")))
    if "planted_pct" in shown:
        caption = f"{caption}{'' if lang == 'zh' else ' '}{sentence('fields_caption_planted', lang)}"
    by_flag = {flag: _listed(table, flag, lang) for flag in ("earned", "withheld")}
    words = {"tested": len(shown), "earned": int(shown["flag"].eq("earned").sum())}
    return style.annotate(
        ax, title=sentence("fields_title" if words["earned"] else "fields_title_none", lang, **words),
        alt=sentence("fields_alt", lang), caption=caption, sentence=sentence("fields_sentence", lang, **by_flag),
        percent=PERCENT, method="programme_effect", lang=lang,
    )  # fmt: skip


def _listed(table: pd.DataFrame, flag: str, lang: str) -> str:
    names = [label("field", field, lang) for field in table.loc[table["flag"].eq(flag), "field"]]
    return enumerated(names, lang) or sentence("none", lang)


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: table[f"{name}_pct"] for name in ("lower", "estimate", "upper")})


def _percent_axis(axis: Axis) -> None:
    low, high = axis.get_view_interval()
    places = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    axis.set_ticks([place for place in places if low <= place <= high])
    axis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}%".replace("-", "−").replace("+0%", "0"))
    axis.grid(True)
