"""The chart of notebook 06: what is published of a community, quarter by quarter."""

import pandas as pd
from matplotlib.axes import Axes

from src.analysis.charts import scales, style
from src.analysis.charts.lettering import wrap
from src.analysis.stats.counts import HEADLINE
from src.codebook.vocabulary import label

NAMES = 13  # font sizes that a name beside its line may be wide


@style.chart
def plot_quarters(table: pd.DataFrame, ax: Axes | None = None, lang: str = "zh") -> Axes:
    """Draw a line for each roll-up (`roll_up`, `quarter`, `n`), named at its end; blue is the headline's."""
    quarters = sorted(pd.to_datetime(table["quarter"].unique()))
    names = {code: label("roll_up", code, lang) for code in table["roll_up"].unique()}
    broken = {code: wrap(name, NAMES) for code, name in names.items()}
    ax = style.axes(ax, size=(style.WIDTH, 2.75), right=0.3 + style.inches(broken.values()), bottom=0.55)
    ends = []
    for code, rows in table.sort_values("quarter").groupby("roll_up", sort=False):
        colour = style.ACCENT if code == HEADLINE else style.MUTED
        places, counts = [quarters.index(day) for day in rows["quarter"]], rows["n"].astype(float)
        ax.plot(places, counts, color=colour, marker="o", markersize=3, label=names[code])
        ends.append((counts.iloc[-1], broken[code], colour))
    begins = [place == 0 or day.quarter == 1 for place, day in enumerate(quarters)]
    years = [f"\n{day.year}" if begun else "" for day, begun in zip(quarters, begins, strict=True)]
    ax.set_xticks(range(len(quarters)), [f"Q{day.quarter}{year}" for day, year in zip(quarters, years, strict=True)])
    scales.count_axis(ax.yaxis, lang, "per_quarter")
    style.name_ends(ax, ends, lines=max(name.count("\n") + 1 for name in broken.values()))
    return ax
