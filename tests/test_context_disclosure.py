"""Small areas in public: nobody works out a small count from all that is told, whatever is told beside it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from src.codebook import tables, vocabulary
from src.reports.context import disclosure

KINDS = {"petition": ["petition_labour", "petition_housing"], "dispute": ["neighbour_dispute", "family_dispute"]}
LAST = pd.Timestamp("2021-06-30")
QUARTERS = 2


def drawn(seed, streets=3, communities=3, mean=9.0):
    """Return the incidents of a small district, most of whose counts lie about the limit."""
    random = np.random.default_rng(seed)
    rows = []
    for street in range(streets):
        for community in range(communities):
            for group, kinds in KINDS.items():
                for kind in kinds:
                    weight = random.gamma(0.5, mean / 0.5)
                    for month in pd.date_range("2021-01-01", LAST, freq="MS"):
                        rows.append((f"s{street}", f"c{street}{community}", group, kind, month, random.poisson(weight)))
    return frame_of(rows)


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["street", "community", "group", "kind", "reported_at", "incident_count"])
    frame = frame[frame["incident_count"].gt(0)]
    values = {
        name: frame[name].tolist() if name in frame else [None] * len(frame) for name in tables.columns("incidents")
    }
    values |= {"precision": ["day"] * len(frame)}
    values |= {"source_file": [""] * len(frame), "source_sheet": [""] * len(frame), "source_line": [1] * len(frame)}
    return tables.frame("incidents", values)


@pytest.fixture(autouse=True)
def two_quarters(monkeypatch):
    monkeypatch.setattr(disclosure, "QUARTERS", QUARTERS)


def told(incidents):
    cells = disclosure.cells_of_streets(incidents, LAST)
    places = incidents[["street", "community"]].drop_duplicates()
    return cells, disclosure.quarters_of_communities(incidents, cells, places, LAST)


class Attack:
    """A reader who puts all that is told, and the rule it is told by, into one linear programme."""

    def __init__(self, incidents):
        self.cells, self.quarters = told(incidents)
        month = incidents["reported_at"].dt.to_period("M").dt.to_timestamp()
        self.truth = incidents.groupby(["street", "group", "kind", month])["incident_count"].sum()
        quarter = incidents["reported_at"].dt.to_period("Q").dt.to_timestamp()
        by_quarter = incidents.groupby(["street", "community", "group", quarter])["incident_count"].sum()
        self.streets, self.months = sorted(incidents["street"].unique()), sorted(set(month))
        self.names, self.equal, self.at_most = [], [], []
        self.position = {}
        self._months_of_streets()
        self._quarters_of_communities(by_quarter)

    def variable(self, key):
        return self.position.setdefault(key, len(self.position))

    def between(self, keys, low, high):
        self.at_most.append(({self.variable(k): 1.0 for k in keys}, high))
        self.at_most.append(({self.variable(k): -1.0 for k in keys}, -low))

    def _months_of_streets(self):
        alone = {key for key in self.cells.index if key[2] != disclosure.REST}
        for group, kinds in KINDS.items():
            for month in self.months:
                for street in self.streets:
                    for kind in kinds:
                        if (street, group, kind) in alone:
                            n = self.cells.loc[(street, group, kind), month]
                            self.between([(street, group, kind, month)], n - 2, n + 2)
                    if (street, group, disclosure.REST) in self.cells.index:
                        n = self.cells.loc[(street, group, disclosure.REST), month]
                        rest = [(street, group, k, month) for k in kinds if (street, group, k) not in alone]
                        self.between(rest, n - 2, n + 2)
                for kind in kinds:  # the district's own counts are exact
                    keys = [(street, group, kind, month) for street in self.streets]
                    exact = sum(self.truth.get(key, 0) for key in keys)
                    self.equal.append(({self.variable(k): 1.0 for k in keys}, exact))

    def _quarters_of_communities(self, truth):
        self.small = {}
        rows = self.quarters[self.quarters["roll_up"].isin(KINDS)]
        for row in rows.itertuples():
            key = (row.street, row.community, row.roll_up, row.quarter)
            exact = truth.get(key, 0)
            if pd.notna(row.n):
                assert exact >= 8
                self.between([key], row.n - 2, row.n + 2)
            elif 1 <= exact <= 7:
                self.small[key] = exact
        for (street, group, quarter), part in rows.groupby(["street", "roll_up", "quarter"]):
            months = [m for m in self.months if m.to_period("Q").to_timestamp() == quarter]
            inside = {self.variable((street, part_of, group, quarter)): 1.0 for part_of in part["community"]}
            whole = {self.variable((street, group, kind, m)): -1.0 for kind in KINDS[group] for m in months}
            self.equal.append((inside | whole, 0.0))  # the strongest reader: knows that every record names a community

    def range_of(self, key):
        def matrix(rows):
            dense = np.zeros((len(rows), len(self.position)))
            for number, (coefficients, _) in enumerate(rows):
                for column, value in coefficients.items():
                    dense[number, column] = value
            return dense, [limit for _, limit in rows]

        (a_ub, b_ub), (a_eq, b_eq) = matrix(self.at_most), matrix(self.equal)
        aim = np.zeros(len(self.position))
        aim[self.position[key]] = 1.0
        found = []
        for sign in (1, -1):
            result = linprog(sign * aim, a_ub, b_ub, a_eq, b_eq, bounds=(0, None))
            assert result.status == 0, result.message
            found.append(sign * result.fun)
        return found


def small_counts(attack):
    months = {key: n for key, n in attack.truth.items() if 1 <= n <= 7}
    return {**months, **attack.small}


@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_can_be_worked_out(seed):
    attack = Attack(drawn(seed))
    small = small_counts(attack)
    assert small
    random = np.random.default_rng(seed)
    asked = list(attack.small) + [list(small)[i] for i in random.choice(len(small), 12)]
    for key in asked:
        low, high = attack.range_of(key)
        assert low - 1e-6 <= small[key] <= high + 1e-6
        assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= 2, (key, small[key], low, high)


def test_the_attack_is_one_that_works(monkeypatch):
    """Where small series are left out and nothing else, the total of the district gives one away."""
    months = pd.date_range("2021-01-01", LAST, freq="MS")
    rows = [
        ("s0", "c0", "petition", "petition_labour", month, n) for month, n in zip(months, [3, 3, 2] * 2, strict=True)
    ]
    rows += [("s0", "c1", "petition", "petition_labour", month, 1) for month in months[::3]]
    incidents = frame_of(rows)
    small = ("s0", "c1", "petition", months[0])
    low, high = Attack(incidents).range_of(small)
    assert high - low >= 4
    monkeypatch.setattr(disclosure, "public_rows", lambda counts, least, most: counts.ge(8).all(axis=1))
    low, high = Attack(incidents).range_of(small)
    assert high - low < 4


def test_what_is_told_is_rounded_and_never_under_eight():
    cells, quarters = told(drawn(1, mean=30))
    values = np.concatenate([cells.to_numpy().ravel(), quarters["n"].dropna().to_numpy(dtype=int)])
    assert len(values)
    assert (values % 5 == 0).all()
    assert values.min() >= 10


def test_a_series_is_told_whole_or_not_at_all():
    _, quarters = told(drawn(2, mean=14))
    told_quarters = (
        quarters["n"].notna().groupby([quarters["street"], quarters["community"], quarters["roll_up"]]).sum()
    )
    assert set(told_quarters) == {0, QUARTERS}


def test_kinds_too_few_are_counted_in_the_rest_of_their_group():
    cells, _ = told(drawn(3))
    assert disclosure.REST in cells.index.get_level_values("kind")


def test_the_smallest_is_held_back_with_the_one_that_its_total_would_give_away():
    counts = pd.DataFrame({"2021-01": [3, 8, 12]}, index=["a", "b", "c"])
    exact = counts.sum()
    assert list(disclosure.public_rows(counts, exact, exact)) == [False, True, True]  # a lies within 0 to 7
    close = pd.DataFrame({"2021-01": [1, 8, 8]}, index=["a", "b", "c"])  # told, a would be 0 or 1
    assert list(disclosure.public_rows(close, close.sum(), close.sum())) == [False, False, True]


def test_as_incidents_they_keep_the_columns_and_name_nothing_finer():
    incidents = drawn(4, mean=30)
    rows = disclosure.as_incidents(disclosure.cells_of_streets(incidents, LAST), incidents)
    assert list(rows.columns) == list(incidents.columns)
    assert (rows.dtypes == incidents.dtypes).all()
    assert rows[["community", "grid", "channel", "people_count", "occurred_at", "incident_id"]].isna().all(axis=None)
    assert set(rows["kind"]) <= {*vocabulary.current().kinds}


def test_the_district_keeps_its_exact_counts_and_no_place():
    incidents = drawn(5)
    rows = disclosure.without_places(incidents)
    assert rows["incident_count"].sum() == incidents["incident_count"].sum()
    assert rows[list(disclosure.PLACES)].isna().all(axis=None)
