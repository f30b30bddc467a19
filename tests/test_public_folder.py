"""A public folder holds what is public and nothing else; what may name a person stays with those who may read it."""

import json
import re
import stat
import zipfile

import pandas as pd
import pytest
from report_case import Place, main_of, write_notebook

from src.codebook import paths
from src.ingest.store import build
from src.reports.context.releases import released
from src.reports.run import engine
from src.reports.run.runs import runs, workings

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
PUBLIC = {"lang, audience)": 'lang, audience, public=("district", "street"))'}
SECRETS = ("13800138000", "13900139000", "13700137000", "王小明", "incidents_", "值班表", "阳光社工")
MAY_BE_THERE = re.compile(r"index\.html|methods\.(zh|en)\.html|[a-z]+/\w+\.(zh|en)\.(html|xlsx|docx|pdf|zip)")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return deliveries whose names and description name persons, and a notebook that may be public."""
    place = Place(tmp_path, monkeypatch)
    raw = place.data / "raw"
    (raw / "incidents.csv").rename(raw / "incidents_王小明13800138000.csv")
    stated = (raw / "sources.yml").read_text("utf-8").replace("incidents.csv", "incidents_*.csv")
    stated = stated.replace("title: 警情登记", "title: 值班表13900139000").replace(
        "publisher: 测试", "publisher: 阳光社工13700137000"
    )
    (raw / "sources.yml").write_text(stated, encoding="utf-8")
    write_notebook(place.notebooks, replace=PUBLIC)
    return place


def texts(folder):
    """Yield the name of each file below a folder and all that it holds, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as parts:
                    yield path, b"".join(map(parts.read, parts.namelist())).decode("utf-8", errors="replace")
            else:
                yield path, path.read_text("utf-8", errors="replace")


def is_public(folder):
    for path, text in texts(folder):
        name = path.relative_to(folder).as_posix()
        assert MAY_BE_THERE.fullmatch(name), name
        assert [secret for secret in SECRETS if secret in name + text] == [], name


def test_a_public_folder_holds_pages_and_nothing_that_names_a_person(place):
    assert place.report("--audience", "public", "--docx") == 0
    is_public(place.out)
    assert place.report("--audience", "public", "--docx", "--force") == 0
    is_public(place.out)
    assert 'href="../runs/' not in place.read("district/03_test.zh.html")
    assert len(runs(workings(place.out, "public"))) == 2


def test_it_stays_so_where_a_report_fails_and_where_the_data_are_refused(place):
    assert place.report("--audience", "public") == 0
    write_notebook(
        place.notebooks, replace=PUBLIC | {"incidents = report.incidents": 'raise ValueError("王小明 13800138000")'}
    )
    assert place.report("--audience", "public") == 1
    is_public(place.out)
    assert "原因见内部运行日志" in place.read("district/03_test.zh.html")
    assert "王小明" in (runs(workings(place.out, "public"))[-1] / "log.txt").read_text("utf-8")
    write_notebook(place.notebooks, replace=PUBLIC)
    (place.data / "raw" / "incidents_王小明13800138000.csv").write_text("王小明,13800138000\n", encoding="utf-8")
    assert place.report("--audience", "public") in (2, 3)
    is_public(place.out)


def test_what_was_told_is_recorded_and_kept_to(place, capsys):
    sources = place.data / "raw" / "sources.yml"
    sources.write_text(sources.read_text("utf-8").replace(", synthetic: true", ""), encoding="utf-8")
    assert place.report("--audience", "public") == 0
    record, log = paths.released() / "cells.parquet", runs(workings(place.out, "public"))[-1] / "log.txt"
    assert "未找到此前公开发布的记录" in capsys.readouterr().err
    assert "no record of earlier public pages" in log.read_text("utf-8")
    assert (oct(mode(record)), oct(mode(record.parent))) == ("0o600", "0o700")
    cells = pd.read_parquet(record)
    cells.loc[cells["kind"].eq("theft") & cells["street"].eq("布吉街道"), "n"] = 10.0  # as told earlier
    cells.attrs["build"] = ""
    cells.to_parquet(record)
    assert place.report("--audience", "public", "--force") == 0
    assert "未找到" not in capsys.readouterr().err
    assert released(build()).months.loc[("布吉街道", "criminal", "theft")].eq(10).all()
    record.write_bytes(b"PAR1")
    assert place.report("--audience", "public", "--force") == 3
    assert "无法读取" in capsys.readouterr().err


def test_a_few_that_came_late_are_not_told_of_the_district(place):
    sources = place.data / "raw" / "sources.yml"
    sources.write_text(sources.read_text("utf-8").replace(", synthetic: true", ""), encoding="utf-8")
    assert place.report("--audience", "public") == 0
    first = main_of(place.read())
    (incidents,) = (place.data / "raw").glob("incidents_*.csv")
    row = "K{n},2021-0{month}-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n"
    late = [row.format(n=n, month=month) for n, month in enumerate((3, 3, 5))]
    with incidents.open("a", encoding="utf-8") as rows:
        rows.writelines(late)
    assert place.report("--audience", "public") == 0
    assert main_of(place.read()) == first
    assert "135宗" in first


def test_what_is_made_up_is_not_recorded(place, capsys):
    assert place.report("--audience", "public") == 0
    assert not paths.released().exists()
    assert "未找到" not in capsys.readouterr().err


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_logs_manifests_and_failed_notebooks_are_private(place, audience):
    failing = {"incidents = report.incidents": 'raise ValueError("王小明")'}
    write_notebook(place.notebooks, replace=PUBLIC | failing)
    assert place.report("--audience", audience) == 1
    run = runs(workings(place.out, audience))[-1]
    kept = [path for path in run.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".txt", ".json", ".ipynb"}
    assert {oct(mode(path)) for path in kept} == {"0o600"}
    if audience == "public":
        assert mode(workings(place.out, audience)) == 0o700


def test_metadata_are_masked_where_they_are_told(place):
    assert place.report() == 0
    written = [text for _, text in texts(place.out)]
    written += [(paths.processed() / "datapackage.json").read_text("utf-8")]
    written += [build().ledger.to_csv(), json.dumps(build().deliveries, ensure_ascii=False)]
    for number in ("13800138000", "13900139000", "13700137000"):
        assert not any(number in text for text in written)
    assert "值班表〔电话〕" in place.read()
