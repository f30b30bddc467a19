"""A small case for the report tests: deliveries of three years, and a notebook that keeps the contract."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from src.codebook import paths
from src.ingest import store
from src.reports.__main__ import main

MARK = {"FAULT_TEST": str(os.getpid())}
PAGE = "district/03_test.zh.html"
STREETS = ("平湖街道", "布吉街道", "龙岗街道")
COMMUNITIES = {"平湖街道": "鹅公岭社区", "布吉街道": "南三社区", "龙岗街道": "南联社区"}
SOURCES = """
- {files: incidents.csv, table: incidents, title: 警情登记, publisher: 测试, received: "2021-10-05", synthetic: true}
- {files: projects.csv, table: projects, title: 项目台账, publisher: 测试, received: "2021-10-05", synthetic: true}
"""
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {% raw %} $x^2$ **粗** [x](http://evil.example) \\textbf{y}"


def write_deliveries(data: Path, *, title: str = "路口整治") -> Path:
    """Write raw/ below a data folder: two incidents on the 3rd of each month and street, one project each."""
    raw = data / "raw"
    raw.mkdir(parents=True)
    rows = [
        {"警情编号": f"J{year}{month:02}{number}{copy}", "接报时间": f"{year}-{month:02}-03 14:2{copy}",
         "所属街道": street,
         "所属社区": COMMUNITIES[street], "警情类别": "刑事警情", "警情种类": "盗窃"}
        for year in (2019, 2020, 2021) for month in range(1, 13 if year < 2021 else 10)
        for number, street in enumerate(STREETS) for copy in range(2 if year == 2020 else 1)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(raw / "incidents.csv", index=False)
    projects = [
        {"项目编号": f"00{number}", "项目名称": title, "街道": street, "社区": COMMUNITIES[street],
         "治理领域": "交通安全", "启动日期": "2021-03-01", "居民参与": "是"}
        for number, street in enumerate(STREETS, 1)
    ]  # fmt: skip
    pd.DataFrame(projects).to_csv(raw / "projects.csv", index=False)
    (raw / "sources.yml").write_text(SOURCES, encoding="utf-8")
    return data


PARAMETERS = 'area = "district"\nperiod = ""\ncompare = "previous_year"\nlang = "zh"\naudience = "internal"'
OPENING = """\
from src.codebook import vocabulary
from src.analysis.charts import labels, style
from src.reports import describe, open_report

report = open_report(area, period, compare, lang, audience)
incidents = report.incidents"""
HEADLINE = """\
zh = report.lang == "zh"
count = int(incidents["incident_count"].sum())
period = report.period.label(report.lang)
key = f"{period}，{report.name}共接报{count:,}宗。 | {report.name}: {count:,} reports."
figure = ("警情", f"{count:,}宗", "↓26.15%") if zh else ("Reports", f"{count:,}", "↓26.15%")
report.summary(key, [figure], title="测试报告 | A test report")"""
CHART = """\
by_year = incidents.groupby(incidents["reported_at"].dt.year)["incident_count"].sum()
yearly = by_year.rename_axis("year").reset_index(name="n")
ax = style.axes()
ax.bar(yearly["year"].astype("str"), yearly["n"].astype(float), color=style.ACCENT)
labels.count_axis(ax.yaxis, report.lang, "reports")
words = describe.Words(title=f"{report.name}：2020年接报最多" if zh else f"{report.name}: most reports in 2020",
                       sentence=f"2020年接报{yearly['n'].max()}宗。", caption="口径：按接报时间。",
                       alt=f"三年接报数的柱状图，2020年最高，为{yearly['n'].max()}宗")
report.show(ax, yearly, words)"""
TABLE = """\
report.say("；".join(report.projects["title"].head(1)))
listed = report.projects[["street", "title", "field", "started_on", "residents_took_part"]]
report.table(listed, "项目一览 | Projects")"""


def write_notebook(folder: Path, name: str = "03_test", *, replace: dict[str, str] | None = None) -> Path:
    """Write the notebook, with pieces of its code replaced where a test wants it broken."""
    markdown = {
        "title": [
            ("zh", "# 测试报告\n\n回答什么问题：接报多少。"),
            ("en", "# A test report\n\nThe question: how many reports."),
        ],
        "years": [("zh", "## 每年接报多少？"), ("en", "## How many reports a year?")],
        "projects": [("zh", "## 有哪些项目？"), ("en", "## Which projects are there?")],
    }
    prose = {
        key: [new_markdown_cell(text, metadata={"tags": [f"lang-{lang}"]}) for lang, text in cells]
        for key, cells in markdown.items()
    }
    cells = [
        *prose["title"],
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(OPENING),
        new_code_cell(HEADLINE),
        *prose["years"],
        new_code_cell(CHART),
        *prose["projects"],
        new_code_cell(TABLE),
    ]
    for cell in cells:
        for old, new in (replace or {}).items():
            cell.source = cell.source.replace(old, new)
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    notebook = new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    path = folder / f"{name}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


class Place:
    """A data folder, a folder of notebooks and an output folder, and runs of `report` on them."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.out = folder, folder / "out"
        self.data = write_deliveries(folder / "data")
        self.notebooks = folder / "notebooks"
        write_notebook(self.notebooks)
        monkeypatch.setenv("ANALYSIS_DATA", str(self.data))
        for name in ("ANALYSIS_RAW", "ANALYSIS_PROCESSED", "ANALYSIS_PICTURES"):  # which a run may set
            monkeypatch.setenv(name, "")
        monkeypatch.setattr(paths, "notebooks", lambda: self.notebooks)
        monkeypatch.setattr(store, "_last_good", {})

    def report(self, *options):
        store._last_good.clear()
        return main(["report", "--area", "district", "--lang", "zh", "--out", str(self.out), "--jobs", "1", *options])

    def apart(self, *options, inject=""):
        """Start the same in a process of its own, with a line of code run before it."""
        imports = "from pathlib import Path\nfrom src.codebook import paths"
        before = f"{imports}\npaths.notebooks = lambda: Path({str(self.notebooks)!r})"
        code = f"import sys\n{before}\n{inject}\nfrom src.reports.__main__ import main\nsys.exit(main(sys.argv[1:]))"
        words = ["report", "--area", "district", "--lang", "zh", "--out", str(self.out), "--jobs", "1", *options]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-P", "-c", code, *words], env={**os.environ, **MARK}, **streams)

    def breaks(self, source):
        write_notebook(self.notebooks, replace={TABLE: f"{TABLE}\n{source}"})

    def read(self, name=PAGE):
        return (self.out / name).read_text("utf-8")

    def whole(self):
        """Every page that a reader can open is complete, and the index leads to no page that is not there."""
        pages = [p for p in self.out.rglob("*.html") if not p.name.startswith(".")]
        assert all(p.read_text("utf-8").rstrip().endswith("</html>") for p in pages)
        if (self.out / "index.html").is_file():
            links = re.findall(r'href="([^"#]+)"', self.read("index.html"))
            assert links
            assert all((self.out / link).is_file() for link in links)

    def left(self):
        """Return what lies about in the output folder that no reader is meant to open."""
        return sorted(p.name for p in self.out.rglob(".*") if p.name != ".lock")


def main_of(page):
    """Return what a page says: without its links, what changed, and where its numbers come from."""
    return re.search(r"<main[ >].*</main>", page, re.DOTALL)[0]
