"""The archive for a machine without a network: installed, run, updated and rolled back where there is none."""

import hashlib
import os
import platform
import runpy
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from src.codebook import paths

# The system's own where it will do: Debian 12 has 3.11.2, and a lock may tell that from a later 3.11.
SYSTEM = Path("/usr/bin/python{}.{}".format(*sys.version_info))
PYTHON = SYSTEM if SYSTEM.is_file() else sys.executable
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
    seal(to)
    return to


def seal(bundle):
    """State anew what is in a bundle, as one that was made so."""
    (bundle / "SHA256SUMS").unlink()
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(bundle).as_posix()}\n" for f in files]
    (bundle / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


LOCK = """a==1 ; python_full_version < '3.11.5' \\
    --hash=sha256:0
a==2 ; python_full_version >= '3.11.5' \\
    --hash=sha256:1
b==3 \\
    --hash=sha256:2
c==4 ; python_full_version >= '3.12' \\
    --hash=sha256:3
"""


def test_what_any_python_of_a_minor_version_needs_is_fetched():
    needed = runpy.run_path(str(paths.ROOT / "deploy" / "bundle.py"), run_name="bundle")["needed"]
    first, later = needed(LOCK, "3.11")
    assert first == "a==1 \\\n    --hash=sha256:0\nb==3 \\\n    --hash=sha256:2\n"
    assert later == "a==2 \\\n    --hash=sha256:1\n"


@pytest.fixture
def small(tmp_path):
    """A bundle of four files, and what runs its installer."""
    bundle = tmp_path / "bundle"
    (bundle / "repository").mkdir(parents=True)
    shutil.copy(paths.ROOT / "deploy" / "install.py", bundle)
    made_for = "{} {} {}.{}".format(sys.platform, platform.machine(), *sys.version_info)
    for name, text in {"VERSION": "1", "MADE_FOR": made_for, "SHA256SUMS": "", "repository/run": "print(7)"}.items():
        (bundle / name).write_text(text, encoding="utf-8")
    seal(bundle)

    def install():
        command = [sys.executable, bundle / "install.py", tmp_path / "to"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return bundle, install


def change(bundle):
    (bundle / "repository" / "run").write_text("print(8)", encoding="utf-8")


def add(bundle):
    (bundle / "repository" / "sitecustomize.py").write_text("", encoding="utf-8")


def remove(bundle):
    (bundle / "repository" / "run").unlink()


@pytest.mark.parametrize(("harm", "named"), [(change, "run"), (add, "sitecustomize.py"), (remove, "run")])
def test_a_bundle_that_is_not_as_it_was_made_is_not_run(small, tmp_path, harm, named):
    bundle, install = small
    harm(bundle)
    done = install()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"nothing was installed: repository/{named}\n" in done.stderr
    assert not (tmp_path / "to").exists()


def test_a_bundle_for_another_python_says_so(small, tmp_path):
    bundle, install = small
    (bundle / "MADE_FOR").write_text("linux x86_64 3.99", encoding="utf-8")
    seal(bundle)
    assert "this bundle is for linux x86_64 3.99, and this is" in install().stderr
    assert not (tmp_path / "to").exists()


def test_a_whole_bundle_is_installed(small, tmp_path):
    _, install = small
    done = install()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "to" / "current" / "run").is_file()


@pytest.mark.slow  # makes two environments
def test_it_installs_reports_updates_and_rolls_back_without_a_network(bundle, tmp_path):
    place = tmp_path / "内网 office"  # a blank and Chinese in the path

    def installs(source, *more):
        return without_network(PYTHON, source / "install.py", place, *more, fresh=tmp_path / "caches")

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
    seal(broken)
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
