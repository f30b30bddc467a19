"""What the fork server imports once for every report: libraries, our own modules, and the clean tables."""

import contextlib
import importlib
import os
import pkgutil
import sys

from src.analysis import charts, stats

LIBRARIES = (
    "pandas", "pyarrow.parquet", "matplotlib.pyplot", "PIL.PngImagePlugin", "scipy.stats",
    "statsmodels.stats.proportion", "statsmodels.tsa.seasonal",
)  # fmt: skip
# What a shell imports when it starts: two thirds of the time of a child that had to do it.
SHELL = tuple(
    f"IPython.core.{name}"
    for name in ("application", "completer", "completerlib", "crashhandler", "logger", "magics", "oinspect")
)
OURS = ("src.analysis.report.parameters", "src.analysis.report.provenance", "src.analysis.report.shell")


def _load() -> None:
    os.environ["MPLBACKEND"] = "Agg"  # no window here; each child has its own environment
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # several reports at a time: more threads each cost 3 x in notebook 04
    inside = [
        found.name for room in (charts, stats) for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
    ]
    for name in (*LIBRARIES, *SHELL, *OURS, *inside):
        importlib.import_module(name)
    import matplotlib as mpl

    from src.analysis.charts import show, style
    from src.analysis.report import delivered, provenance

    with mpl.rc_context():  # a first chart finds the fonts and fills the caches
        show.picture(style.axes().figure)
        mpl.pyplot.close("all")
    provenance.code_version()
    provenance.package_versions()
    with contextlib.suppress(Exception):  # no data yet, or none that can be used: the notebook will say so
        delivered.load_once()


_load()
IMPORTED = frozenset(sys.modules)  # a child should have to add little to it
