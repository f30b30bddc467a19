"""The documentation keeps its word: commands exist, links lead somewhere, Python runs, both languages agree."""

import json
import re
import shlex

import pandas as pd
import pytest
from command_case import COMMANDS, PACKAGES, main

from src.codebook import paths
from src.reports.parameters import NAMES
from tools.documents import trend

READMES = {"en": paths.ROOT / "README.md", "zh": paths.ROOT / "README.zh-CN.md"}


def read(lang: str) -> str:
    return READMES[lang].read_text(encoding="utf-8")


def blocks(lang: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", read(lang), re.DOTALL)


@pytest.mark.parametrize("lang", READMES)
def test_links_lead_somewhere(lang):
    links = re.findall(r"\]\(([^)]+)\)", read(lang))
    assert links
    assert [link for link in links if "://" not in link and not (paths.ROOT / link.split("#")[0]).exists()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_what_contributors_are_told_of_is_there(name):
    file = paths.ROOT / name
    text = file.read_text(encoding="utf-8")
    links = [file.parent / link for link in re.findall(r"\]\(([^)]+)\)", text)]
    named = re.findall(r"`((?:src|tests|tools|deploy|data/raw|docs)/[^\s`]*)`", text)
    assert [path for path in [*links, *(paths.ROOT / name for name in named)] if not path.exists()] == []
    assert set(re.findall(r"\./run ([a-z]+)", text)) <= set(COMMANDS)
    assert len(links) + len(named) > 5


@pytest.mark.parametrize("lang", READMES)
def test_commands_of_run_exist(lang, capsys):
    named = set(re.findall(r"\./run ([a-z]+)", read(lang)))
    assert {"report", "lab", "build", "check", "test"} <= named <= set(COMMANDS)
    for command in named & set(PACKAGES):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
    capsys.readouterr()


@pytest.mark.parametrize("lang", READMES)
def test_python_runs_as_it_stands(lang, on_sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    register = {
        "项目编号": ["001"],
        "项目名称": ["路口整治"],
        "街道": ["布吉街道"],
        "社区": ["南三社区"],
        "治理领域": ["环境整治"],
    }
    for name in ("register.xlsx", "台账.xlsx"):
        pd.DataFrame(register).to_excel(tmp_path / name, index=False, engine="xlsxwriter")
    scope: dict = {}
    for block in blocks(lang, "python"):
        exec(block, scope)
    assert len(scope["reading"].clean) == 1
    assert scope["incidents"]["street"].unique().tolist() == ["布吉街道"]
    assert (tmp_path / "buji.png").stat().st_size > 5000


@pytest.mark.parametrize("lang", READMES)
def test_parameters_are_those_of_the_notebooks(lang):
    assert set(re.findall(r"^\| `([a-z_]+)` \| `\"", read(lang), re.MULTILINE)) == set(NAMES)
    for line in (line for block in blocks(lang, "console") for line in block.splitlines()):
        if line.startswith("papermill "):
            words = shlex.split(line)
            assert (paths.ROOT / words[1]).is_file()
            assert set(words[words.index("-p") + 1 :: 3]) <= set(NAMES)


@pytest.mark.parametrize("lang", READMES)
def test_every_notebook_is_listed(lang):
    for notebook in paths.notebooks().glob("[0-9]*.ipynb"):
        assert f"`{notebook.stem}`" in read(lang)


def test_both_languages_have_the_same_parts():
    counts = {
        lang: [len(re.findall(p, read(lang), re.MULTILINE)) for p in (r"^## ", r"^\|", r"^```", r"^\d\. ")]
        for lang in READMES
    }
    assert counts["zh"] == counts["en"]


@pytest.mark.parametrize("lang", READMES)
def test_the_chart_shown_is_what_the_sample_gives(lang, on_sample):
    assert (paths.ROOT / "docs" / f"trend.{lang}.png").read_bytes() == trend(lang)


def test_notebooks_are_stored_without_outputs_and_with_the_kernel_that_papermill_needs():
    for path in paths.notebooks().glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook["cells"])
