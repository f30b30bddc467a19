"""Words of what was delivered: from lines to clean rows, who delivered which month, what was registered before."""

from typing import Any

import pandas as pd

from src.analysis.charts.labels import month_name
from src.analysis.charts.trends import with_row_names
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import case_of, enumerated, label, sentence, stated
from src.ingest.deliveries import concerning
from src.reports.describe.words import Words, compare_text, compose, joined, list_text, of_table

CHOICES = {
    "compare": "registered_choice_compare", "fields": "registered_choice_fields", "checks": "registered_choice_checks",
}  # fmt: skip
SHOWN = 12  # digits of a hash, which tell an entry apart


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
    listed = [f"{row.row} {month_name(row.month, lang)}" for row in missing.itertuples()]
    words = {
        "missing": len(missing), "streets": table["street"].nunique(), "months": table["month"].nunique(),
        "first": "".join(listed[:1]), "list": list_text(listed, lang),
        "first_month": month_name(table["month"].min(), lang), "last_month": month_name(table["month"].max(), lang),
        "silent": enumerated(never["row"].unique(), lang),
    }  # fmt: skip
    which = "missing" if len(missing) else "never" if len(never) else "all"
    keys = [which, *(["never"] if len(missing) and len(never) else [])]
    text = joined((sentence("delivered", lang, case=case_of("sentence", key), **words) for key in keys), lang)
    return compose("delivered", lang, words, title=which, text=text)


def registered_text(registered: tuple[dict, ...], period: Period, compare: str, lang: str = "zh") -> str:
    """Say what was registered for a period (`BuildSummary.registered`), when, and what was chosen after the data."""
    entries = concerning(registered, period)
    if not entries:
        return sentence("registered_none", lang)
    before = [entry for entry in entries if entry["before_data"]]
    known = {name for entry in before for name in entry if name != "compare" or entry["compare"] == compare}
    chosen = [sentence(key, lang) for name, key in CHOICES.items() if name not in known]
    after = [sentence("registered_chosen_after", lang, listed=enumerated(chosen, lang))] if chosen else []
    return " ".join([*(_entry_text(entry, lang) for entry in entries), *after])


def _entry_text(entry: dict[str, Any], lang: str) -> str:
    def listed(names: list[str]) -> dict[str, str]:
        return {"listed": enumerated(names, lang)}

    parts = [sentence("registered_period", lang, period=parse_period(entry["period"]).label(lang))]
    if "compare" in entry:
        parts.append(sentence("registered_compare", lang, compare=compare_text(entry["compare"], lang)))
    if fields := [label("field", code, lang) for code in entry.get("fields", [])]:
        parts.append(sentence("registered_fields", lang, **listed(fields)))
    if checks := [label("check", code, lang) for code in entry.get("checks", [])]:
        parts.append(sentence("registered_checks", lang, **listed(checks)))
    years = entry.get("years_left_out", {}).items()
    if reasons := [sentence("registered_year", lang, year=year, reason=reason) for year, reason in years]:
        parts.append(sentence("registered_years_left_out", lang, **listed(reasons)))
    title = sentence("registered_title", lang, title=stated(entry, "title", lang)) if "title" in entry else ""
    return sentence(
        "registered_before" if entry["before_data"] else "registered_after", lang, title=title,
        stated=sentence("clauses", lang).join(parts), on=entry["registered_on"], digest=entry["sha256"][:SHOWN],
        until=entry["data_until"] or sentence("registered_no_data", lang),
    )  # fmt: skip
