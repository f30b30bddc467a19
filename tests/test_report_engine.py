"""The forked engine gives what the stock engine gives, and turns what the stock engine hides into errors."""

import json
import re
import subprocess
import sys

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from src.codebook import paths
from src.ingest.parallel import Died, apart
from src.reports.run import engine, make
from src.reports.run.cells import run_cells

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def executed(notebook, timeout=300):
    """Return a notebook run by cells in a process of its own, and what it left where that died."""
    engine.start_server()
    heard = []
    try:
        return apart(run_cells, notebook, heard=heard.append, seconds=timeout)
    except Died as died:
        return engine.left_by(died, heard)


def in_kernel(notebook):
    make.run_in_kernel(notebook)
    return notebook


def run(*sources, by=executed, tags=(), **options):
    """Return the code cells that were run, and the error that ended them, if one did."""
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    done = by(new_notebook(cells=cells, metadata=KERNEL), **options).cells
    errors = [output for cell in done for output in cell.outputs if output.output_type == "error"]
    return done, errors[-1] if errors else None


SOURCES = {
    "printed": "print('a')\nprint('c', end='')\nprint('d')",
    "printed as an error": "import sys\nprint('b', file=sys.stderr)",
    "last expression": "import pandas as pd\npd.DataFrame({'x': [1, 2]})",
    "nothing to show": "x = 1;",
    "display": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>粗</b>'), Markdown('*x*'))\n7",
    "metadata": "display({'text/plain': 'x'}, raw=True, metadata={'k': {'v': 1}})",
    "clear": "from IPython.display import clear_output\nprint('old')\nclear_output(wait=True)\nprint('new')",
    "update": "handle = display('first', display_id='one')",
    "updated from another cell": "handle.update('second')",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'waited'",
    "program": "!echo from a program",
    "magic": "%precision 3\n3.14159",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('t')",
    "figure object": "figure, ax = plt.subplots()\nax.bar([1], [2])\nplt.close(figure)\nfigure",
    "history": "len(In), Out[3].shape",
    "name": "__name__, __builtins__.__name__",
}


@pytest.mark.slow  # starts a kernel
def test_gives_the_outputs_of_the_stock_engine(monkeypatch):
    monkeypatch.delenv("MPLBACKEND")  # figures show as pictures
    ours, _ = run(*SOURCES.values())
    stock, _ = run(*SOURCES.values(), by=in_kernel)
    for name, a, b in zip(SOURCES, ours, stock, strict=True):
        assert a.outputs == b.outputs, name
        assert a.execution_count == b.execution_count, name


def test_what_is_printed_stays_in_order():
    source = "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\ndisplay(1)\nprint('d')"
    cells, _ = run(source)  # the stock engine sends each stream when its buffer is full
    assert [output.get("text", "shown") for output in cells[0].outputs] == ["a\n", "b\n", "c\n", "shown", "d\n"]


@pytest.mark.slow  # starts a kernel
def test_an_exception_reads_as_with_the_stock_engine():
    ours, error = run("print('before')\n1 / 0", "print('never')")
    stock, _ = run("print('before')\n1 / 0", "print('never')", by=in_kernel)
    assert error.ename == "ZeroDivisionError"
    assert ours[0].outputs[0] == stock[0].outputs[0]
    assert (ours[0].outputs[1].ename, ours[0].outputs[1].evalue) == ("ZeroDivisionError", "division by zero")
    assert ours[1].execution_count is None
    assert ours[1].outputs == []


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os; os._exit(0)", "exit 0"),
        ("import os; os._exit(3)", "exit 3"),
    ],
)
def test_a_process_that_dies_is_an_error_in_its_cell(source, cause):
    cells, error = run("print('fine')", source, "print('never')")
    assert error.ename == "DeadKernelError"
    assert cause in cells[1].outputs[-1].evalue
    assert cells[2].execution_count is None


def test_a_cell_that_hangs_is_ended_and_says_so():
    cells, error = run("while True: pass", timeout=1)
    assert error.ename == "CellTimeoutError"
    assert "1" in cells[0].outputs[-1].evalue


def test_leaving_early_is_an_error_output():
    cells, _ = run("import sys; sys.exit(0)", "print('never')")
    assert [o.ename for o in cells[0].outputs if o.output_type == "error"] == ["SystemExit"]
    assert cells[1].execution_count is None


def test_nobody_is_asked():
    _, error = run("input('name?')")
    assert error.ename == "StdinNotImplementedError"


def test_an_expected_exception_does_not_stop():
    cells, _ = run("1 / 0", "print('on')", tags=["raises-exception"])
    assert cells[1].outputs[0].text == "on\n"


def test_nothing_of_one_notebook_reaches_the_next():
    run("import pandas as pd, os\nleft = 1\npd.left = 1\nos.environ['LEFT'] = '1'")
    cells, _ = run("import pandas as pd, os\n'left' in globals(), hasattr(pd, 'left'), 'LEFT' in os.environ")
    assert cells[0].outputs[0].data["text/plain"] == "(False, False, False)"


def test_what_a_program_writes_past_python_is_kept():
    cells, _ = run("import os\n_ = os.write(1, b'below\\n')")
    assert cells[0].outputs[0].text == "below\n"


def test_the_libraries_are_there_before_the_first_cell():
    cells, _ = run("import sys\n'src.reports.run.preload' in sys.modules")
    assert cells[0].outputs[0].data["text/plain"] == "True"


def test_a_shell_starts_without_importing_itself():
    source = "import sys\nfrom src.reports.run.preload import IMPORTED\nset(sys.modules) - IMPORTED"
    cells, _ = run(source)
    assert "IPython" not in cells[0].outputs[0].data["text/plain"]


def test_a_cell_that_keeps_printing_is_ended_too():
    _, error = run("import time\nwhile True:\n    print('.')\n    time.sleep(0.1)", timeout=1)
    assert error.ename == "CellTimeoutError"


def test_a_cell_that_prints_without_end_is_cut_with_a_sentence():
    cells, error = run("for _ in range(30):\n    print('x' * 100_000)")
    assert error is None
    assert cells[0].outputs[0].text.count("x") < 2_000_000
    assert "more than 2,000,000 characters" in cells[0].outputs[0].text


def test_what_a_cell_starts_ends_with_the_report():
    cells, _ = run("import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=False).pid")
    started = psutil.pid_exists(pid := int(cells[0].outputs[0].data["text/plain"])) and psutil.Process(pid)
    assert not started or started.status() == psutil.STATUS_ZOMBIE


def test_threads_may_print_at_once():
    source = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n    list(pool.map(print, ['x' * 5000] * 200))"
    )
    cells, error = run(source)
    assert error is None
    assert cells[0].outputs[0].text.count("x") == 1_000_000


SCRIPT = """
import nbformat
from src.ingest.parallel import apart
from src.reports.run import engine
from src.reports.run.cells import run_cells

print("ran")
engine.start_server()
done = apart(run_cells, nbformat.read("before.ipynb", 4), heard=id, seconds=60)
print(done.cells[0].outputs[0].data["text/plain"])
"""


@pytest.mark.slow  # starts a fork server of its own
def test_a_script_without_a_guard_runs_once_and_its_notebook_to_the_end(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("__name__")], metadata=KERNEL), tmp_path / "before.ipynb")
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ran\n'__main__'\n"), done.stderr


ON_LAB_ALONE = "remove-output"  # a frame shown there by pandas; by the run as its pages show tables


@pytest.mark.slow  # starts a kernel for each notebook
@pytest.mark.parametrize("notebook", sorted(paths.notebooks().glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_every_notebook_comes_out_as_with_the_stock_engine(monkeypatch, notebook):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # figures show as pictures

    def outputs(run_by):
        made = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(\+\d{2}:\d{2})?")  # when it was made

        def without_time(output):
            return made.sub("made", json.dumps(output, sort_keys=True)) if "made_at" in str(output) else output

        return [
            (cell.execution_count, without_time(output))
            for cell in run_by(make.as_run(notebook, {})).cells
            if cell.cell_type == "code" and ON_LAB_ALONE not in cell.metadata.get("tags", [])
            for output in cell.outputs
        ]  # fmt: skip

    assert outputs(executed) == outputs(in_kernel)


# Notebook 04 is left out: pyfixest and the thirty packages it brings are for one page of a run.
@pytest.mark.slow
@pytest.mark.parametrize("stem", ["01_data_quality", "02_participation", "03_incident_trends", "05_where_next"])
def test_a_notebook_of_the_district_imports_nothing_that_was_not_there_before_the_fork(stem):
    notebook = nbformat.read(paths.notebooks() / f"{stem}.ipynb", 4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    probe = "import sys\nfrom src.reports.run.preload import IMPORTED\n' '.join(sorted(set(sys.modules) - IMPORTED))"
    cells, error = run(*code, probe)
    assert error is None
    added = re.findall(
        r"\b(?:pandas|numpy|pyarrow|scipy|statsmodels|src)\.\S+", cells[-1].outputs[0].data["text/plain"]
    )
    assert added == []
