"""One list of dependencies, and one script that sets them up."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
DEPENDENCIES = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
    *PROJECT["build-system"]["requires"],
]
# An index that nothing answers for, whatever this machine's own settings are.
UNREACHABLE = {
    "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1",
    "UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0", "UV_NO_CACHE": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "run"), run_name="run"))


def locked_versions() -> dict[str, list[str]]:
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE):
        pinned.setdefault(name, []).append(version)
    return pinned


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_each_dependency_is_locked_in_the_range_it_admits(dependency):
    wanted = Requirement(dependency)
    versions = locked_versions().get(canonicalize_name(wanted.name), [])
    assert versions
    assert [v for v in versions if v not in wanted.specifier] == []


def test_each_locked_package_has_hashes_and_none_has_another_source():
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == sum(map(len, locked_versions().values())) > 100
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_environment_yml_is_what_pyproject_says(run):
    assert (ROOT / "environment.yml").read_text("utf-8") == run.environment_yml(PROJECT)


def test_conda_names_are_used_where_they_differ_and_pip_for_what_conda_lacks(run):
    pyproject = {
        "project": {"name": "x", "requires-python": ">=3.11", "dependencies": ["matplotlib>=3,<4", "pandas>=3"]},
        "dependency-groups": {"dev": ["pytest>=9", "playwright>=1.55", "pip"]},
    }
    lines = run.environment_yml(pyproject).splitlines()
    assert [line.strip()[2:] for line in lines if line.strip().startswith("- ")] == [
        "conda-forge", "python>=3.11", "matplotlib-base>=3,<4", "pandas>=3", "pytest>=9", "pip",
        "pip:", "playwright>=1.55", "-e .",
    ]  # fmt: skip


def test_the_conda_environment_has_what_the_card_names():
    text = (ROOT / "environment.yml").read_text("utf-8")
    named = set(re.findall(r"^  - ([\w-]+)", text, re.MULTILINE))
    assert {"pandas", "jupyterlab", "matplotlib-base", "seaborn", "papermill", "pytest"} <= named


@pytest.mark.parametrize(
    "file", ["pyproject.toml", "requirements.lock", "environment.yml", ".pre-commit-config.yaml", "run", ".ci/run"]
)
def test_no_file_names_a_package_host(file):
    text = (ROOT / file).read_text("utf-8")
    assert re.findall(r"\S*://\S*|^\s*--(?:index|extra-index|find-links|trusted).*", text, re.MULTILINE) == []


def python_in(folder: Path, code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_an_older_python_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"^run: Python 3\.11 or later is needed, and .* is 3\.9\.18: .*$"):
        runpy.run_path(str(ROOT / "run"), run_name="run")


def test_an_older_python_can_read_the_script_far_enough_to_say_so():
    assert ast.parse((ROOT / "run").read_text("utf-8"), feature_version=(3, 7)).body  # a SyntaxError otherwise


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
            "ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)\n"
            "ERROR: No matching distribution found for six==1.17.0",
            "the package index cannot be reached",
        ),
        ("error: Request failed\n  Caused by: dns error: failed to lookup address", "the package index"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no disk space"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    six", "a package is not"),
        ("error: Failed to install: six\n  Caused by: Permission denied (os error 13)", "a folder cannot be written"),
        ("ERROR: something new", "ERROR: something new"),
        ("", "no reason was given"),
    ],
)
def test_what_an_installer_says_becomes_one_line_with_its_meaning(run, message, meaning):
    told = run.cause(message)
    assert told.startswith(meaning)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("given", "cores", "expected"),
    [
        ([], 2, ["-n", "2", "--dist", "loadfile"]),
        (["--all"], 16, ["-m", "", "-n", "4", "--dist", "loadfile"]),
        (["-k", "xmr"], 2, ["-k", "xmr"]),  # what is chosen is short, or looked at with --pdb
        (["--all", "README.md::x"], 2, ["-m", "", "README.md::x"]),
    ],
)
def test_all_tests_run_side_by_side_and_chosen_ones_alone(run, monkeypatch, given, cores, expected):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setitem(run.test.__globals__, "hand_over", lambda *words: words)
    assert run.test(given) == ("-P", "-m", "pytest", *expected)


def test_where_no_bytecode_is_wanted_it_is_kept_in_the_environment(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    run.keep_bytecode()
    (tmp_path / "mine.py").write_text("", "utf-8")
    done = python_in(tmp_path, "import mine, sys; print(mine.__cached__, sys.dont_write_bytecode)")
    cached, kept_none = done.stdout.split()
    assert (Path(cached).is_relative_to(ROOT / ".venv"), kept_none) == (True, "False")
    Path(cached).unlink()
    assert not (tmp_path / "__pycache__").exists()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the repository whose lock holds what installs alone, so that setting it up takes seconds."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    lock = re.findall(r"^(?:pip|setuptools)==(?:.*\\\n)+.*\n", LOCK, re.MULTILINE)
    (folder / "requirements.lock").write_text("".join(lock), "utf-8")
    return folder


def start(folder: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen:
    command = [sys.executable, folder / "run", *arguments]
    variables = {**os.environ, **environment}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=cwd or folder, env=variables, stdout=pipe, stderr=pipe, text=True)


def outcome(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out.strip(), err.strip()


WHERE = ("python", "-c", "import os, src; print(os.getcwd(), src.__file__)")


@pytest.mark.slow
def test_two_first_runs_at_once_share_one_environment_and_later_ones_start_at_once(checkout, tmp_path):
    both = [start(checkout, *WHERE, cwd=tmp_path) for _ in range(2)]
    for code, out, err in map(outcome, both):
        assert (code, out) == (0, f"{tmp_path} {checkout / 'src' / '__init__.py'}"), err
    code, _, err = outcome(start(checkout, "python", "-c", "raise SystemExit(7)", **UNREACHABLE))
    assert (code, err) == (7, "")


@pytest.mark.slow
def test_an_interrupted_or_moved_environment_is_made_anew(checkout, tmp_path):
    assert outcome(start(checkout, *WHERE))[0] == 0
    (checkout / ".venv" / "stamp").unlink()
    shutil.rmtree(next((checkout / ".venv").glob("**/site-packages/setuptools")))
    assert outcome(start(checkout, "python", "-c", "import setuptools"))[0] == 0
    moved = checkout.rename(tmp_path / 'it\'s "50%d" {x} $HOME 龙岗')
    code, out, err = outcome(start(moved, *WHERE, cwd=tmp_path))
    assert (code, out) == (0, f"{tmp_path} {moved / 'src' / '__init__.py'}"), err


@pytest.mark.slow
def test_an_index_out_of_reach_is_told_in_one_line(checkout):
    code, out, err = outcome(start(checkout, "test", **UNREACHABLE))
    assert (code, out) == (1, "")
    assert re.fullmatch(r"run: setting up .*\nrun: .* the package index cannot be reached .*", err), err
