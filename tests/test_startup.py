"""Starting costs nothing: what is heavy is imported when it is used."""

import subprocess
import sys

HEAVY = ("pandas", "numpy", "pyarrow", "scipy", "matplotlib", "seaborn", "yaml", "papermill", "IPython")


def loaded(*arguments: str) -> list[str]:
    """Return which heavy libraries a fresh Python has loaded after running something."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    done = subprocess.run([sys.executable, "-c", code + arguments[0]], capture_output=True, text=True, check=False)
    return sorted(set(HEAVY) & set(done.stderr.split()))


def test_the_package_is_lazy():
    assert loaded("import src.analysis; dir(src.analysis)") == []
    assert loaded("import src.analysis; src.analysis.load_projects") != []


def test_help_loads_nothing():
    assert loaded("import src.analysis.__main__ as m; m.main(['--help'])") == []
    for command in ("build", "check", "report", "sample"):
        assert loaded(f"import src.analysis.__main__ as m; m.main(['{command}', '--help'])") == []
