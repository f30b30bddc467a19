"""Starting costs nothing: what is heavy is imported when it is used."""

import subprocess
import sys

from command_case import PACKAGES

from src.codebook import paths

HEAVY = (
    "pandas",
    "numpy",
    "pyarrow",
    "scipy",
    "scipy.special",
    "scipy.stats",
    "matplotlib",
    "seaborn",
    "yaml",
    "papermill",
    "IPython",
)


def loaded(*arguments: str) -> list[str]:
    """Return which heavy libraries a fresh Python has loaded after running something."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); " + arguments[0]
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    return sorted(set(HEAVY) & set(done.stderr.split()))


def test_the_package_is_lazy():
    assert loaded("import src.analysis") == []
    assert loaded("import src.analysis; src.analysis.load_projects") != []


def test_help_loads_nothing():
    for command, package in PACKAGES.items():
        assert loaded(f"import {package}.__main__ as m; m.main(['{command}', '--help'])") == []


def test_importing_every_name_draws_nothing():
    heavy = loaded("from src.analysis import *")
    assert not {"matplotlib", "seaborn", "scipy.special", "scipy.stats"} & set(heavy), heavy
