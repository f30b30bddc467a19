"""For each chart and opening: the numbers that its words have to hold, read from the table behind it."""

import numpy as np
import pandas as pd

from src.analysis.stats.distribution import busiest


def flagged(table: pd.DataFrame, *flags: str) -> list[int]:
    return [int(table["flag"].eq(flag).sum()) for flag in flags]


def told(*counts: int) -> list[int]:
    """What is counted is told, but not that there is none."""
    return [n for n in counts if n]


def rate(t):
    t = t[t["estimate"].notna()]
    out = flagged(t, "above", "below")
    return [round(t["overall"].iloc[0], 1), *told(*out, len(t) - sum(out) - sum(flagged(t, "incomplete")))]


def funnel(t):
    out = flagged(t, "above", "below")
    return [*told(*out, int(t["estimate"].notna().sum()) - sum(out)), round(t["phi"].iloc[0], 1)]


def differences(t):
    t = t[t["estimate"].notna()]
    alone = int(((t["lower"] > 0) | (t["upper"] < 0)).sum())
    survived = sum(flagged(t, "above", "below"))
    return [len(t), *told(alone, survived)]


def shrunken(t):
    return [len(t), round(100 * t["raw"].max(), 1), round(100 * t["x"].sum() / t["n"].sum(), 1)]


def share(t):
    return [int(t["x"].sum()), int(t["n"].sum()), round(100 * t["x"].sum() / t["n"].sum(), 1)]


def contributions(t):
    if min(sums := t[["reference", "current"]].sum()) < 100:
        return [round(count) for count in sums] if sums.iloc[0] != sums.iloc[1] else [round(sums.iloc[0])]
    return [round(abs(t["estimate"].sum()), 1)] if round(t["estimate"].sum(), 1) else []


def area_changes(t):
    t = t[t["flag"].ne("too_few") & t["estimate"].notna()]
    out = flagged(t, "fell", "rose")
    return told(*out, len(t) - sum(out))


def annual(t):
    last, change = t.iloc[-1], t["change"].iloc[-1]
    found, before = [int(last["estimate"]), int(t["estimate"].max())], last["reference"]
    if before != before:
        return found
    return [*found, int(before) if min(before, last["estimate"]) < 20 else round(100 * abs(change), 2)]


def per_day(rate: float) -> float:
    return round(rate, 1 if rate >= 1 else 2)


def adjusted(t):
    return [per_day(t.dropna(subset="estimate")["trend"].iloc[-1])]


def daily(t):
    marked = t[t["flag"].isin(["high", "low"])].tail(6)
    if marked.empty:
        return [] if t["note"].any() else [round(100 * (t["upper"] / t["mean"] - 1).median())]
    return [per_day(rate) for name in ("estimate", "mean") for rate in marked[name]]


def lorenz(t):
    fifth = t.iloc[max(round(0.2 * len(t)) - 1, 0)]
    return [len(t), int(t["x"].sum()), round(100 * fifth["estimate"], 1)]


def hotspots(t):
    chosen = t[t["hot_before"]]
    hit = 100 * chosen["current"].sum() / t["current"].sum()
    return [len(chosen), len(t), round(hit, 1), *flagged(t, "stayed", "left", "new")]


def petitions(t):
    return [int(t["n"].sum()), int(t["people_count"].sum()), int(t["n"].max()), int(t["x"].sum())]


def hours(t):
    return [int(t["x"].sum()), round(100 * busiest(t, "hour", range(3, 7))["share"], 1)]


def gaps(t):
    if "field" not in t:  # all fields together
        return [len(t), int(t["estimate"].gt(0.5).sum()), *told(*flagged(t, "under", "over", ""))]
    tested = t[t["flag"].ne("too_few")]
    most = t.loc[(tested if len(tested) else t)["estimate"].idxmax()]
    counts = told(*flagged(t, "under", "over"), int(tested["x"].eq(0).sum()))
    return [round(most["expected"], 1), most["x"], len(tested), *counts]


def alike(t):
    return [len(t), *told(int(t["same_street"].sum()))]


def cases(t):
    tested = t[t["flag"].ne("too_few") & t["estimate"].notna()]
    apart = [int((tested["upper"] < tested["overall"]).sum()), int((tested["lower"] > tested["overall"]).sum())]
    return [int(t["x"].sum()), *told(*apart, len(tested) - sum(apart), *flagged(t, "too_few"))]


def events(t):
    full = t[t["event_month"].ge(2)]
    apart = (full["upper"] < 0).sum(), (full["lower"] > 0).sum()
    return told(*apart, len(full) - sum(apart))


CHARTS = {
    "incident_rate": rate, "funnel": funnel, "share_differences": differences, "shrunken_rates": shrunken,
    "participation_rate": share, "contributions": contributions, "area_changes": area_changes,
    "moving_annual_total": annual, "seasonally_adjusted": adjusted, "daily_averages": daily, "concentration": lorenz,
    "hotspot_persistence": hotspots, "petitions_by_channel": petitions, "weekday_hours": hours, "coverage_gap": gaps,
    "similar_communities": alike, "typical_cases": cases, "event_study": events,
}  # fmt: skip


def trend_key(space: dict) -> list[float]:
    """Return what the key sentence of 03 has to hold: how far the headline moved, few from which to which, anew."""
    report, reports = space["report"], space["reports"]
    days = reports["reported_at"].dt.date
    sums = [
        int(reports.loc[days.between(window.first_day, window.last_day), "incident_count"].sum())
        for window in (report.period, *report.baseline)
    ]
    now, before = sums[0], sum(sums[1:]) / len(sums[1:])
    assert space["lines"].iloc[0, 1] == now
    if min(now, before) < 100:  # both are told
        return told(now, round(before)) if before else []
    return told(round(100 * abs(now / before - 1), 1))


def next_opening(space: dict) -> list[float]:
    """Return what the opening of 05 has to hold: its largest gap, its cells, the lengths of its lists."""
    problems, projects, gap = space["lists"]["problems"], space["lists"]["projects"], space["gap"]
    found = []
    if len(projects):
        found += [len(projects), int(projects["closed"].sum()), *told(int(projects["overdue"].sum()))]
    if len(problems):
        clear = problems[problems["is_significant"]]
        found += [*told(len(clear), len(problems) - len(clear)), int(problems["problem_status"].eq("no_project").sum())]
        for most in clear.nlargest(1, "estimate").itertuples():
            found += [round(most.estimate + most.x, 1), most.x, most.n]
    tested = gap[gap["flag"].ne("too_few")]
    known = tested[tested["per_10000"].notna()]
    if len(known):
        found += [round(known["per_10000"].iloc[0], 1), round(known["rate_ratio"].iloc[0], 1)]
    return [*found, *([len(tested)] if len(tested) else [])]


def effect_opening(space: dict) -> list[float]:
    """Return what the opening of 04 has to hold: the estimate with its limits, the naive change, the fields."""
    study, fields = space["study"], space["fields"]
    effect, naive = study.effect.iloc[0], study.checks.set_index("check").loc["naive", "estimate"]
    known = fields[fields["flag"].ne("too_few")]
    limits = [round(100 * abs(effect[name]), 1) for name in ("estimate_pct", "lower_pct", "upper_pct")]
    return [*limits, round(100 * abs(np.expm1(naive)), 1), *told(*flagged(known, "earned", "withheld"))]


KEYS = {"03_incident_trends": trend_key}  # the sentence to remember alone
OPENINGS = {"04_programme_effect": effect_opening, "05_where_next": next_opening}
