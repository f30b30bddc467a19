"""The chart of notebook 06: what is told of a community, quarter by quarter."""

import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.lettering import wrap
from src.analysis.charts.words import quarter_name
from src.analysis.stats.counts import HEADLINE
from src.codebook.vocabulary import enumerated, label, sentence, threshold

NAMES = 13  # font sizes that a name beside its line may be wide


def plot_quarters(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh", area: str = "") -> Axes:
    """Draw a line for each roll-up (`roll_up`, `quarter`, `n`), named at its end; blue is the headline's."""
    last = table[table["quarter"].eq(table["quarter"].max())].sort_values("n")
    labels = [label("roll_up", code, lang) for code in last["roll_up"]]
    labels = [wrap(name, NAMES) for name in labels]
    ax = style.axes(ax, size=(style.WIDTH, 2.75), right=0.3 + style.inches(labels), bottom=0.55)
    quarters = sorted(table["quarter"].unique())
    gap = max(name.count("\n") + 1 for name in labels) * float(table["n"].max()) / 14
    height = -gap
    for code, name in zip(last["roll_up"], labels, strict=True):
        rows = table[table["roll_up"].eq(code)].sort_values("quarter")
        places = [quarters.index(day) for day in rows["quarter"]]
        colour = style.ACCENT if code == HEADLINE else style.MUTED
        ax.plot(places, rows["n"].astype(float), color=colour, marker="o", markersize=3)
        height = max(float(rows["n"].iloc[-1]), height + gap)
        style.beside(ax, name, (places[-1], height), 6, color=colour)
    days = [pd.Timestamp(day) for day in quarters]
    begins = [place == 0 or day.quarter == 1 for place, day in enumerate(days)]
    years = [f"\n{day.year}" if begun else "" for day, begun in zip(days, begins, strict=True)]
    ax.set_xticks(range(len(days)), [f"Q{day.quarter}{year}" for day, year in zip(days, years, strict=True)])
    scales.count_axis(ax.yaxis, lang, "per_quarter")
    told = [_series(rows, lang) for _, rows in table.groupby("roll_up", sort=False)]
    words = enumerated(told, lang, "statements") + sentence("quarters_alt_end", lang)
    return style.annotate(
        ax, title=sentence("quarters_title", lang, area=area), alt=sentence("quarters_alt", lang, told=words),
        caption=sentence("brief_caption", lang, base=threshold("public_round_to")), sentence=words, lang=lang,
    )  # fmt: skip


def _series(rows: pd.DataFrame, lang: str) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    words = {"name": label("roll_up", first["roll_up"], lang), "n_first": int(first["n"]), "n_last": int(last["n"])}
    words |= {"first": quarter_name(first["quarter"], lang), "last": quarter_name(last["quarter"], lang)}
    return sentence("quarters_series", lang, **words)
