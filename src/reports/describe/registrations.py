"""What of a page was registered before its data arrived, and what was chosen after, in sentences."""

from typing import Any

from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import enumerated, label, sentence, stated
from src.ingest.deliveries import concerning
from src.reports.describe.phrases import compare_text

CHOICES = {
    "compare": "registered_choice_compare", "fields": "registered_choice_fields", "checks": "registered_choice_checks",
}  # fmt: skip
SHOWN = 12  # digits of a hash, which tell an entry apart


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
