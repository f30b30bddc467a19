"""What every test starts from: no window, no data folder of the user's, no time limit."""

import os

import pytest
from hypothesis import settings

from src.analysis import BuildSummary, build, paths

os.environ["MPLBACKEND"] = "Agg"
for name in ("ANALYSIS_DATA", "ANALYSIS_REPORTS"):
    os.environ.pop(name, None)
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest) -> BuildSummary:
    """The shipped sample, cleaned; kept between runs for as long as neither it nor the code that cleans it changes."""
    return build(paths.ROOT / "data" / "raw" / "sample", request.config.cache.mkdir("sample") / "data" / "processed")


@pytest.fixture
def on_sample(sample: BuildSummary, monkeypatch: pytest.MonkeyPatch) -> BuildSummary:
    """Put the shipped sample in force for one test: a data folder without deliveries of its own falls back to it."""
    monkeypatch.setenv("ANALYSIS_DATA", str(sample.processed.parent))
    return sample
