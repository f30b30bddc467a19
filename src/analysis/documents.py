"""What the documentation takes from the code: the data dictionary, and the README's chart in both languages."""

from collections.abc import Iterator
from pathlib import Path

from src.analysis import paths, tables, vocabulary


def write_documents() -> Iterator[Path]:
    """Write each document below the repository and yield its path; the chart shows the data in use."""
    dictionary = paths.ROOT / "data" / "README.md"
    dictionary.write_text(tables.dictionary(), encoding="utf-8", newline="\n")
    yield dictionary
    for lang in vocabulary.LANGS:
        chart = paths.ROOT / "docs" / f"trend.{lang}.png"
        chart.write_bytes(trend(lang))
        yield chart


def trend(lang: str) -> bytes:
    """Return the chart that the README shows: headline reports of the last year by month, beside the years before."""
    import matplotlib.pyplot as plt

    from src.analysis.charts.show import picture
    from src.analysis.charts.trends import plot_monthly_counts
    from src.analysis.loading import load_incidents
    from src.analysis.stats.counts import HEADLINE, monthly_counts, roll_up_mask
    from src.analysis.store import build

    incidents = load_incidents()
    name = vocabulary.label("roll_up", HEADLINE, lang)
    if build().synthetic:
        name = vocabulary.sentence("synthetic_name", lang, name=name)
    axes = plot_monthly_counts(monthly_counts(incidents[roll_up_mask(incidents, HEADLINE)]), lang=lang, name=name)
    png, _ = picture(axes.figure)
    plt.close(axes.figure)
    return png
