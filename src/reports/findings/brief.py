"""How 06 opens: the counts of a community that are public, by quarter, or the sentence that none is."""

import pandas as pd

from src.analysis.charts.labels import quarter_name
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.findings import Opening

QUARTERS_A_YEAR = 4


def opening(quarters: pd.DataFrame, lang: str, area: str) -> Opening:
    """Return how the page opens: the last quarter of each roll-up (`Report.quarters`), beside the year before."""
    title, known = sentence("brief_title", lang, area=area), quarters.dropna(subset="n")
    if known.empty:
        return Opening(sentence("brief_none", lang, area=area), [], [], title)
    statements, figures = [], []
    for code, rows in known.groupby("roll_up", sort=False):
        rule = current().roll_ups[code]
        name, unit = rule[lang], rule[f"unit_{lang}"]
        now, before = int(rows["n"].iloc[-1]), rows["n"].iloc[:-QUARTERS_A_YEAR].tail(1)
        words = {"name": name, "unit": unit, "n": now, "before": "".join(map(str, before))}
        statements.append(sentence("brief_count" if len(before) else "brief_count_alone", lang, **words))
        figures.append((name, sentence("number_with_unit", lang, number=f"{now:,}", unit=unit), ""))
    words = {"area": area, "counts": enumerated(statements, lang, "statements")}
    words["quarter"] = quarter_name(known["quarter"].iloc[-1], lang)
    return Opening(sentence("brief_key", lang, **words), figures, [], title)


def withheld(quarters: pd.DataFrame, lang: str) -> str:
    """Return in words which roll-ups of the community are not public; empty where all are."""
    missing = quarters[quarters["n"].isna()]["roll_up"].unique()
    names = enumerated((label("roll_up", code, lang) for code in missing), lang)
    return sentence("brief_withheld", lang, names=names) if names else ""
