"""Communities most alike: R's distances on a published table, and that outcomes take no part."""

import numpy as np
import pandas as pd
import pytest

from src.analysis.stats.similar import community_profile, distances, similar_communities, similarity_variables, z_scores

# Arrests per 100,000 and per cent urban in the states of the USA, 1973 (the USArrests of R).
STATES = """Alabama,13.2,236,58,21.2 Alaska,10,263,48,44.5 Arizona,8.1,294,80,31 Arkansas,8.8,190,50,19.5
California,9,276,91,40.6 Colorado,7.9,204,78,38.7 Connecticut,3.3,110,77,11.1 Delaware,5.9,238,72,15.8
Florida,15.4,335,80,31.9 Georgia,17.4,211,60,25.8 Hawaii,5.3,46,83,20.2 Idaho,2.6,120,54,14.2
Illinois,10.4,249,83,24 Indiana,7.2,113,65,21 Iowa,2.2,56,57,11.3 Kansas,6,115,66,18 Kentucky,9.7,109,52,16.3
Louisiana,15.4,249,66,22.2 Maine,2.1,83,51,7.8 Maryland,11.3,300,67,27.8 Massachusetts,4.4,149,85,16.3
Michigan,12.1,255,74,35.1 Minnesota,2.7,72,66,14.9 Mississippi,16.1,259,44,17.1 Missouri,9,178,70,28.2
Montana,6,109,53,16.4 Nebraska,4.3,102,62,16.5 Nevada,12.2,252,81,46 New_Hampshire,2.1,57,56,9.5
New_Jersey,7.4,159,89,18.8 New_Mexico,11.4,285,70,32.1 New_York,11.1,254,86,26.1 North_Carolina,13,337,45,16.1
North_Dakota,0.8,45,44,7.3 Ohio,7.3,120,75,21.4 Oklahoma,6.6,151,68,20 Oregon,4.9,159,67,29.3
Pennsylvania,6.3,106,72,14.9 Rhode_Island,3.4,174,87,8.3 South_Carolina,14.4,279,48,22.5
South_Dakota,3.8,86,45,12.8 Tennessee,13.2,188,59,26.9 Texas,12.7,201,80,25.5 Utah,3.2,120,80,22.9
Vermont,2.2,48,32,11.2 Virginia,8.5,156,63,20.7 Washington,4,145,73,26.2 West_Virginia,5.7,81,39,9.3
Wisconsin,2.6,53,66,10.8 Wyoming,6.8,161,60,15.6"""


def register(**columns):
    """Four communities, 龙岭 first; two in its street."""
    return pd.DataFrame(
        {"street": ["布吉街道", "布吉街道", "平湖街道", "龙城街道"],
         "community": ["龙岭社区", "南三社区", "凤凰社区", "尚景社区"],
         "population": [30_000, 90_000, 31_000, 29_000], "floating_share": [0.7, 0.7, 0.2, 0.69], **columns}
    )  # fmt: skip


def incidents(*counts, month="2020-03"):
    places = register()
    return pd.DataFrame(
        {"street": places["street"], "community": places["community"], "kind": "theft",
         "reported_at": pd.Timestamp(f"{month}-05"), "incident_count": counts}
    )  # fmt: skip


def test_distances_are_those_of_r():
    """dist(scale(USArrests)): Iowa to New Hampshire, Wisconsin, Maine."""
    rows = [state.split(",") for state in STATES.split()]
    arrests = pd.DataFrame([row[1:] for row in rows], [row[0] for row in rows], dtype="float64")
    nearest = distances(arrests, "Iowa").nsmallest(3)
    assert list(nearest.index) == ["New_Hampshire", "Wisconsin", "Maine"]
    np.testing.assert_allclose(nearest, [0.205853857157, 0.631806857971, 0.645715762773], atol=1e-6)


def test_z_scores_use_n_minus_one_and_a_log_of_population():
    scored = z_scores(pd.DataFrame({"population": [100.0, 1000.0, 10_000.0], "floating_share": [0.1, 0.2, 0.3]}))
    assert scored["population"].tolist() == pytest.approx([-1, 0, 1])
    assert scored["floating_share"].tolist() == pytest.approx([-1, 0, 1])


def test_who_differs_in_most_things_is_far_even_where_nobody_is_nearer():
    far = similar_communities(register(), "布吉街道/南三社区", k=3)
    near = similar_communities(register(), "布吉街道/龙岭社区", k=1)
    assert far["flag"].tolist() == ["far"] * 3 and near["flag"].tolist() == [""]


def test_the_most_alike_come_first_and_the_target_not_at_all():
    table = similar_communities(register(), "布吉街道/龙岭社区", k=2)
    assert table["community"].tolist() == ["尚景社区", "南三社区"]
    assert table["same_street"].tolist() == [False, True]
    assert table["distance"].is_monotonic_increasing


def test_what_the_register_does_not_say_is_said_not_guessed():
    table = similar_communities(register(urban_village_share=[None, 0.1, 0.2, 0.3]), ("布吉街道", "龙岭社区"))
    assert table["note"].unique().tolist() == ["urban_village_share;density"]
    assert table["density"].isna().all()
    gap = similar_communities(register(urban_village_share=[0.1, 0.1, None, 0.3]), ("布吉街道", "龙岭社区"))
    assert "凤凰社区" not in set(gap["community"])  # cannot be compared on what it lacks


def test_only_the_base_period_counts():
    before, after = incidents(60, 60, 61, 200), incidents(5, 900, 5, 5, month="2021-03")
    first = similar_communities(register(), "布吉街道/龙岭社区", 3, before, "2020")
    both = similar_communities(register(), "布吉街道/龙岭社区", 3, pd.concat([before, after]), "2020")
    pd.testing.assert_frame_equal(first, both)
    assert "rate_public_security" in first


def test_weights_are_shown_and_can_be_given():
    profile = community_profile(register(), incidents(60, 60, 61, 200), "2020")
    variables = similarity_variables(profile, ("布吉街道", "龙岭社区")).set_index("variable")
    assert variables.loc["rate_public_security", "weight"] == pytest.approx(2 / 5)  # shared by five fields
    assert variables.loc["density", "flag"] == "lacking"
    assert variables.loc["rate_traffic", "flag"] == "alike"
    only = similar_communities(register(), "布吉街道/龙岭社区", 1, weights={"floating_share": 1})
    assert only["community"].tolist() == ["南三社区"]


@pytest.mark.parametrize(("target", "k"), [("布吉街道/无名社区", 5), ("龙岭社区", 5), ("布吉街道/龙岭社区", 0)])
def test_refuses_what_is_not_there(target, k):
    with pytest.raises(ValueError, match="right would be"):
        similar_communities(register(), target, k)
