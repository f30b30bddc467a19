"""This period against another one: changes with intervals, what they consist of, and the table that bulletins print."""

import numpy as np
import pandas as pd

from src.analysis.stats.comparable import comparable_windows, gap_notes, groups_affected, not_delivered
from src.analysis.stats.counts import (
    Window,
    dispersion_of_each,
    in_window,
    totals,
    totals_by_month,
    window_totals,
    windows_of,
)
from src.analysis.stats.groups import columns_of, in_order
from src.analysis.stats.intervals import exact_ratio_limits, ratio_and_limits, significant_among_many
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import threshold

PARTS = ("street", "community", "group", "kind", "channel")  # what splits incidents without overlap


def dispersions(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> pd.Series:
    """Return how much more than Poisson counts the monthly counts of each group of `by` vary (1: no more).

    Months that are `missing` (`not_delivered`) take no part: of their own source, and with streets in `by` of their own
    street. Where they would take most of the degrees of freedom, they count as they were delivered: phi is then larger.
    """
    names = columns_of(by)
    wide = totals_by_month(incidents, names)
    if wide.empty:  # there is no incident, or none of them states what `by` names
        return pd.Series(dtype="float64")
    if missing is None or missing.empty:
        return dispersion_of_each(wide)
    gaps = pd.DataFrame(False, wide.index, wide.columns)
    for month, own in zip(missing["month"], groups_affected(missing, incidents, names, wide.columns), strict=True):
        gaps.loc[gaps.index == month, own] = True
    freedom = (12 - 1) * (pd.Series(wide.index.year).value_counts().eq(12).sum() - 1)
    few = gaps.sum() > threshold("most_freedom_missing") * freedom
    return dispersion_of_each(wide.mask(gaps & ~few))


def dispersion(
    incidents: pd.DataFrame, by: str | list[str] | None = None, missing: pd.DataFrame | None = None
) -> float | pd.Series:
    """By how much more than chance do monthly counts vary: the phi of intervals, 1 where it is no more?

    Of all incidents a number, with `by` one for each group, of its own months (year × month table of whole years; 1 for
    under two). `missing`: see `not_delivered`. Give it the rows of all years, not those of one period.

    >>> round(dispersion(incidents[incidents["kind"].eq("drugs")]), 2)
    1.03
    """
    found = dispersions(incidents, by, not_delivered(incidents, missing))
    return found if by else float(found.get(0, 1.0))


def period_change(
    incidents: pd.DataFrame,
    current: Window,
    reference: Window,
    by: str | list[str] | None = None,
    phi: float | str = "auto",
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Is this period different from that one, and by more than such numbers move by themselves?

    One row is one group of `by`. Columns: `current`, `reference` (incidents; the mean where the reference is several
    periods), `difference`, `estimate` (relative change, -0.26 is 26 % fewer), `lower`, `upper` (quasi-Poisson, 95 %),
    `lower_exact`, `upper_exact` (Poisson), `by_days` (what the days of the windows alone would change; 0 where they
    hardly differ), `p` (of no other change than that), `phi`, `flag` (`too_few`: told as counts, never ranked), `note`
    (what a street did not deliver in one window: it is left out of both; `comparable_windows`). `missing`: see
    `not_delivered`. It `is_significant` where `by_days` lies outside its limits.

    >>> change = period_change(incidents, "2021-01/2021-09", "2020-01/2020-09", by="roll_up").iloc[0]
    >>> int(change["current"]), int(change["reference"]), f"{change['estimate']:.2%}"
    (14354, 19437, '-26.15%')
    """
    names, missing = columns_of(by), not_delivered(incidents, missing)
    compared, left_out = comparable_windows(incidents, current, reference, missing)
    now, past, groups = window_totals(compared, current, reference, names)
    phis = dispersions(incidents, names, missing).reindex(groups).fillna(1.0).to_numpy() if phi == "auto" else phi
    found = _changes(now, past, len(windows_of(reference)), days_apart(current, reference), phis)
    keys = {name: groups.get_level_values(name) for name in names}
    table = pd.DataFrame({**keys, **found, "note": gap_notes(left_out, incidents, names, groups)})
    return in_order(table, [name for name in names if name not in ("month", "quarter")])


def days_apart(current: Window, reference: Window) -> float:
    """Return what the days of two windows alone would change, -0.097 from January to February; 0 where it is little."""
    (now,), before = windows_of(current), windows_of(reference)
    days = sorted([now.days, sum(window.days for window in before) / len(before)])
    apart = 100 * (days[1] / days[0] - 1) > threshold("days_apart_pct")
    return now.days * len(before) / sum(window.days for window in before) - 1 if apart else 0.0


def is_significant(changes: pd.DataFrame | pd.Series) -> pd.Series | bool:
    """Return whether a change (`period_change`) is beyond what such numbers, and days alone, do by themselves."""
    return (changes["lower"] > changes["by_days"]) | (changes["upper"] < changes["by_days"])


def _changes(current: np.ndarray, past: np.ndarray, spans: int, by_days: float, phi: np.ndarray | float) -> dict:
    """Return the columns of `period_change` from the count of one window and that of all `spans` before it."""
    ratio, lower, upper, p = ratio_and_limits(current, past, phi=phi, spans=spans)
    lower_exact, upper_exact = exact_ratio_limits(current, past, spans=spans)
    if by_days:
        p = ratio_and_limits(current, past, phi=phi, spans=spans / (1 + by_days))[-1]
    few = np.minimum(current, past / spans) < threshold("min_count_for_percent")
    return {
        "current": current, "reference": past if spans == 1 else past / spans, "difference": current - past / spans,
        "estimate": ratio - 1, "lower": lower - 1, "upper": upper - 1, "lower_exact": lower_exact - 1,
        "upper_exact": upper_exact - 1, "by_days": by_days, "p": p, "phi": phi, "flag": np.where(few, "too_few", ""),
    }  # fmt: skip


def area_changes(
    incidents: pd.DataFrame,
    current: Window,
    reference: Window,
    by: str = "street",
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Where did incidents change by more than chance, with many areas looked at together?

    One row is one area; columns as `period_change`, with `z` (2 (√current - √reference), Wheeler; the reference as
    many days long), `flag`: `fell` or `rose` where the change survives Benjamini-Hochberg at 5 % over all areas,
    `too_few`, or empty.

    >>> area_changes(incidents, "2021", "2020").loc[0, ["street", "flag"]].to_dict()
    {'street': '平湖街道', 'flag': 'fell'}
    """
    table = period_change(incidents, current, reference, by, missing=missing)
    z = 2 * (np.sqrt(table["current"]) - np.sqrt(table["reference"] * (1 + table["by_days"])))
    moved = significant_among_many(table["p"].where(table["flag"].eq("")))
    direction = np.where(table["estimate"] < table["by_days"], "fell", "rose")
    return table.assign(z=z, flag=np.where(moved, direction, table["flag"]))


def contributions(
    incidents: pd.DataFrame, current: Window, reference: Window, by: str, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What pulled the total up or down?

    One row is one group of `by`, incidents without it in a row of their own (missing). Columns: `current`, `reference`,
    `difference`, `estimate` (percentage points of the change of the total; they add up to it exactly). What was not
    delivered (`missing`) is left out and named in `note` as in `period_change`.

    >>> contributions(incidents, "2021", "2020", "group").loc[0, ["group", "difference"]].to_dict()
    {'group': 'criminal', 'difference': -3837.0}
    """
    names = columns_of(by)
    if overlapping := [name for name in names if name not in incidents]:  # such as roll_up: its parts would not add up
        raise ValueError(vocabulary.both("not_known", name="by", value=overlapping[0], allowed=", ".join(PARTS)))
    compared, left_out = comparable_windows(incidents, current, reference, not_delivered(incidents, missing))
    spans = len(windows_of(reference))
    now, past, groups = window_totals(compared, current, reference, names, stated=False)
    keys = {name: groups.get_level_values(name) for name in names}
    table = pd.DataFrame({**keys, "current": now, "past": past})
    whole = table["past"].sum()
    table["reference"] = table["past"] / spans
    table["difference"] = table["current"] - table["reference"]
    table["estimate"] = 100 * (table["current"] * spans - table["past"]) / whole if whole else np.nan
    table = table.assign(note=gap_notes(left_out, incidents, names, table.set_index(names).index))
    return table[[*names, "current", "reference", "difference", "estimate", "note"]].sort_values(
        "estimate", kind="stable", ignore_index=True
    )


def bulletin(incidents: pd.DataFrame, period: str | Period, missing: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table that bulletins print, for the last month of a period.

    One row is one roll-up that has incidents. Columns: `month`, `previous_month`, `month_on_month` (环比),
    `per_day`, `previous_per_day` (of these two), `month_last_year`, `year_on_year` (同比), `to_date` (January to that
    month), `to_date_last_year`, `to_date_change` (累计同比). Counts are what was delivered; that of a month which no
    street delivered is missing (`missing`, `not_delivered`). A change is missing where either count is below the
    threshold, where a street did not deliver a month of either, or where the incidents begin after the window they
    are held against.

    >>> bulletin(incidents, "2021-09").loc[0, ["month", "previous_month", "to_date"]].tolist()
    [1646, 1755, 14354]
    """
    stated = parse_period(period)
    month = Period(stated.last_day.replace(day=1), stated.last_day)
    to_date = stated.year_to_date()
    windows = {
        "month": month, "previous_month": month.previous_period(), "month_last_year": month.previous_year(),
        "to_date": to_date, "to_date_last_year": to_date.previous_year(),
    }  # fmt: skip
    counted = incidents[["group", "kind", "incident_count"]]
    rows = pd.concat([counted[in_window(incidents, window)].assign(window=name) for name, window in windows.items()])
    found = totals(rows, ["roll_up", "window"]).unstack("window", fill_value=0).reindex(columns=list(windows))
    table = found.reindex([code for code in vocabulary.current().roll_ups if code in found.index])
    table = table.fillna(0).astype("int64").rename_axis(None, axis="columns").reset_index()
    missing, first = not_delivered(incidents, missing), pd.Period(incidents["reported_at"].min(), "M")
    source, streets = table["roll_up"].map(_source), set(incidents["street"].dropna())
    for name in ("month", "previous_month", "month_last_year"):
        gone = missing[missing["month"].eq(pd.Timestamp(windows[name].first_day))]
        nobody = [one for one, gaps in gone.groupby("source") if streets <= set(gaps["street"])]
        if nobody:
            table[name] = table[name].astype("Int64").mask(source.isin(nobody))
    for name in ("previous_month", "month_last_year", "to_date_last_year"):  # before the data nothing is known: no 0
        if pd.Period(windows[name].last_day, "M") < first:
            table[name] = table[name].astype("Int64").mask(source.notna())
    for name, (now, before) in {
        "month_on_month": ("month", "previous_month"),
        "year_on_year": ("month", "month_last_year"),
        "to_date_change": ("to_date", "to_date_last_year"),
    }.items():
        gaps = comparable_windows(incidents, windows[now], windows[before], missing)[1]
        affected = source.isin(gaps["source"]) | (pd.Period(windows[before].first_day, "M") < first)
        table[name] = _relative(table[now], table[before]).astype("float64").mask(affected)
    table["per_day"] = table["month"] / month.days
    table["previous_per_day"] = table["previous_month"] / windows["previous_month"].days
    order = ["roll_up", "month", "previous_month", "month_on_month", "per_day", "previous_per_day"]
    order += ["month_last_year", "year_on_year", "to_date", "to_date_last_year", "to_date_change"]
    return table[order]


def _source(roll_up: str) -> str:
    """Return by which road the incidents of a roll-up are delivered (`source_of`)."""
    return "petitions" if vocabulary.current().roll_ups[roll_up]["groups"] == ["petition"] else "reports"


def _relative(current: pd.Series, reference: pd.Series) -> pd.Series:
    enough = np.minimum(current, reference) >= threshold("min_count_for_percent")
    return (current / reference.where(reference > 0) - 1).where(enough)
