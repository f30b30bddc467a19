"""The archive for a machine without a network: installed, run, updated and rolled back where there is none."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from src.codebook import paths

pytestmark = pytest.mark.slow  # makes two environments
APART = ["unshare", "--map-root-user", "--net"]  # a process that has no network, not even to itself


def without_network(*command, fresh):
    """Run a command where there is no network and no package that an earlier installation has left behind."""
    caches = {"UV_CACHE_DIR": str(fresh / "uv"), "PIP_NO_CACHE_DIR": "1", "XDG_CACHE_HOME": str(fresh)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANALYSIS_", "UV_", "PIP_"))}
    words = [*APART, *map(str, command)]
    return subprocess.run(words, capture_output=True, text=True, env=kept | caches, cwd="/", check=False)


def allowed():
    return (
        shutil.which("unshare") and subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Return the unpacked archive of what is committed."""
    if not allowed():
        pytest.skip("a process without a network (unshare) is not allowed here")
    to = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, paths.ROOT / "deploy" / "bundle.py", "--to", to]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the packages of the lock cannot be had here: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(to.glob("*.tar"))) as archive:
        archive.extractall(to, filter="data")
    return next(path for path in to.iterdir() if path.is_dir())


def another_version(bundle, to, version):
    shutil.copytree(bundle, to, copy_function=os.link)
    (to / "VERSION").unlink()
    (to / "VERSION").write_text(version, encoding="utf-8")
    return to


def test_it_installs_reports_updates_and_rolls_back_without_a_network(bundle, tmp_path):
    place = tmp_path / "内网 office"  # a blank and Chinese in the path

    def installs(source, *more):
        return without_network("python3", source / "install.py", place, *more, fresh=tmp_path / "caches")

    def runs(*words):
        done = without_network(place / "run", *words, fresh=tmp_path / "caches")
        assert done.returncode == 0, done.stderr
        return done.stdout

    done = installs(bundle)
    assert done.returncode == 0, done.stderr
    first = Path(place / "current").resolve()
    assert runs("build")
    assert "1 made" in runs("report", "02", "--area", "district", "--lang", "zh")
    page = place / "reports" / "district" / "02_participation.zh.html"
    standing = page.read_bytes()

    broken = another_version(bundle, tmp_path / "broken", "20990101-broken")
    shutil.rmtree(broken / "wheels")
    done = installs(broken)
    assert done.returncode != 0
    assert "in use still" in done.stderr
    assert (place / "current").resolve() == first

    assert installs(another_version(bundle, tmp_path / "next", "20990102-next")).returncode == 0
    assert (place / "current").resolve().name == "20990102-next"
    assert (place / "previous").resolve() == first
    assert "1 unchanged" in runs("report", "02", "--area", "district", "--lang", "zh")
    assert page.read_bytes() == standing

    assert installs(bundle, "--roll-back").returncode == 0
    assert (place / "current").resolve() == first
    assert "1 unchanged" in runs("report", "02", "--area", "district", "--lang", "zh")
