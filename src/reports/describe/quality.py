"""Words of notebook 01: from delivered lines to clean rows, and who has delivered which month."""

import pandas as pd

from src.analysis.charts.trends import with_row_names
from src.codebook.vocabulary import case_of, enumerated, sentence
from src.reports.describe.phrases import list_text
from src.reports.describe.words import Words, compose, joined, of_table


@of_table("line_waterfall")
def line_waterfall(table: pd.DataFrame, lang: str) -> Words:
    """Return how many delivered lines are records, and how many of these are clean, repeated or set aside."""
    counts = table.set_index("step")["count"]
    words = {step: abs(int(counts.get(step, 0))) for step in ("lines", "records", "duplicate", "quarantined", "clean")}
    words["quarantined_pct"] = 100 * words["quarantined"] / max(words["records"], 1)
    return compose("waterfall", lang, words)


@of_table("delivered_months")
def delivered_months(table: pd.DataFrame, lang: str) -> Words:
    """Return which street has not delivered which month, or never delivered."""
    table = with_row_names(table, lang)
    missing, never = (table[table["flag"].eq(flag)] for flag in ("missing", "never"))
    listed = [f"{row.row} {row.month:%Y-%m}" for row in missing.itertuples()]
    words = {
        "missing": len(missing), "streets": table["street"].nunique(), "months": table["month"].nunique(),
        "first": "".join(listed[:1]), "list": list_text(listed, lang),
        "first_month": f"{table['month'].min():%Y-%m}", "last_month": f"{table['month'].max():%Y-%m}",
        "silent": enumerated(never["row"].unique(), lang),
    }  # fmt: skip
    which = "missing" if len(missing) else "never" if len(never) else "all"
    keys = [which, *(["never"] if len(missing) and len(never) else [])]
    text = joined((sentence("delivered", lang, case=case_of("sentence", key), **words) for key in keys), lang)
    return compose("delivered", lang, words, title=which, text=text)
