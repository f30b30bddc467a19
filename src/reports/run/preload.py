"""What the fork server imports once for every report: libraries, our own modules, and the clean tables."""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import sys

from src import analysis
from src.codebook import vocabulary
from src.ingest import parallel
from src.reports import context, findings

LIBRARIES = (
    "pandas", "pandas.core.reshape.reshape", "pandas.io.formats.html", "pandas.io.formats.string", "pyarrow.acero",
    "pyarrow.parquet", "matplotlib.pyplot", "seaborn",
    "PIL.PngImagePlugin", "scipy.stats", "statsmodels.base.covtype", "statsmodels.genmod.generalized_linear_model",
    "statsmodels.stats.proportion", "statsmodels.tsa.seasonal",
)  # fmt: skip
# What a shell imports when it starts: two thirds of the time of a child that had to do it.
SHELL = ("application", "completer", "completerlib", "crashhandler", "logger", "magics", "magics.execution", "oinspect")


def _load() -> None:
    os.environ["MPLBACKEND"] = "Agg"  # no window here; each child has its own environment
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # several reports at a time: more threads each cost 3 x in notebook 04
    dir(analysis)  # finds what is public, in all its modules
    inside = [
        found.name for room in (context, findings) for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
    ]
    inside += [f"IPython.core.{name}" for name in (*SHELL, "pylabtools")]
    for name in (*LIBRARIES, *inside, "src.reports.report", "src.reports.run.make", "src.reports.run.cells"):
        importlib.import_module(name)
    import matplotlib as mpl
    import nbformat
    from matplotlib.backends.registry import backend_registry

    from src.analysis.charts import style
    from src.reports import parameters, pictures
    from src.reports.context import delivered, district, provenance
    from src.reports.page import methods, page

    with mpl.rc_context():  # a first chart finds the fonts and fills the caches
        pictures.svg(style.axes().figure, "")
        mpl.pyplot.close("all")
    backend_registry.resolve_gui_or_backend("inline")  # looks through all installed packages, once
    page.font_face("字")  # the face is read
    for name in page.templates().list_templates(["j2"]):  # and each template compiled
        page.templates().get_template(name)
    nbformat.reads(nbformat.writes(nbformat.v4.new_notebook()), as_version=4)  # compiles the schema of notebooks
    provenance.code_version()
    provenance.package_versions()
    for lang in vocabulary.LANGS:
        methods.anchors(lang)
    with contextlib.suppress(Exception):  # no data yet, or none that can be used: the notebook will say so
        delivered.load_once()
        for to_streets in (True, False):
            page.letters_of_links(to_streets)
        given = json.loads(os.environ[parallel.IN_COMMON])
        stated = [given[name] for name in ("period", "compare")]
        given["period"] = parameters.check_period(*stated, "zh", given["audience"])[0]
        district.work_out(**given)
    gc.freeze()  # a child's collector then leaves alone, and so shares, the memory of all this


gc.disable()  # what is imported stays: looking for garbage among it took a tenth of the time
_load()
gc.enable()
IMPORTED = frozenset(sys.modules)  # a child should have to add little to it
