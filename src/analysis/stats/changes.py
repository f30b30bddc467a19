"""This period against another one: changes with intervals, what they consist of, and the table that bulletins print."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from src.analysis.stats import counts
from src.analysis.stats.delivery import comparable_windows, gap_notes, not_delivered
from src.analysis.stats.intervals import ALPHA, adjust, exact_ratio_limits
from src.analysis.stats.verdicts import EARLIER, Spread, change_verdicts
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import PLACES, threshold

__all__ = ["area_changes", "bulletin", "contributions", "period_change"]

PARTS = ("street", "community", "group", "kind", "channel")  # what splits incidents without overlap


def period_change(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, by: counts.By = None,
    phi: float | str = "auto", missing: pd.DataFrame | None = None, among: pd.DataFrame | None = None,
    earlier_totals: Sequence[float] = (),
) -> pd.DataFrame:  # fmt: skip
    """Is this period different from that one, beyond the usual monthly variation, and by more than in earlier years?

    One row is one group of `by`. Columns: `current`, `reference` (incidents; the mean where the reference is several
    periods), `difference`, `estimate` (relative change, -0.26 is 26 % fewer), `lower`, `upper` (95 %, Student's t with
    the scatter of the group's own months; without `by` or with quarters, whichever is wider), `lower_exact`,
    `upper_exact` (Poisson), `by_days` (what the days of the windows alone would change; 0 where they hardly differ),
    `p` (months scatter as much), `detectable` (the least fall found with 80 %), `phi`, `flag` (`too_few`: told as
    counts, never ranked), `note` (what a street did not deliver in one window: it is left out of both;
    `comparable_windows`).

    Held against the same months of the year before, also what earlier years did (`change_verdicts`, whose promise
    holds): `earlier` (as text), `p_unlike`, `ordinary_lower`, `ordinary_upper`, `detectable_unlike`; else missing.
    `verdict`: `within`, `more_than_months`, `unlike_earlier_years`, empty where `flag` is not; all groups of `by` are
    one family (Holm). `among`: the incidents of all places that these are judged with (by default these), or what this
    function said of them, so that a street's verdict is the same asked alone and among all. `earlier_totals`, without
    `by`: published totals of the same months of years before the data, oldest first (`published_totals`). `missing`:
    see `not_delivered`.

    >>> change = period_change(incidents, "2021-01/2021-09", "2020-01/2020-09", by="roll_up").iloc[0]
    >>> int(change["current"]), int(change["reference"]), f"{change['estimate']:.2%}"
    (14354, 19437, '-26.15%')
    """
    names = counts.columns_of(by)
    family = incidents if among is None or not set(names) & set(PLACES) else among
    if "verdict" in family:
        table = family
    else:
        missing = not_delivered(family, missing)
        table = _judged(family, current, reference, names, phi, missing, earlier_totals)
    if family is not incidents:
        places = [name for name in names if name in PLACES]
        own = incidents[places].drop_duplicates()
        stated = set(own.itertuples(index=False, name=None))
        inside = [place in stated for place in table[places].itertuples(index=False, name=None)]
        table = table[np.array(inside, bool)]
        if table.empty and (own.empty or own.notna().all(axis=1).any()):  # no record in either window: zeros
            return period_change(incidents, current, reference, phi=phi, missing=missing)
    return counts.in_order(table, [name for name in names if name not in ("month", "quarter")])


def _judged(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, names: list[str], phi: float | str,
    missing: pd.DataFrame, earlier_totals: Sequence[float],
) -> pd.DataFrame:  # fmt: skip
    """Return how each group moved, all of them one family, what earlier years did, and the verdict."""
    compared, left_out = comparable_windows(incidents, current, reference, missing)
    counted = counts.window_totals(compared, (current, reference), names)
    now, past, groups = counted[0].to_numpy(), counted[1].to_numpy(), counted.index
    spread = Spread.of(incidents, names, missing, groups) if phi == "auto" else Spread([phi])
    found = _changes(now, past, len(counts.windows_of(reference)), days_apart(current, reference), spread)
    found["note"] = gap_notes(left_out, incidents, names, groups)
    table = pd.DataFrame(found, groups).reset_index(drop=not names)
    (period,), before, known = counts.windows_of(current), counts.windows_of(reference), table["flag"].eq("")
    if phi == "auto" and known.any() and before == [period.previous_year()]:
        years = change_verdicts(incidents, period, names or None, missing, () if names else earlier_totals)
        texts = ["; ".join(f"{change:+.1%}" for change in row) for row in years["earlier"]]
        years = years.assign(earlier=texts).set_index(names or years.index)[EARLIER]
        table = table.join(years, on=names) if names else table.join(years)
    else:
        table = table.assign(**dict.fromkeys(EARLIER, np.nan))
    is_more = adjust(table["p"].where(known)) <= ALPHA
    is_unlike = table["p_unlike"].le(ALPHA) & is_more
    verdict = np.select([~known, is_unlike, is_more], ["", "unlike_earlier_years", "more_than_months"], "within")
    return table.assign(verdict=verdict)


def days_apart(current: counts.Window, reference: counts.Window) -> float:
    """Return what the days of two windows alone would change, -0.097 from January to February; 0 where it is little."""
    (now,), before = counts.windows_of(current), counts.windows_of(reference)
    days = sorted([now.days, sum(window.days for window in before) / len(before)])
    apart = 100 * (days[1] / days[0] - 1) > threshold("days_apart_pct")
    return now.days * len(before) / sum(window.days for window in before) - 1 if apart else 0.0


def is_significant(changes: pd.DataFrame | pd.Series) -> pd.Series | bool:
    """Return whether a change (`period_change`) is beyond the usual monthly variation, whatever earlier years did."""
    return (changes["verdict"] == "more_than_months") | (changes["verdict"] == "unlike_earlier_years")


def _changes(current: np.ndarray, past: np.ndarray, spans: int, by_days: float, spread: Spread) -> dict:
    """Return the columns of `period_change` from the count of one window and that of all `spans` before it."""
    ratio, lower, upper, p, needed = spread.limits(current, past, spans, by_days)
    lower_exact, upper_exact = exact_ratio_limits(current, past, spans=spans)
    few = np.minimum(current, past / spans) < threshold("min_count_for_percent")
    return {
        "current": current, "reference": past if spans == 1 else past / spans, "difference": current - past / spans,
        "estimate": ratio - 1, "lower": lower - 1, "upper": upper - 1, "lower_exact": lower_exact - 1,
        "upper_exact": upper_exact - 1, "by_days": by_days, "p": p, "detectable": needed, "phi": spread.phis[0],
        "flag": np.where(few, "too_few", ""),
    }  # fmt: skip


def area_changes(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, by: str = "street",
    missing: pd.DataFrame | None = None, among: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Where did incidents change beyond the usual monthly variation, with many areas looked at together?

    One row is one area; columns as `period_change`, with `z` (2 (√current - √reference), Wheeler; the reference as
    many days long), `flag`: `fell` or `rose` beyond the usual monthly variation (Holm over all areas),
    `too_few`, or empty.

    >>> area_changes(incidents, "2021", "2020").loc[0, ["street", "flag"]].to_dict()
    {'street': '平湖街道', 'flag': 'fell'}
    """
    table = period_change(incidents, current, reference, by, missing=missing, among=among)
    z = 2 * (np.sqrt(table["current"]) - np.sqrt(table["reference"] * (1 + table["by_days"])))
    direction = np.where(table["estimate"] < table["by_days"], "fell", "rose")
    return table.assign(z=z, flag=np.where(is_significant(table), direction, table["flag"]))


def contributions(
    incidents: pd.DataFrame, current: counts.Window, reference: counts.Window, by: str,
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """What pulled the total up or down?

    One row is one group of `by`, incidents without it in a row of their own (missing). Columns: `current`, `reference`,
    `difference`, `estimate` (percentage points of the change of the total; they add up to it exactly). What was not
    delivered (`missing`) is left out and named in `note` as in `period_change`.

    >>> contributions(incidents, "2021", "2020", "group").loc[0, ["group", "difference"]].to_dict()
    {'group': 'criminal', 'difference': -3837.0}
    """
    names = counts.columns_of(by)
    if overlapping := [name for name in names if name not in incidents]:  # such as roll_up: its parts would not add up
        raise ValueError(vocabulary.both("not_known", name="by", value=overlapping[0], allowed=", ".join(PARTS)))
    compared, left_out = comparable_windows(incidents, current, reference, not_delivered(incidents, missing))
    spans = len(counts.windows_of(reference))
    counted = counts.window_totals(compared, (current, reference), names, stated=False)
    now, past, groups = counted[0], counted[1], counted.index
    found = {
        "current": now, "reference": past / spans, "difference": now - past / spans,
        "estimate": 100 * (now * spans - past) / past.sum() if past.any() else np.nan,
        "note": gap_notes(left_out, incidents, names, groups),
    }  # fmt: skip
    return pd.DataFrame(found, groups).reset_index().sort_values("estimate", kind="stable", ignore_index=True)


def bulletin(
    incidents: pd.DataFrame, period: str | Period, missing: pd.DataFrame | None = None, by: str | None = None,
    among: Mapping[str, pd.DataFrame] | None = None, earlier_totals: Mapping[str, Sequence[float]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The table that bulletins print, for the last month of a period.

    One row is one roll-up that has incidents. Columns: `month`, `previous_month`, `month_on_month` (环比),
    `per_day`, `previous_per_day` (of these two), `month_last_year`, `year_on_year` (同比), `to_date` (January to that
    month), `to_date_last_year`, `to_date_change` (累计同比). Counts are what was delivered; that of a month which no
    street delivered is missing (`missing`, `not_delivered`). A change is missing where either count is below the
    threshold, where a street did not deliver a month of either, or where the incidents begin after the window they
    are held against. `to_date_verdict` judges `to_date_change`, each roll-up by itself, as `period_change` does,
    whose `by`, `among` (all places of that level, for the bulletin of one) and `earlier_totals` it takes, these two by
    roll-up and of January to that month; empty where there is no such change.

    >>> bulletin(incidents, "2021-09").loc[0, ["month", "previous_month", "to_date"]].tolist()
    [1646, 1755, 14354]
    """
    stated, missing = parse_period(period), not_delivered(incidents, missing)
    month, to_date = Period(stated.last_day.replace(day=1), stated.last_day), stated.year_to_date()
    windows = {
        "month": month, "previous_month": month.previous_period(), "month_last_year": month.previous_year(),
        "to_date": to_date, "to_date_last_year": to_date.previous_year(),
    }  # fmt: skip
    table = _bulletin_counts(incidents, windows, missing)
    table["per_day"] = table["month"] / month.days
    table["previous_per_day"] = table["previous_month"] / windows["previous_month"].days
    table = _bulletin_changes(table, incidents, windows, missing)
    counted, known = counts.counted_by_month(incidents), table["to_date_change"].notna()
    verdicts = []
    for code in table.loc[known, "roll_up"]:
        others, earlier = (among or {}).get(code), (earlier_totals or {}).get(code, ())
        rows, before = counts.in_category(counted, code), to_date.previous_year()
        verdicts += period_change(rows, to_date, before, by, "auto", missing, others, earlier)["verdict"].tolist()[:1]
    table["to_date_verdict"] = pd.Series(verdicts, table.index[known], dtype="str").reindex(table.index).fillna("")
    order = ["roll_up", "month", "previous_month", "month_on_month", "per_day", "previous_per_day"]
    order += ["month_last_year", "year_on_year", "to_date", "to_date_last_year", "to_date_change"]
    return table[[*order, "to_date_verdict"]]


def _bulletin_counts(incidents: pd.DataFrame, windows: dict[str, Period], missing: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of each window by roll-up, missing where nobody delivered and before the data."""
    counted = incidents[["group", "kind", "incident_count"]]
    rows = pd.concat(
        [counted[counts.in_window(incidents, window)].assign(window=name) for name, window in windows.items()]
    )
    found = counts.totals(rows, ["roll_up", "window"]).unstack("window", fill_value=0).reindex(columns=list(windows))
    held, rules = set(incidents["kind"].dropna()), vocabulary.current().roll_ups
    shown = [code for code in rules if code in found.index and held.issuperset(rules[code].get("without_kinds", ()))]
    table = found.reindex(shown)
    table = table.fillna(0).astype("int64").rename_axis(None, axis="columns").reset_index()
    source, streets = table["roll_up"].map(_source), set(incidents["street"].dropna())
    first = pd.Period(incidents["reported_at"].min(), "M")
    for name, window in windows.items():
        gone = missing[missing["month"].eq(pd.Timestamp(window.first_day))] if window.months == 1 else missing.iloc[:0]
        unknown = source.isin([one for one, gaps in gone.groupby("source") if streets <= set(gaps["street"])])
        unknown |= pd.Period(window.last_day, "M") < first  # before the data nothing is known: no 0
        if unknown.any():
            table[name] = table[name].astype("Int64").mask(unknown)
    return table


def _bulletin_changes(
    table: pd.DataFrame, incidents: pd.DataFrame, windows: dict[str, Period], missing: pd.DataFrame
) -> pd.DataFrame:
    """Return the counts with their changes, missing where a street did not deliver or the data begin too late."""
    source, first = table["roll_up"].map(_source), pd.Period(incidents["reported_at"].min(), "M")
    for name, (now, before) in {
        "month_on_month": ("month", "previous_month"),
        "year_on_year": ("month", "month_last_year"),
        "to_date_change": ("to_date", "to_date_last_year"),
    }.items():
        gaps = comparable_windows(incidents, windows[now], windows[before], missing)[1]
        affected = source.isin(gaps["source"]) | (pd.Period(windows[before].first_day, "M") < first)
        few = table[[now, before]].min(axis=1) < threshold("min_count_for_percent")
        table[name] = (table[now] / table[before].mask(few) - 1).astype("float64").mask(affected)
    return table


def _source(roll_up: str) -> str:
    """Return by which road the incidents of a roll-up are delivered (`source_of`)."""
    return "petitions" if vocabulary.current().roll_ups[roll_up]["groups"] == ["petition"] else "reports"
