"""A notebook of one's own: parameters of its own, no call at its end, whatever tool it was saved by."""

import json

import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from lxml import etree
from nbformat.v4 import new_code_cell, new_notebook
from report_case import OPENING, PARAMETERS, Place, write_notebook
from traitlets.config import Config

from src.codebook.messages import one_language
from src.reports import report
from src.reports.__main__ import main
from src.reports.context.notebooks import in_language, notebooks, read_content
from src.reports.html import table_html
from src.reports.outputs import BLOCK, plain_table
from src.reports.parameters import ParameterError, Stopped, read_own
from src.reports.run import engine

ROWS = etree.XPath("count(.//tbody/tr)")
OWN = f'{PARAMETERS}\ntop = 5\nshare = 0.5\nstreets = ["布吉街道"]\n'
OPEN = "from src.reports import open_report\nreport = open_report(area, period, compare, lang, audience)"


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


@pytest.fixture
def shell(on_sample):
    """Return a function that runs cells one after the other as a kernel does, and returns what the last one gave."""
    kernel = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def run(*cells):
        for cell in cells[:-1]:
            kernel.run_cell(cell, store_history=True).raise_error()
        result = kernel.run_cell(cells[-1], store_history=True)
        result.raise_error()
        return result.result

    run.kernel = kernel
    yield run
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("injected", "parameters"),
    [
        ("", {"top": 5, "share": 0.5, "streets": ["布吉街道"]}),
        ("# Parameters\ntop = 10\nshare = 1\n", {"top": 10, "share": 1, "streets": ["布吉街道"]}),
    ],
)
def test_what_else_the_parameters_cell_holds_are_parameters(shell, injected, parameters):
    opened = shell(OWN, *filter(None, [injected]), f"{OPEN}\nreport")
    assert {name: opened.parameters[name] for name in parameters} == parameters
    assert repr(opened) == "<Report 龙岗区, 2021-01/2021-12 (previous_year), zh, internal>"


WRONG = {
    'top = "many"': "参数 top：'many' 的类型不对；应为整数，如 5。",
    "top = True": "top: True is of the wrong type; right would be a whole number, such as 5.",
    'share = "0.5"': "share: '0.5' is of the wrong type; right would be a number, such as 0.5.",
    "tpo = 10": "没有“tpo”这个参数，是否想写 top？",
    'aera = "布吉街道"': "aera is not a parameter; did you mean area?",
    'area = "布吉镇"': "布吉镇",
}


@pytest.mark.parametrize("injected", WRONG)
def test_a_wrong_parameter_stops_the_notebook_with_a_sentence(shell, injected):
    with pytest.raises(ParameterError) as refused:
        shell(OWN, f"# Parameters\n{injected}\n", OPEN)
    assert WRONG[injected] in str(refused.value)
    assert refused.value._render_traceback_() == [str(refused.value)]


def test_parameters_may_be_handed_in_by_name(shell):
    opened = shell("from src.reports import open_report\nopen_report(compare='2020', lang='en', least=3)")
    assert opened.parameters["least"] == 3
    with pytest.raises(ParameterError, match="did you mean area"):
        report.open_report(aera="布吉街道")


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("10", 5, 10), ("012", "a", "012"), ("0.25", 0.5, 0.25), ("1", 0.5, 1), ("是", False, True),
        ("no", True, False), ("['a', 'b']", [], ["a", "b"]), ("2021-01", None, "2021-01"), ("3", None, 3), (10, 5, 10),
    ],
)  # fmt: skip
def test_a_text_of_the_command_line_has_the_type_of_the_default(text, default, value):
    assert read_own("mine", text, default) == value
    assert type(read_own("mine", text, default)) is type(value)


@pytest.mark.parametrize(
    ("text", "default"), [("ten", 5), ("1.5", 5), ("maybe", True), ("a", 0.5), ("3", []), (3, "a")]
)
def test_a_text_that_means_no_such_value_is_refused(text, default):
    with pytest.raises(ParameterError, match="mine"):
        read_own("mine", text, default)


@pytest.mark.parametrize(
    ("line", "lang", "part"),
    [
        ("逐月变化 | Month by month", "zh", "逐月变化"),
        ("逐月变化 | Month by month", "en", "Month by month"),
        ("Month by month | 逐月变化", "zh", "逐月变化"),
        ("a | b", "en", "a | b"),
        ("甲 | 乙", "en", "甲 | 乙"),
        ("甲|b", "en", "甲|b"),
    ],
)
def test_a_line_in_both_languages_keeps_one(line, lang, part):
    assert one_language(line, lang) == part
    assert in_language(f"## {line}\n\n{line}", lang) == f"## {part}\n\n{line}"


def test_a_plain_frame_is_shown_without_an_index_that_only_counts():
    table = etree.HTML(table_html(plain_table(pd.DataFrame({"share": [0.123456], "甲": ["a"]}, index=[7]), "zh")))
    assert [cell.text for cell in table.iter("th", "td")][-2:] == ["0.12", "a"]
    named = pd.Series([1.5, 2.25], index=pd.Index(["a", "b"], name="place"), name="mean")
    assert [cell.text for cell in etree.HTML(table_html(plain_table(named, "en"))).iter("td")] == ["1.50", "2.25"]
    assert plain_table(pd.DataFrame([[1, 2]], columns=["a", "a"]), "zh") is None


def test_a_plain_frame_looks_in_a_notebook_as_pandas_shows_it(shell):
    shell(OWN, OPEN)
    shown, _ = shell.kernel.display_formatter.format(pd.DataFrame({"a": [1.23456]}))
    assert "1.23456" in shown["text/html"]
    assert shown[BLOCK]["table"]["columns"][0]["digits"] == 2


def test_a_run_of_a_notebook_that_opened_no_report_says_so(monkeypatch):
    monkeypatch.setattr(report, "_opened", [])
    with pytest.raises(Stopped, match="opened no report"):
        report.close_report()


@pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
def test_a_new_notebook_runs_and_takes_its_own_parameter(place, capsys):
    assert main(["new", "我的问题"]) == 0
    assert main(["new", "我的问题"]) == 2
    assert main(["new", "../a"]) == 2
    assert "没有覆盖" in capsys.readouterr().err
    assert place.report("我的问题", "-p", "top", "1") == 0
    page = place.read("district/我的问题_top-1.zh.html")
    assert ROWS(etree.HTML(page).find(".//table")) == 1
    assert "top = 1" in page
    assert "哪些种类最多" in page
    assert "Which kinds" not in page
    assert main(["verify", str(place.out / "district/我的问题_top-1.zh.html")]) == 0
    for wrong, said in ((("top", "ten"), "应为整数"), (("tpo", "3"), "是否想写 top"), (("lang", "fr"), "zh, en")):
        assert place.report("我的问题", "-p", *wrong) == 2
        assert said in capsys.readouterr().err
    assert place.report("3", "-p", "top", "3") == 2


FRAME = 'incidents.groupby("street")["incident_count"].mean() / 3'


@pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
def test_a_notebook_that_another_tool_saved_is_run(place):
    cells = [new_code_cell(PARAMETERS), new_code_cell(OPENING), new_code_cell(FRAME)]
    cells[0].metadata["tags"] = ["parameters"]
    ours = new_notebook(cells=cells, metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}})
    bare = json.loads(nbformat.writes(ours))
    bare["metadata"] = {}
    for cell in bare["cells"][1:]:  # as little as a tool may write
        for name in ("id", "metadata", "outputs", "execution_count"):
            del cell[name]
    files = {"R": ours, "bare": bare, "old": nbformat.convert(nbformat.from_dict(json.loads(nbformat.writes(ours))), 3)}
    for name, content in files.items():
        (place.notebooks / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    assert place.report(*files) == 0
    for name in files:
        table = etree.HTML(place.read(f"district/{name}.zh.html")).find(".//main//table")
        assert [row[-1].text for row in table.findall(".//tbody/tr")] == ["0.33"] * 3, name


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"a\.ipynb cannot be read as a notebook"):
        notebooks(["a"], tmp_path)


def test_an_old_notebook_is_read_as_one_of_today(tmp_path):
    path = write_notebook(tmp_path)
    now = read_content(path)
    path.write_text(json.dumps(nbformat.convert(nbformat.read(path, as_version=4), 3)), encoding="utf-8")
    assert [cell["source"] for cell in read_content(path)["cells"]] == ["".join(c["source"]) for c in now["cells"]]
