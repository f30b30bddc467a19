"""Shares of groups against the rest, with many looked at together."""

import numpy as np
import pandas as pd

from src.analysis.stats.proportions import share_differences


def projects(**groups: tuple[int, int]) -> pd.DataFrame:
    """Return projects of streets, `x` of `n` with residents in each."""
    rows = [(street, i < x) for street, (x, n) in groups.items() for i in range(n)]
    table = pd.DataFrame(rows, columns=["street", "residents_took_part"])
    return table.assign(
        residents_took_part=table["residents_took_part"].astype("boolean"),
        organisations_took_part=pd.array([pd.NA] * len(table), "boolean"),
    )


def test_a_street_far_from_the_rest_survives():
    table = share_differences(projects(a=(45, 50), b=(10, 50), c=(12, 50), d=(3, 4)), "street").set_index("street")
    assert table.loc["a", "flag"] == "above"
    assert table.loc["a", "estimate"] == 100 * (45 / 50 - 25 / 104)  # percentage points
    assert table.loc["d", "flag"] == "too_few"
    assert np.isnan(table.loc["d", "estimate"])
    assert (table["lower"] < table["estimate"])[table["estimate"].notna()].all()


def test_nothing_is_flagged_where_the_overall_test_does_not_reject():
    table = share_differences(projects(a=(20, 50), b=(21, 50), c=(25, 50)), "street")
    assert table["p_overall"].iloc[0] > 0.05
    assert table["flag"].eq("").all()


def test_one_group_alone_has_nothing_to_differ_from():
    table = share_differences(projects(a=(20, 50)), "street")
    assert table["estimate"].isna().all()
    assert table["p_overall"].isna().all()


def test_all_or_none_taking_part_gives_no_test():
    table = share_differences(projects(a=(10, 10), b=(10, 10)), "street")
    assert table["p_overall"].isna().all()
    assert table["flag"].eq("").all()


def test_one_difference_alone_does_not_stand_without_the_overall_test():
    groups = {f"s{number}": (20, 50) for number in range(9)} | {"one": (31, 50)}
    table = share_differences(projects(**groups), "street")
    assert table["p"].min() < 0.005
    assert table["p_overall"].iloc[0] > 0.05
    assert table["flag"].eq("").all()


def test_a_street_where_everyone_or_no_one_took_part_is_compared():
    table = share_differences(projects(a=(10, 10), b=(0, 10), c=(5, 10)), "street")
    assert table["p"].notna().all()
    assert table["flag"].tolist() == ["above", "below", ""]
