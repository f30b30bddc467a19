"""Small areas in public: nobody works out a small count from all that is told, whatever is told beside it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import lil_array

from src.codebook import tables, vocabulary
from src.reports.context import disclosure, district

KINDS = {"petition": ["petition_labour", "petition_housing"], "dispute": ["neighbour_dispute", "family_dispute"]}
LAST = pd.Timestamp("2021-06-30")
QUARTERS = 2


def drawn(seed, streets=3, communities=3, mean=9.0, months=6):
    """Return the incidents of a small district, most of whose counts lie about the limit."""
    random = np.random.default_rng(seed)
    rows = []
    for street in range(streets):
        for community in range(communities):
            for group, kinds in KINDS.items():
                for kind in kinds:
                    weight = random.gamma(0.5, mean / 0.5)
                    for month in pd.date_range("2021-01-01", periods=months, freq="MS"):
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
    monkeypatch.setattr(disclosure, "MEASURES", tuple(KINDS))


DELIVERED = pd.DataFrame({"street": [], "source": [], "month": pd.to_datetime([])})  # all of it: nothing is missing


def nothing(names):
    index = pd.MultiIndex.from_tuples([], names=names)
    return pd.DataFrame(index=index, columns=pd.DatetimeIndex([]), dtype=float)


def published(incidents, ends, missing=DELIVERED, before=None):
    """Return the cells after publications at the ends of these months, each of which knows what there was by then."""
    months, quarters = before or (nothing(disclosure.MONTHS_OF), nothing(disclosure.QUARTERS_OF))
    places = incidents[["street", "community"]].drop_duplicates()
    for end in ends:
        by_then = incidents[incidents["reported_at"].le(end)]
        months = disclosure.cells_of_streets(by_then, end, missing, months)
        quarters = disclosure.cells_of_communities(by_then, months, places, end, missing, quarters)
    return months, quarters


def told(incidents):
    """Return what pages show after a single publication."""
    months, quarters = published(incidents, [LAST])
    return disclosure.series_of_streets(months, LAST), disclosure.series_of_communities(quarters, LAST)


class Attack:
    """A reader who puts all that was ever told, and the rule it is told by, into one linear programme."""

    def __init__(self, incidents, ends):
        self.cells, self.quarters = (cells.where(cells.gt(0)) for cells in published(incidents, ends))
        month = incidents["reported_at"].dt.to_period("M").dt.to_timestamp()
        self.truth = incidents.groupby(["street", "group", "kind", month])["incident_count"].sum()
        quarter = incidents["reported_at"].dt.to_period("Q").dt.to_timestamp()
        by_quarter = incidents.groupby(["street", "community", "group", quarter])["incident_count"].sum()
        self.streets, self.months = sorted(incidents["street"].unique()), sorted(set(month))
        self.equal, self.at_most, self.position = [], [], {}
        self._months_of_streets()
        self._quarters_of_communities(by_quarter)
        self.system = [part for rows in (self.at_most, self.equal) for part in self._matrix(rows)]

    def variable(self, key):
        return self.position.setdefault(key, len(self.position))

    def between(self, keys, low, high):
        self.at_most.append(({self.variable(k): 1.0 for k in keys}, high))
        self.at_most.append(({self.variable(k): -1.0 for k in keys}, -low))

    def _months_of_streets(self):
        alone = {key for key, n in self.cells.stack().dropna().items() if key[2] != disclosure.REST}
        for (street, group, kind, month), n in self.cells.stack().dropna().items():
            rest = [k for k in KINDS[group] if (street, group, k, month) not in alone]
            kinds = rest if kind == disclosure.REST else [kind]
            self.between([(street, group, k, month) for k in kinds], n - 2, n + 2)
        for group, kinds in KINDS.items():
            for month in self.months:
                for kind in kinds:  # the district's own counts are exact
                    keys = [(street, group, kind, month) for street in self.streets]
                    exact = sum(self.truth.get(key, 0) for key in keys)
                    self.equal.append(({self.variable(k): 1.0 for k in keys}, exact))

    def _quarters_of_communities(self, truth):
        of_groups = self.quarters[self.quarters.index.get_level_values("roll_up").isin(KINDS)]
        for key, n in of_groups.stack().dropna().items():
            assert truth.get(key, 0) >= 8
            self.between([key], n - 2, n + 2)
        self.small = {key: n for key, n in truth.items() if 1 <= n <= 7}
        for street, group in {(street, group) for street, _, group in of_groups.index}:
            for quarter in sorted({month.to_period("Q") for month in self.months}):
                months = [month for month in self.months if month.to_period("Q") == quarter]
                places = sorted({key[1] for key in of_groups.index if key[0] == street})
                inside = {self.variable((street, place, group, quarter.to_timestamp())): 1.0 for place in places}
                whole = {self.variable((street, group, kind, m)): -1.0 for kind in KINDS[group] for m in months}
                # The strongest reader knows that every record names a community.
                self.equal.append((inside | whole, 0.0))

    def _matrix(self, rows):
        matrix = lil_array((len(rows), len(self.position)))
        for row, (given, _) in enumerate(rows):
            matrix[row, list(given)] = list(given.values())
        return matrix.tocsr(), [limit for _, limit in rows]

    def range_of(self, key):
        aim = np.zeros(len(self.position))
        aim[self.position[key]] = 1.0
        found = []
        for sign in (1, -1):
            result = linprog(sign * aim, *self.system, bounds=(0, None))
            assert result.status == 0, result.message
            found.append(sign * result.fun)
        return found

    def small_counts(self):
        """Return the counts that are to be protected: 1 to 7, and not given away by an exact 1 of the district."""
        whole = self.truth.groupby(["group", "kind", "reported_at"]).sum()
        months = {key: n for key, n in self.truth.items() if 1 <= n <= 7 and whole[key[1:]] > 1}
        return {**months, **self.small}

    def worked_out(self, at_most=None, seed=0):
        """Return which of the small counts, or of some drawn at random, lie in a range that is under 2 wide."""
        small = self.small_counts()
        asked = list(small)
        if at_most:
            asked = [asked[i] for i in np.random.default_rng(seed).choice(len(small), min(at_most, len(small)), False)]
        ranges = {key: self.range_of(key) for key in asked}
        assert all(low - 1e-6 <= small[key] <= high + 1e-6 for key, (low, high) in ranges.items())
        return {
            key: (low, high) for key, (low, high) in ranges.items() if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < 2
        }


@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_can_be_worked_out(seed):
    attack = Attack(drawn(seed), [LAST])
    assert attack.small_counts()
    assert attack.worked_out(24, seed) == {}


def every_month(incidents, first="2021-01"):
    return [month.end_time for month in pd.period_range(first, incidents["reported_at"].max(), freq="M")]


@pytest.mark.slow
def test_nor_from_twelve_monthly_publications():
    incidents = drawn(1, months=12, mean=20)
    attack = Attack(incidents, every_month(incidents))
    assert attack.small_counts()
    assert attack.worked_out() == {}


@pytest.mark.slow
@pytest.mark.parametrize("first", ["2021-01", "2021-08"])
@pytest.mark.parametrize("mean", [9, 14, 20, 30])
@pytest.mark.parametrize("seed", range(6))
def test_nor_from_those_of_many_districts(seed, mean, first):
    incidents = drawn(seed, months=12, mean=mean, communities=2 + seed % 3)
    assert Attack(incidents, every_month(incidents, first)).worked_out() == {}


def test_the_attack_is_one_that_works(monkeypatch):
    """Where small series are left out and nothing else, the total of the district gives one away."""
    months = pd.date_range("2021-01-01", LAST, freq="MS")
    rows = [
        ("s0", "c0", "petition", "petition_labour", month, n) for month, n in zip(months, [3, 3, 2] * 2, strict=True)
    ]
    rows += [("s0", "c1", "petition", "petition_labour", month, 1) for month in months[::3]]
    incidents = frame_of(rows)
    small = ("s0", "c1", "petition", months[0])
    low, high = Attack(incidents, [LAST]).range_of(small)
    assert high - low >= 4
    monkeypatch.setattr(disclosure, "public_rows", lambda counts, *limits, **rows: counts.ge(8).all(axis=1))
    low, high = Attack(incidents, [LAST]).range_of(small)
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


def rows_told(counts, least, most, before=()):
    rows = {"may": pd.Series(True, counts.index), "published": counts.index.to_series().isin(before)}
    return list(disclosure.public_rows(counts, least, most, **rows, order=counts.sum(axis=1)))


def test_the_smallest_is_held_back_with_the_one_that_its_total_would_give_away():
    counts = pd.DataFrame({"2021-01": [3, 8, 12]}, index=["a", "b", "c"])
    exact = counts.sum()
    assert rows_told(counts, exact, exact) == [False, True, True]  # a lies within 0 to 7
    close = pd.DataFrame({"2021-01": [1, 8, 8]}, index=["a", "b", "c"])  # told, a would be 0 or 1
    assert rows_told(close, close.sum(), close.sum()) == [False, False, True]
    assert rows_told(close, close.sum(), close.sum(), before=["b"]) == [False, True, False]  # what is told stays told


@pytest.mark.parametrize(
    ("counts", "rest"),
    [
        ([[12, 1], [83, 88], [109, 48]], []),  # 137 of the second kind less 48 to 52 and 88 to 92 leave 0 or 1
        ([[0, 0, 0], [0, 0, 1], [13, 5, 18]], []),  # one kind of s1 alone, so nothing but s2's rest is left to tell
        ([[1, 0, 6], [88, 18, 60], [48, 5, 60]], []),  # of 53 to 57 the second kind is 5 at most, the first 48 or 49
        ([[20, 30, 1], [20, 30, 2], [13, 5, 18]], [("s2", "petition")]),
    ],
)
def test_no_rest_is_told_that_gives_its_kinds_away(counts, rest):
    kinds = ["petition_labour", "petition_housing", "petition_planning"]
    rows = [
        (f"s{street}", "c", "petition", kind, LAST, n)
        for street, of_street in enumerate(counts)
        for kind, n in zip(kinds, of_street, strict=False)
    ]
    months, _ = published(frame_of(rows), [LAST])
    found = months[months.index.get_level_values("kind") == disclosure.REST]
    assert [key[:2] for key in found.index[found.gt(0).any(axis=1)]] == rest


@pytest.mark.parametrize("counts", [[[12, 1], [83, 88], [109, 48]], [[1, 0, 6], [88, 18, 60], [48, 5, 60]]])
def test_the_attack_sees_so_fine_a_leak(monkeypatch, counts):
    monkeypatch.setitem(KINDS, "petition", ["petition_labour", "petition_housing", "petition_planning"])
    rows = [
        (f"s{street}", f"c{street}", "petition", kind, LAST, n)
        for street, of_street in enumerate(counts)
        for kind, n in zip(KINDS["petition"], of_street, strict=False)
    ]
    incidents = frame_of(rows)
    assert Attack(incidents, [LAST]).worked_out() == {}
    monkeypatch.setattr(disclosure, "_apart_from_kinds", lambda kinds, public, rest, rests, published: rests)
    assert Attack(incidents, [LAST]).worked_out()


JANUARY, FEBRUARY, MARCH = pd.date_range("2021-01-01", periods=3, freq="MS")
LABOUR, HOUSING, OTHERS = (("s0", "petition", kind) for kind in (*KINDS["petition"], disclosure.REST))


def two_streets(labour, housing, street="s0"):
    """Return petitions of one street by month; another one has 90 of each, so that no total gives anything away."""
    rows = []
    for month, *counts in zip(pd.date_range(JANUARY, periods=len(labour), freq="MS"), labour, housing, strict=True):
        for kind, n in zip(KINDS["petition"], counts, strict=True):
            rows += [(street, "c0", "petition", kind, month, n)]
            rows += [(f"s{other}", f"c{other}", "petition", kind, month, n % 8) for other in (8, 9)]
    return frame_of(rows)


def test_a_kind_that_is_too_few_from_a_month_on_stays_told_before_and_is_withheld_after():
    incidents = two_streets([20, 3, 30], [40, 40, 40])
    months, _ = published(incidents, every_month(incidents))
    assert list(months.loc[LABOUR]) == [20, 0, 0]  # March could be told by itself, and was withheld in February
    single, _ = published(incidents, every_month(incidents)[-1:])
    assert list(single.loc[LABOUR]) == [0, 0, 0]


def test_pages_show_it_with_the_rest_of_its_group_as_it_was_told_there():
    index = pd.MultiIndex.from_tuples([LABOUR, HOUSING, OTHERS], names=disclosure.MONTHS_OF)
    cells = pd.DataFrame([[20, 0], [0, 0], [10, 15]], index, pd.DatetimeIndex([JANUARY, FEBRUARY]))
    assert disclosure.series_of_streets(cells, LAST).loc[OTHERS].tolist() == [30, 15]
    cells.loc[OTHERS] = [0, 15]  # nobody was told how many the others were: what is shown would be less than there is
    assert disclosure.series_of_streets(cells, LAST).empty


def test_what_was_not_delivered_is_decided_when_it_is():
    incidents = two_streets([20, 20, 20], [40, 40, 40])
    late = incidents["street"].eq("s0") & incidents["reported_at"].eq(FEBRUARY)
    missing = pd.DataFrame({"street": ["s0"], "source": ["petitions"], "month": [FEBRUARY]})
    before = published(incidents[~late], every_month(incidents), missing)
    assert before[0].loc[LABOUR].isna().tolist() == [False, True, False]
    assert disclosure.series_of_streets(before[0], LAST).empty
    months, _ = published(incidents, every_month(incidents)[-1:], before=before)
    assert list(months.loc[LABOUR]) == [20, 20, 20]


def test_a_few_late_reports_are_not_told_and_many_are():
    before = published(two_streets([20, 20], [40, 40]), every_month(two_streets([20, 20], [40, 40])))
    for now, shown in ((24, 20), (25, 25), (7, 20), (15, 15)):
        months, _ = published(two_streets([now, 20], [40, 40]), [FEBRUARY + pd.offsets.MonthEnd()], before=before)
        assert list(months.loc[LABOUR]) == [shown, 20]


def test_a_late_delivery_moves_no_count_of_the_district_by_a_few():
    """Of one street alone, the difference of two exact totals is what it had."""
    before, none = two_streets([20, 20], [40, 40]), nothing(disclosure.DISTRICT_OF)
    first = disclosure.counts_of_district(before, LAST, none)
    late = [
        (LABOUR, JANUARY, 7),
        (LABOUR, FEBRUARY, 8),
        (HOUSING, FEBRUARY, 3),
        (("s0", "petition", "other"), JANUARY, 7),
    ]
    rows = frame_of([("s0", "c0", *key[1:], month, n) for key, month, n in late])
    told = disclosure.counts_of_district(pd.concat([before, rows]), LAST, first)
    assert (told.loc[LABOUR[1:]] - first.loc[LABOUR[1:]]).tolist() == [0, 8]
    assert told.loc[HOUSING[1:]].tolist() == first.loc[HOUSING[1:]].tolist()
    assert told.loc[("petition", "other")].tolist() == [0, 0]


@pytest.mark.parametrize("now", [([23, 28], [33, 39]), ([20, 20], [40, 40]), ([0, 1], [900, 0])])
def test_there_are_as_many_incidents_as_are_told(now):
    told = disclosure.counts_of_district(two_streets([20, 20], [40, 40]), LAST, nothing(disclosure.DISTRICT_OF))
    rows = district.as_published(two_streets(*now), told)
    month = rows["reported_at"].dt.to_period("M").dt.to_timestamp()
    pd.testing.assert_frame_equal(
        disclosure._counted(rows, [*disclosure.DISTRICT_OF, month]),
        told,
        check_names=False,
        check_dtype=False,
        check_freq=False,
    )


def test_a_community_that_was_withheld_is_shown_again_when_that_quarter_has_passed():
    months = pd.date_range(JANUARY, periods=12, freq="MS")
    few = {("c00", month) for month in months[:3]} | {("c01", month) for month in months[:3]}
    places = [(f"s{street}", f"c{street}{community}") for street in (0, 1) for community in (0, 1, 2)]
    rows = [(*place, *LABOUR[1:], m, 1 if (place[1], m) in few else 20) for place in places for m in months]
    incidents, shown, before = frame_of(rows), [], None
    for last in every_month(incidents)[5::3]:
        before = published(incidents, [last], before=before)
        series = disclosure.series_of_communities(before[1], last)
        of_one = series[series["roll_up"].eq("petition") & series["community"].eq("c00")]
        shown.append(of_one["n"].fillna(0).tolist())
    assert shown == [[0, 0], [0, 0], [60, 60]]  # the first publication told or withheld both of its quarters


def test_as_incidents_they_keep_the_columns_and_name_nothing_finer():
    incidents = drawn(4, mean=30)
    rows = district.as_incidents(told(incidents)[0], incidents)
    assert list(rows.columns) == list(incidents.columns)
    assert (rows.dtypes == incidents.dtypes).all()
    assert rows[["community", "grid", "channel", "people_count", "occurred_at", "incident_id"]].isna().all(axis=None)
    assert set(rows["kind"]) <= {*vocabulary.current().kinds}


def test_the_district_keeps_its_exact_counts_and_no_place():
    incidents = drawn(5)
    rows = district.without_places(incidents)
    assert rows["incident_count"].sum() == incidents["incident_count"].sum()
    assert rows[list(district.PLACES)].isna().all(axis=None)
