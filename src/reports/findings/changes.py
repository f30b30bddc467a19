"""What pages state of a change: the number first, the verdict second; small bases as counts; windows and gaps named."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from src.analysis.stats.delivery import gap_names
from src.codebook.periods import Period
from src.codebook.vocabulary import current, label, sentence
from src.reports.describe.words import (
    change_text,
    compare_text,
    from_to_text,
    is_small,
    left_out_text,
    rate_text,
    verdict_text,
)


class Windows(NamedTuple):
    """A period and what it is compared with, in the words of a language."""

    period: Period
    references: Sequence[Period]
    compare: str
    lang: str

    def describe(self, change: pd.Series, code: str) -> tuple[str, tuple[str, str, str]]:
        """Return the change of a roll-up in words, and as a figure (name, number, verdict)."""
        lang, unit, name = self.lang, unit_of(code, self.lang), label("roll_up", code, self.lang)
        words = {
            "name": name, "current": int(change["current"]), "unit": unit,
            "compare": compare_text(self.compare, lang, len(self.references)), "change": self.moved(change, unit),
            "verdict": verdict_text(change, lang) + self.per_day(change, unit), "base": self.base,
            "reference": round(change["reference"]),
        }  # fmt: skip
        few = "few" if change["flag"] == "too_few" or (not change["flag"] and is_small(change)) else ""
        number = sentence("number_with_unit", lang, number=f"{words['current']:,}", unit=unit)
        figure = (name, number, sentence("figure_change", lang, case=few, **words))
        return sentence("headline_change", lang, case=few, **words), figure

    @property
    def base(self) -> str:
        """Return what the count before is called: 上年同期, 2019年同期, 前3年同期平均."""
        key = "year" if self.compare.isdigit() else self.compare
        return sentence("base", self.lang, case=key, year=self.compare, n=len(self.references))

    def per_day(self, change: pd.Series, unit: str) -> str:
        """Return in brackets the mean per day of both windows, where one has more days; of what is whole alone."""
        if len(self.references) > 1 or not change["by_days"] or change["flag"] or change["note"]:
            return ""
        now, before = (window.days for window in (self.period, *self.references))
        rates = {"now": rate_text(change["current"] / now), "before": rate_text(change["reference"] / before)}
        return sentence("per_day_beside", self.lang, **rates, base=self.base, unit=unit)

    def moved(self, change: pd.Series, unit: str) -> str:
        """Return how far a count moved: in per cent with its direction, or from which count to which."""
        if change["flag"] == "no_base":
            return sentence("change_no_base", self.lang)
        return self.went(change, unit) if change["flag"] == "too_few" else change_text(change["estimate"], self.lang)

    def went(self, change: Mapping[str, Any], unit: str) -> str:
        """Return from which count, or mean of how many years, to which."""
        years = len(self.references)
        mean = sentence("mean_before", self.lang, n=years) if years > 1 else ""
        return from_to_text(change["reference"], change["current"], unit, self.lang, mean)

    def text(self, notes: Iterable[str] = ()) -> str:
        """Return the period and its references (2021年1—9月较2020年1—9月), in brackets what both leave out."""
        reference = self._references("mean_of_windows")
        against = sentence("window_against", self.lang, period=self.period.label(self.lang), reference=reference)
        return against + left_out_text(notes, self.lang)

    @property
    def names(self) -> dict[str, str]:
        """Return what the `second` window, the period, and the `first`, which it is compared with, are called."""
        whole = self.period.first_day.month == 1 and self.period.last_day.month == 12
        first = self._references("same_years" if whole else "same_windows")
        return {"first": first, "second": self.period.label(self.lang)}

    def _references(self, several: str) -> str:
        """Return what the references are called; `several` follow each other by a year."""
        years = [reference.first_day.year for reference in self.references]
        if len(years) == 1:
            return self.references[0].label(self.lang)
        return sentence(several, self.lang, first=years[0], last=years[-1], n=len(years))

    @property
    def last_month(self) -> str:
        """Return the name of the last month of the period, which the bulletin is of."""
        return Period(self.period.last_day.replace(day=1), self.period.last_day).label(self.lang)


def unit_of(code: str, lang: str) -> str:
    """Return in which unit a group or roll-up is counted: 宗, 件."""
    return current().roll_ups[code][f"unit_{lang}"]


def not_counted(gaps: pd.DataFrame, communities: pd.DataFrame, lang: str) -> str:
    """Say which months of an area were not delivered (`Report.gaps_within`) and so lack in what follows, if any."""
    streets = communities["street"].unique()
    listed = left_out_text(gap_names(gaps[gaps["street"].isin(streets)], streets), lang, "gaps_not_counted")
    return sentence("counts_as_delivered", lang, left_out=listed) if listed else ""
