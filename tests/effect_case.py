"""A drawn district for the tests of notebook 04: every second community starts a project, the effect is stated."""

import numpy as np
import pandas as pd

from src.codebook.periods import parse_period

MONTHS = parse_period("2020-01/2021-12")
STREETS = tuple(f"{name}街道" for name in "甲乙丙丁戊己庚辛壬癸")


def incidents_of(rows):
    """Rows of (street, community, month, kind, count)."""
    table = pd.DataFrame(rows, columns=["street", "community", "reported_at", "kind", "incident_count"])
    group = table["kind"].map({"theft": "criminal", "petition_labour": "petition"}).fillna("traffic")
    return table.assign(reported_at=pd.to_datetime(table["reported_at"]), group=group)


def projects_of(rows):
    """Rows of (street, community, field, started_on, status)."""
    table = pd.DataFrame(rows, columns=["street", "community", "field", "started_on", "status"])
    return table.assign(started_on=pd.to_datetime(table["started_on"]))


def district(log_effect=0.0, communities=80, level=200, seed=3):
    """Every second community starts in March to June 2021; counts are Poisson about a level of its own."""
    rng = np.random.default_rng(seed)
    rows, projects = [], []
    for number in range(communities):
        street, place = STREETS[number // 2 % 10], f"{number:02}社区"
        start = pd.Period(f"2021-{3 + number // 2 % 4:02}", "M") if number % 2 else None
        if start is not None:
            projects.append((street, place, "public_security", start.start_time, "running"))
        own = level * np.exp(rng.normal(0, 0.4))
        for month in pd.period_range("2020-01", "2021-12", freq="M"):
            since = (month - start).n if start is not None else -1
            full = own * np.exp(log_effect * np.clip((since + 1) / 3, 0, 1))
            rows.append((street, place, month.end_time.normalize(), "theft", rng.poisson(full)))
            rows.append((street, place, month.start_time, "traffic_accident", rng.poisson(level / 4)))
    return incidents_of(rows), projects_of(projects)
