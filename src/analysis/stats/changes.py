"""This period against another one: changes with intervals, what they consist of, and the table that bulletins print."""

import numpy as np
import pandas as pd

from src.analysis import vocabulary
from src.analysis.periods import Period, parse_period
from src.analysis.stats.counts import Window, count_ratio, dispersion, in_window, poisson_e_test, totals, windows_of
from src.analysis.stats.estimate import survive_many
from src.analysis.stats.proportions import columns_of

CHANGE = ("reference", "difference", "estimate", "lower", "upper", "lower_exact", "upper_exact", "p", "phi", "flag")


def dispersions(incidents: pd.DataFrame, by: str | list[str] | None = None) -> pd.Series:
    """Return how much more than Poisson counts the monthly counts of each group of `by` vary (1: no more)."""
    names = columns_of(by)
    if incidents.empty:
        return pd.Series(dtype="float64")
    monthly = totals(incidents, [*names, "month"])
    wide = monthly.unstack(names, fill_value=0) if names else monthly.to_frame(0)
    every = pd.date_range(wide.index.min(), wide.index.max(), freq="MS")
    return wide.reindex(every, fill_value=0).apply(dispersion)


def period_change(
    incidents: pd.DataFrame,
    current: Window,
    reference: Window,
    by: str | list[str] | None = None,
    phi: float | str = "auto",
) -> pd.DataFrame:
    """Is this period different from that one, and by more than such numbers move by themselves?

    One row is one group of `by`. Columns: `current`, `reference` (incidents; the mean where the reference is several
    periods), `difference`, `estimate` (relative change, -0.26 is 26 % fewer), `lower`, `upper` (quasi-Poisson, 95 %),
    `lower_exact`, `upper_exact` (Poisson), `p`, `phi`, `flag` (`too_few`: told as counts, never ranked).

    >>> change = period_change(incidents, "2021-01/2021-09", "2020-01/2020-09", by="roll_up").iloc[0]
    >>> int(change["current"]), int(change["reference"]), f"{change['estimate']:.2%}"
    (14354, 19437, '-26.15%')
    """
    names = columns_of(by)
    now = totals(incidents[in_window(incidents, current)], by)
    before = totals(incidents[in_window(incidents, reference)], by)
    spans = len(windows_of(reference))
    both = (
        pd.concat({"current": now, "past": before}, axis=1).fillna(0).astype("int64") if names else _single(now, before)
    )
    spread = (
        dispersions(incidents, by).reindex(both.index).fillna(1.0)
        if phi == "auto"
        else pd.Series(float(phi), both.index)
    )
    rows = [_change(c, p, spans, f) for c, p, f in zip(both["current"], both["past"], spread, strict=True)]
    found = pd.DataFrame(rows, columns=list(CHANGE))
    table = pd.concat([both.drop(columns="past").reset_index(drop=not names), found], axis=1)
    return _listed(table[[*names, "current", *CHANGE]], names)


def _single(now: pd.Series, before: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"current": [int(now.iloc[0])], "past": [int(before.iloc[0])]})


def _change(current: int, past: int, spans: int, phi: float) -> dict:
    ratio, exact = count_ratio(current, past, phi=phi, spans=spans), count_ratio(current, past, spans=spans)
    few = min(current, past / spans) < vocabulary.threshold("min_count_for_percent")
    return {
        "reference": past // spans if past % spans == 0 else past / spans,
        "difference": current - past / spans,
        **{name: getattr(ratio, name) - 1 for name in ("estimate", "lower", "upper")},
        "lower_exact": exact.lower - 1,
        "upper_exact": exact.upper - 1,
        "p": np.nan if ratio.p is None else ratio.p,
        "phi": phi,
        "flag": "too_few" if few else "",
    }


def _listed(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put codes in the order of their list; places and months keep theirs."""
    for name in names[::-1]:
        entries = {
            **vocabulary.current().codes,
            "kind": vocabulary.current().kinds,
            "roll_up": vocabulary.current().roll_ups,
        }.get(name)
        if entries:
            table = table.sort_values(
                name, key=lambda codes, order=list(entries): codes.map(order.index), kind="stable"
            )
    return table.reset_index(drop=True)


def area_changes(incidents: pd.DataFrame, current: Window, reference: Window, by: str = "street") -> pd.DataFrame:
    """Where did incidents change by more than chance, with many areas looked at together?

    One row is one area; columns as `period_change`, with `z` (2 (√current - √reference), Wheeler), `p` of the E-test
    (phi 1) or of the quasi-Poisson ratio (phi above 1), `flag`: `fell` or `rose` where the change survives
    Benjamini-Hochberg at 5 % over all areas, `too_few`, or empty.

    >>> area_changes(incidents, "2021", "2020").loc[0, ["street", "flag"]].to_dict()
    {'street': '平湖街道', 'flag': 'fell'}
    """
    table = period_change(incidents, current, reference, by)
    spans = len(windows_of(reference))
    z = 2 * (np.sqrt(table["current"]) - np.sqrt(table["reference"]))
    if spans == 1 and table["phi"].eq(1).all():
        table["p"] = [poisson_e_test(c, int(r)).p for c, r in zip(table["current"], table["reference"], strict=True)]
    told = table["p"].where(table["flag"].eq(""))
    moved = survive_many(told, vocabulary.threshold("false_discovery_pct") / 100)
    direction = np.where(table["difference"] < 0, "fell", "rose")
    return table.assign(z=z, flag=np.where(moved, direction, table["flag"]))


def contributions(incidents: pd.DataFrame, current: Window, reference: Window, by: str) -> pd.DataFrame:
    """What pulled the total up or down?

    One row is one group of `by`, incidents without it in a row of their own (missing). Columns: `current`, `reference`,
    `difference`, `estimate` (percentage points of the change of the total; they add up to it exactly).

    >>> contributions(incidents, "2021", "2020", "group").loc[0, ["group", "difference"]].to_dict()
    {'group': 'criminal', 'difference': -3837.0}
    """
    names = columns_of(by)
    now, before = incidents[in_window(incidents, current)], incidents[in_window(incidents, reference)]
    spans = len(windows_of(reference))
    parts = [part.groupby(names, dropna=False, sort=False)["incident_count"].sum() for part in (now, before)]
    table = pd.concat({"current": parts[0], "past": parts[1]}, axis=1).fillna(0).astype("int64").reset_index()
    whole = table["past"].sum()
    table["reference"] = table["past"] / spans
    table["difference"] = table["current"] - table["reference"]
    table["estimate"] = 100 * (table["current"] * spans - table["past"]) / whole if whole else np.nan
    return table[[*names, "current", "reference", "difference", "estimate"]].sort_values(
        "estimate", kind="stable", ignore_index=True
    )


def bulletin(incidents: pd.DataFrame, period: str | Period) -> pd.DataFrame:
    """The table that bulletins print, for the last month of a period.

    One row is one roll-up that has incidents. Columns: `month`, `previous_month`, `month_on_month` (环比),
    `month_last_year`, `year_on_year` (同比), `to_date` (January to that month), `to_date_last_year`,
    `to_date_change` (累计同比), `per_day` (of the month). Changes
    are missing where either count is below the threshold.

    >>> bulletin(incidents, "2021-09").loc[0, ["month", "previous_month", "to_date"]].tolist()
    [1646, 1755, 14354]
    """
    stated = parse_period(period) if isinstance(period, str) else period
    month = Period(stated.last_day.replace(day=1), stated.last_day)
    to_date = stated.year_to_date()
    windows = {
        "month": month, "previous_month": month.previous_period(), "month_last_year": month.previous_year(),
        "to_date": to_date, "to_date_last_year": to_date.previous_year(),
    }  # fmt: skip
    found = {name: totals(incidents[in_window(incidents, window)], "roll_up") for name, window in windows.items()}
    table = pd.DataFrame(found).reindex(
        [code for code in vocabulary.current().roll_ups if any(code in s.index for s in found.values())]
    )
    table = table.fillna(0).astype("int64").rename_axis("roll_up").reset_index()
    table["month_on_month"] = _relative(table["month"], table["previous_month"])
    table["year_on_year"] = _relative(table["month"], table["month_last_year"])
    table["to_date_change"] = _relative(table["to_date"], table["to_date_last_year"])
    table["per_day"] = table["month"] / month.days
    order = [
        "roll_up",
        "month",
        "previous_month",
        "month_on_month",
        "month_last_year",
        "year_on_year",
        "to_date",
        "to_date_last_year",
        "to_date_change",
        "per_day",
    ]
    return table[order]


def _relative(current: pd.Series, reference: pd.Series) -> pd.Series:
    enough = np.minimum(current, reference) >= vocabulary.threshold("min_count_for_percent")
    return (current / reference.where(reference > 0) - 1).where(enough)


def petitions_by_channel(incidents: pd.DataFrame) -> pd.DataFrame:
    """By which channel do petitions come, and how many repeat an earlier one?

    One row is one channel (missing: not stated). Columns: `x` (repeated), `first` (not repeated or not stated), `n`,
    `estimate` (share repeated among those that say), `people_count`.

    >>> petitions_by_channel(incidents).loc[0, ["channel", "n"]].to_dict()
    {'channel': 'online', 'n': 15984}
    """
    rows = incidents[incidents["group"].eq("petition")]
    grouped = rows.assign(
        x=rows["incident_count"].where(rows["repeat"].fillna(False).astype(bool), 0),
        said=rows["incident_count"].where(rows["repeat"].notna(), 0),
    ).groupby("channel", dropna=False, sort=False)
    table = (
        grouped[["x", "said", "incident_count", "people_count"]]
        .sum()
        .reset_index()
        .rename(columns={"incident_count": "n"})
    )
    table = table.assign(
        first=table["n"] - table["x"], estimate=(table["x"] / table["said"].where(table["said"] > 0)).astype("float64")
    )
    return table.sort_values("n", ascending=False, ignore_index=True)[
        ["channel", "x", "first", "n", "estimate", "people_count"]
    ]


def weekday_hours(incidents: pd.DataFrame, period: Window) -> pd.DataFrame:
    """On which weekday, at which hour do incidents happen?

    One row is one `weekday` (0 Monday) and `hour`. Columns: `x` (incidents), `estimate` (mean in that hour). By
    `occurred_at`, else `reported_at`; only records that state a time of day, never delivered counts.

    >>> len(weekday_hours(incidents, "2021"))
    168
    """
    rows = incidents[in_window(incidents, period) & incidents["precision"].isin(["minute", "hour"])]
    when = rows["occurred_at"].fillna(rows["reported_at"]).dt
    counted = rows.groupby([when.day_of_week.rename("weekday"), when.hour.rename("hour")])["incident_count"].sum()
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    table = counted.reindex(every, fill_value=0).astype("int64").rename("x").reset_index()
    days = sum(np.bincount(pd.date_range(p.first_day, p.last_day).day_of_week, minlength=7) for p in windows_of(period))
    return table.assign(estimate=table["x"] / np.maximum(days, 1)[table["weekday"]])


def reporting_completeness(incidents: pd.DataFrame, as_of: str | pd.Timestamp) -> pd.DataFrame:
    """Of what happened in a month, how much is known by a day?

    One row is one month (by `occurred_at`). Columns: `x` (known), `estimate` (expected share known, from how late
    incidents of at least 90 days ago became known), `flag` (`incomplete` under the threshold).

    >>> reporting_completeness(incidents, "2021-12-31")["flag"].tail(2).tolist()
    ['', 'incomplete']
    """
    as_of = pd.Timestamp(as_of)
    rows = incidents[incidents["occurred_at"].notna()]
    lag = (rows["reported_at"].dt.normalize() - rows["occurred_at"].dt.normalize()).dt.days
    settled = rows["occurred_at"] <= as_of - pd.Timedelta(days=90)
    known = np.sort(lag[settled & lag.ge(0)].to_numpy())
    months = rows["occurred_at"].dt.to_period("M")
    table = rows.groupby(months)["incident_count"].sum().rename_axis("month").rename("x").reset_index()
    shares = []
    for month in table["month"]:
        days = pd.date_range(month.start_time, month.end_time.normalize())
        ages = (as_of - days).days
        shares.append(np.searchsorted(known, ages, side="right").mean() / max(len(known), 1) if len(known) else np.nan)
    table = table.assign(month=table["month"].dt.to_timestamp(), estimate=shares)
    return table.assign(flag=np.where(table["estimate"] < vocabulary.threshold("complete_pct") / 100, "incomplete", ""))
