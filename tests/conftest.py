"""What every test starts from: no window, no data folder of the user's, no time limit."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from src.analysis import BuildSummary, build
from src.codebook import paths, vocabulary

os.environ["MPLBACKEND"] = "Agg"
for name in ("ANALYSIS_DATA", "ANALYSIS_RAW", "ANALYSIS_PROCESSED", "ANALYSIS_REPORTS"):
    os.environ.pop(name, None)
# nohup, cron and a shell's & start what they start deaf to Ctrl-C; here, and in what a test starts, it is heard.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("all", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Try more examples of each law where slow tests run too."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "all")


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest) -> BuildSummary:
    """The shipped sample, cleaned; kept between runs for as long as neither it nor the code that cleans it changes."""
    return build(paths.ROOT / "data" / "raw" / "sample", request.config.cache.mkdir("sample") / "data" / "processed")


@pytest.fixture
def on_sample(sample: BuildSummary, monkeypatch: pytest.MonkeyPatch) -> BuildSummary:
    """Put the shipped sample in force for one test: a data folder without deliveries of its own falls back to it."""
    monkeypatch.setenv("ANALYSIS_DATA", str(sample.processed.parent))
    return sample


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    """Close what a test drew: the next one that draws would be told of too many figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(autouse=True)
def roll_ups_are_whole() -> Iterator[None]:
    """Forget that the last report opened was public, of a street: it names its roll-ups as told in part."""
    yield
    if vocabulary._in_force:
        vars(vocabulary._in_force[1]).pop("told_in_part", None)


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start a module in a folder of its own, in which it finds no data."""
    folder.mkdir()
    environment = {**os.environ, "ANALYSIS_DATA": str(folder / "nothing")}
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=folder, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[str, dict[str, subprocess.Popen]]]:
    """Start the scheduler of a cluster and two workers; yield its address and the workers by name."""
    file = tmp_path / "scheduler.json"
    scheduler = ["distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    started = [start(tmp_path / "scheduler", *scheduler)]
    worker = ["distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", "."]  # a folder of its own
    named = {n: start(tmp_path / n, *worker, "--no-dashboard", "--name", n) for n in ("one", "two")}
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            yield client.scheduler.address, named
    finally:
        for process in [*named.values(), *started]:
            process.kill()
            process.wait()
