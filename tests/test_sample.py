"""The synthetic sample: published totals exact, same seed same bytes, every word known to the vocabulary."""

import pytest
import yaml

from src.codebook import paths, vocabulary
from tools.sample.deliveries import GROUPS, write_sample
from tools.sample.register import write_register
from tools.sample.world import calibration, draw_world

SAMPLE = paths.ROOT / "data" / "raw" / "sample"


@pytest.fixture(scope="module")
def world():
    return draw_world()


def between(incidents, year: int, *groups: str) -> int:
    months = incidents["reported_at"].dt
    return int((months.year.eq(year) & months.month.le(9) & incidents["group"].isin(groups)).sum())


def test_published_totals_are_exact(world):
    found = [between(world.incidents, year, "criminal", "public_security") for year in (2020, 2021)]
    assert found == [19437, 14354]
    assert [between(world.incidents, year, "petition") for year in (2020, 2021)] == [8264, 8164]
    projects = world.projects
    assert len(projects) == 436
    assert projects["residents_took_part"].sum() == 117
    assert projects["organisations_took_part"].sum() == 248
    assert len(world.communities) == 111
    assert len(world.demonstration_sites) == 16


def test_projects_keep_the_stated_numbers_by_field(world):
    stated = calibration()["projects"]["fields"]
    for field, rows in world.projects.groupby("field"):
        both = (rows["residents_took_part"] & rows["organisations_took_part"]).sum()
        places = len(rows[["street", "community"]].drop_duplicates())
        found = [len(rows), rows["residents_took_part"].sum(), rows["organisations_took_part"].sum(), both, places]
        assert found == [stated[field][name] for name in ("n", "residents", "organisations", "both", "communities")]


def test_projects_are_spread_as_stated(world):
    totals = world.projects.groupby(["street", "community"]).size().value_counts()
    assert totals.to_dict() == {int(n): times for n, times in calibration()["projects"]["per_community"].items()}


def test_populations_add_up_to_the_published_streets(world):
    sums = world.communities.groupby("street")["population"].sum().to_dict()
    assert sums == calibration()["street_population"]
    assert sum(sums.values()) == 4_073_636


def test_an_incident_happens_before_it_is_received(world):
    happened = world.incidents["occurred_at"].notna()
    assert (world.incidents["occurred_at"] <= world.incidents["reported_at"])[happened].all()


def test_another_seed_is_another_district_with_the_same_totals():
    other = draw_world(seed=3)
    assert between(other.incidents, 2021, "criminal", "public_security") == 14354
    assert not other.projects["started_on"].equals(draw_world().projects["started_on"])


def test_only_the_planted_effect_differs_between_variants():
    assert draw_world("placebo", seed=5).projects.equals(draw_world("effect", seed=5).projects)
    assert set(draw_world("placebo", seed=5).truth.values()) == {0.0}
    with pytest.raises(ValueError, match="variant: 'plecebo' is not known; right would be one of effect"):
        draw_world("plecebo")


def test_the_same_seed_writes_the_same_register(tmp_path):
    from tools.sample.deliveries import CREATED

    for name in ("one", "two"):
        projects = draw_world(seed=5).projects
        write_register(tmp_path / f"{name}.xlsx", projects, CREATED)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_delivered_words_are_known_to_the_vocabulary(world):
    spellings = vocabulary.use().spellings
    assert {vocabulary.fold(word) for word in GROUPS.values()} <= set(spellings["group"])
    assert set(world.incidents["kind"]) <= set(vocabulary.current().kinds)
    assert set(world.projects["demand_source"]) <= set(vocabulary.current().codes["demand_source"])


def test_committed_deliveries_say_that_they_are_synthetic():
    for entry in yaml.safe_load((SAMPLE / "sources.yml").read_text(encoding="utf-8")):
        assert entry["synthetic"] is (entry["table"] != "published_figures")
        assert list(SAMPLE.glob(entry["files"]))


@pytest.mark.slow
def test_committed_deliveries_are_what_the_seed_writes(tmp_path):
    write_sample(tmp_path)
    committed = {file.name: file.read_bytes() for file in SAMPLE.iterdir()}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == committed
    assert sum(map(len, committed.values())) < 15_000_000
