"""The site over time: what changed, what is made again, what is inert, who is missing, what the public sees."""

import base64
import csv
import datetime as dt
import io
import json
import re
import shutil
from html import unescape

import pandas as pd
import pytest
from python_calamine import load_workbook
from report_case import COMMUNITIES, HOSTILE, PAGE, SOURCES, Place, main_of, write_deliveries, write_notebook

from src.codebook import paths, periods
from src.ingest import store
from src.reports.__main__ import main
from src.reports.context import delivered
from src.reports.page.page import SLOT
from src.reports.run import changes, compare, engine, publish, runs
from src.reports.run.runs import workings

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
ROW = "J9{number},2021-09-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


def delivers(place, *rows):
    with (place.data / "raw" / "incidents.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(rows)


def test_a_page_tells_what_changed_since_the_last_one_and_the_index_follows(place):
    assert place.report() == 0
    assert "两版的差别在于" not in place.read()
    first = place.read()
    assert place.report() == 0
    assert place.read() == first
    assert len(list((place.out / "runs").iterdir())) == 1  # nothing was due: no run
    delivers(place, ROW.format(number=1))
    assert place.report() == 0
    told = SLOT.search(place.read())[0]
    assert "警情：135宗 → 136宗" in told
    assert "交付的数据" in told
    assert "计算程序" not in told
    assert "135宗" in place.read(f"runs/{runs.runs(place.out)[0].name}/{PAGE}")
    assert runs.runs(place.out)[0].name in told
    write_notebook(place.notebooks, replace={"有哪些项目": "都有哪些项目"})
    assert place.report() == 0
    assert "警情：136宗，没有变化" in place.read()
    assert "报告笔记本" in SLOT.search(place.read())[0]
    place.whole()


def test_deliveries_and_clean_tables_may_lie_elsewhere(place, tmp_path):
    elsewhere = write_deliveries(tmp_path / "elsewhere")
    with (elsewhere / "raw" / "incidents.csv").open("a", encoding="utf-8") as stream:
        stream.write(ROW.format(number=1))
    raw, tables = elsewhere / "raw", tmp_path / "tables"
    assert place.report() == 0
    usual = place.read()
    assert place.report("--raw", str(raw), "--processed", str(tables / "processed")) == 0
    assert main_of(place.read()) != main_of(usual)
    assert (tables / "processed" / "incidents.parquet").is_file()
    assert (tables / "quarantine").is_dir()


def test_an_update_of_the_package_is_told_as_code_and_not_as_data(place, monkeypatch):
    assert place.report() == 0
    monkeypatch.setattr("src.ingest.deliveries.code_digest", lambda: "another reader")
    monkeypatch.setattr("src.reports.run.plan.code_digest", lambda: "another package")
    assert place.report() == 0
    told = SLOT.search(place.read())[0]
    assert "计算程序" in told
    assert "交付的数据" not in told


def test_the_manifest_of_a_run_and_of_a_page_say_what_they_were_made_from(place):
    assert place.report() == 0
    run = json.loads((runs.runs(place.out)[-1] / "run.json").read_text("utf-8"))
    page = json.loads(unescape(runs.CARRIED.search(place.read())[1]))
    for stated in (run, page):
        assert {"commit", "changed"} <= set(stated["code"])
        assert stated["packages"]["pandas"] == pd.__version__
        assert {len(d["sha256"]) for d in stated["deliveries"]} == {64}
        assert {r["table"] for r in stated["records"]} >= {"incidents", "projects"}
        assert stated["seconds"] > 0
    assert page["parameters"] == {
        "area": "district", "period": "", "compare": "previous_year", "lang": "zh", "audience": "internal"
    }  # fmt: skip
    assert run["counts"] == {"made": 1, "kept": 0, "failed": 0}


def test_a_page_is_verified_or_its_first_difference_named(place, capsys):
    assert place.report() == 0
    page = str(place.out / PAGE)
    assert main(["verify", page]) == 0
    assert "reproducible" in capsys.readouterr().out
    kept = (place.out / PAGE).read_text("utf-8")
    (place.out / PAGE).write_text(kept.replace("2020年接报", "2021年接报"), encoding="utf-8")
    assert main(["verify", page]) == 1
    assert "2021年接报" in capsys.readouterr().out
    (place.out / PAGE).write_text(kept, encoding="utf-8")
    delivers(place, ROW.format(number=2))
    assert main(["verify", page]) == 1
    assert "incidents.csv" in capsys.readouterr().out
    (place.folder / "other.html").write_text("<html></html>")
    assert main(["verify", str(place.folder / "other.html")]) == 2


HOSTILE_TITLES = (HOSTILE, "../../../etc/passwd", '=HYPERLINK("http://evil.example")', "名" * 10_000)


@pytest.mark.parametrize("number", range(len(HOSTILE_TITLES)))
def test_hostile_input_is_inert_on_page_index_and_in_the_workbook(tmp_path, monkeypatch, number):
    title = HOSTILE_TITLES[number]
    monkeypatch.setattr("report_case.write_deliveries", lambda folder: write_deliveries(folder, title=title))
    place = Place(tmp_path, monkeypatch)
    shown = {'title="测试报告 | A test report"': 'title=str(report.projects["title"].iloc[0])[:300]'}
    write_notebook(place.notebooks, replace=shown)
    assert place.report() == 0
    for name in (PAGE, "index.html"):
        html = place.read(name)
        assert not re.search(r"<script|<[^>]*\son\w+=", html)
        assert not re.search(r'href="(?:http|javascript)', html)
        assert "49" not in re.findall(r"{{ 7\*7 }}|>49<", html)
    assert title[:60] in unescape(place.read())
    from lxml import html as lxml_html

    book = next((place.out / "district").glob("*.xlsx"))
    import zipfile

    with zipfile.ZipFile(book) as parts:
        sheets = b"".join(parts.read(n) for n in parts.namelist() if "worksheets" in n or "rels" in n)
    assert b"<f>" not in sheets
    assert b"evil.example" not in sheets
    assert lxml_html.document_fromstring(place.read()).xpath("//main")


@pytest.mark.parametrize("value", [HOSTILE, "../../etc", "x" * 10_000, "$(touch x)", "district\x00"])
@pytest.mark.parametrize("name", ["area", "period", "compare", "lang", "audience"])
def test_hostile_parameters_are_refused_in_a_sentence(place, capsys, name, value):
    options = {"area": "district", "lang": "zh"} | {name: value}
    words = [word for option, its in options.items() for word in (f"--{option}", its)]
    assert main(["report", "--out", str(place.out), *words]) == 2
    said = capsys.readouterr().err
    assert len(said) < 1500
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("option", "value"), [("--keep", "0"), ("--keep", "-1"), ("--wait", "-1"), ("--wait", "nan"), ("--jobs", "0")]
)
def test_a_number_that_cannot_be_is_refused_before_anything_is_made(place, capsys, option, value):
    assert place.report(option, value) == 2
    said = capsys.readouterr().err
    assert option in said
    assert value in said
    assert not place.out.exists()


def test_a_link_and_any_character_in_the_path_are_taken(place):
    real = place.folder / 'it\'s "50%d" {x} $HOME 报告 输出 #1'
    real.mkdir()
    place.out.symlink_to(real)
    assert place.report("--docx") == 0
    assert place.report("--force") == 0
    assert place.out.is_symlink()
    place.whole()


def test_a_scheduled_run_waits_for_who_is_missing_and_publishes_late_when_told(place, monkeypatch, capsys):
    sources = (place.data / "raw" / "sources.yml").read_text("utf-8")
    stated = sources.replace("table: incidents,", "table: incidents, expected: {who: streets, every: month},")
    (place.data / "raw" / "sources.yml").write_text(stated, encoding="utf-8")
    register = pd.DataFrame([{"街道": s, "社区": c} for s, c in COMMUNITIES.items()])
    register.to_csv(place.data / "raw" / "communities.csv", index=False)
    with (place.data / "raw" / "sources.yml").open("a", encoding="utf-8") as stream:
        stream.write("- {files: communities.csv, table: communities, title: 登记册}\n")
    monkeypatch.setattr(delivered, "today", lambda: dt.date(2021, 10, 5))
    assert place.report("--complete") == 0
    monkeypatch.setattr(delivered, "today", lambda: dt.date(2021, 11, 5))
    delivers(place, "J77,2021-10-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n")
    before = place.read()
    assert place.report("--complete") == 5
    said = capsys.readouterr().err
    assert "布吉街道、龙岗街道" in said
    assert "2021年10月" in said
    assert "(October 2021) not delivered by: Buji, Longgang" in said
    assert place.read() == before
    assert place.report("--complete", "--late") == 0
    assert "布吉街道、龙岗街道" in place.read()
    assert "布吉街道、龙岗街道" in place.read("index.html")


def broken(place, change):
    """Change the record of the page as a reader of another version would find it."""
    records_now = json.loads((place.out / "state.json").read_text("utf-8"))
    change(records_now[PAGE])
    text = json.dumps(records_now, ensure_ascii=False)
    (place.out / "state.json").write_text(text, encoding="utf-8")
    for run in runs.runs(place.out):
        stated = json.loads((run / "run.json").read_text("utf-8"))
        change(stated["pages"][PAGE])
        (run / "run.json").write_text(json.dumps(stated), encoding="utf-8")


OTHER_VERSIONS = {
    "lacks a key": lambda record: record.pop("audience"),
    "another form": lambda record: record.update(figures=[{"name": "警情", "value": "3"}]),
    "a word not known here": lambda record: record.update(status="archived"),
}


@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_a_record_of_another_version_is_left_out_and_its_page_made_again(place, capsys, version):
    write_notebook(place.notebooks, "02_other")
    assert place.report() == 0
    other = place.read("district/02_other.zh.html")
    broken(place, OTHER_VERSIONS[version])
    assert place.report() == 0
    said = capsys.readouterr()
    assert "1 made, 1 unchanged" in said.out
    assert PAGE in said.err
    assert PAGE in (runs.runs(place.out)[-1] / "log.txt").read_text("utf-8").splitlines()[0]
    assert place.read("district/02_other.zh.html") == other
    assert place.report() == 0
    assert "state.json" not in capsys.readouterr().err
    place.whole()


def test_a_page_whose_record_was_left_out_stays_when_it_cannot_be_made_again(place):
    assert place.report() == 0
    standing = main_of(place.read())
    broken(place, OTHER_VERSIONS["lacks a key"])
    place.breaks("1 / 0")
    assert place.report() == 1
    assert main_of(place.read()) == standing
    assert "更新失败" in place.read()
    assert f'href="{PAGE}"' in place.read("index.html")
    place.whole()


@pytest.mark.parametrize("damage", ["{", '{"pages": 3}', '{"started": "today"}'])
def test_a_damaged_run_keeps_its_pages_and_is_not_listed(place, damage):
    assert place.report() == 0
    first = runs.runs(place.out)[0]
    (first / "run.json").write_text(damage, encoding="utf-8")
    (place.out / "runs" / "copy-of-one").mkdir()
    assert place.report("--force") == 0
    assert (first / PAGE).is_file()
    assert first.name not in place.read("index.html")
    place.whole()


def test_a_journal_that_cannot_be_read_is_given_up(place):
    assert place.report() == 0
    killed = runs.new_run(place.out)
    (killed / "district").mkdir()
    (killed / runs.JOURNAL).write_text('{"pages": {', encoding="utf-8")
    assert place.report() == 0
    assert list(killed.iterdir()) == []


def test_pages_without_a_record_still_keep_the_public_out(place, capsys):
    write_notebook(place.notebooks, replace={"lang, audience)": 'lang, audience, public=("district",))'})
    assert place.report() == 0
    (place.out / "state.json").unlink()
    shutil.rmtree(place.out / "runs")
    assert place.report("--audience", "public") == 2
    assert "internal" in capsys.readouterr().err


def test_a_page_of_another_version_is_not_verified_and_says_why(place, capsys):
    assert place.report() == 0
    for old, new in (('"audience":', '"readers":'), ('"sha256":', '"md5":'), ("{", "{{")):
        html = runs.CARRIED.sub(lambda found, old=old, new=new: unescape(found[0]).replace(old, new), place.read())
        (place.folder / "old.html").write_text(html, encoding="utf-8")
        assert main(["verify", str(place.folder / "old.html")]) == 2
        said = capsys.readouterr().err
        assert "old.html" in said
        assert "Traceback" not in said


def test_briefings_are_linked_while_they_show_what_stands(place, monkeypatch):
    assert place.report("--docx") == 0
    name = PAGE.replace(".html", ".docx")
    linked = f'href="{name.partition("/")[2]}"'
    assert (place.out / name).is_file()
    assert linked in SLOT.search(place.read())[0]
    assert f'href="{name}"' in place.read("index.html")
    written = (place.out / name).stat().st_mtime_ns
    assert place.report("--docx") == 0
    assert (place.out / name).stat().st_mtime_ns == written
    delivers(place, ROW.format(number=1))
    assert place.report() == 0
    assert not (place.out / name).exists()
    assert ".docx" not in place.read() + place.read("index.html")
    assert place.report("--docx") == 0
    assert linked in place.read()
    place.whole()


def test_a_briefing_stands_while_its_page_does(place):
    assert place.report("--docx") == 0
    name = PAGE.replace(".html", ".docx")
    assert place.report("--lang", "en") == 0  # from now on the page leads to its other language
    assert PAGE.partition("/")[2].replace(".zh.", ".en.") in SLOT.search(place.read())[0]
    assert (place.out / name).is_file()
    assert f'href="{name.partition("/")[2]}"' in SLOT.search(place.read())[0]


def test_a_year_without_data_is_refused_before_anything_is_made(place, capsys):
    assert place.report() == 0
    before = place.read()
    assert place.report("--compare", "1999") == 2
    assert "compare: there are no data of 1999" in capsys.readouterr().err
    assert place.read() == before


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nexit 0\n"])
def test_a_browser_that_fails_is_told_and_the_page_stays(place, monkeypatch, capsys, program):
    browser = place.folder / "browser"
    browser.write_text(program)
    browser.chmod(0o755)
    monkeypatch.setattr(publish, "chromium", lambda: str(browser))
    assert place.report("--pdf") == 1
    said = capsys.readouterr().err
    assert PAGE.replace(".html", ".pdf") in said
    assert "Traceback" not in said
    assert ".pdf" not in place.read() + place.read("index.html")
    place.whole()
    assert place.left() == []


def test_windows_are_due_when_they_have_ended():
    day = dt.date(2021, 4, 1)
    assert [str(delivered.due(every, day)) for every in ("month", "quarter", "year")] == [
        "2021-03", "2021-01/2021-03", "2020-01/2020-12"
    ]  # fmt: skip
    assert delivered.due("once", day) is None


def test_it_is_the_day_of_the_district_on_any_machine(monkeypatch):
    class Late(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime(2021, 10, 4, 22, 30, tzinfo=dt.UTC).astimezone(tz)

    monkeypatch.setattr(periods.dt, "datetime", Late)
    assert periods.today() == dt.date(2021, 10, 5)


@pytest.mark.slow
def test_a_week_of_mornings_leaves_the_right_pages_history_and_disk_use(place, monkeypatch):
    morning = dt.datetime(2021, 10, 4, 6, tzinfo=periods.zone())
    sizes = []
    for day in range(7):
        at = morning + dt.timedelta(days=day)
        for module in (periods, publish, runs):
            monkeypatch.setattr(module, "now", lambda at=at: at)
        if day not in (2, 5):  # a weekend: nobody delivered
            delivers(place, ROW.format(number=day))
        assert place.report("--keep", "3") == 0
        place.whole()
        sizes.append(sum(p.stat().st_size for p in place.out.rglob("*") if p.is_file()))
    assert "140宗" in main_of(place.read())
    assert [run.name[:15] for run in runs.runs(place.out)] == ["000003-20211007", "000004-20211008", "000005-20211010"]
    earlier = re.findall(r'href="\.\./runs/([^/]+)/', place.read())
    assert [name[:6] for name in earlier] == ["000004", "000003"]
    assert "139宗 → 140宗" in place.read()
    assert sizes[-1] < 1.2 * sizes[3]


BULLETIN = ("本月", "上月", "上年同月", "累计", "上年同期累计")


def rows_of_workbook(book):
    """Yield the rows of every table of a workbook, by their heads."""
    sheets = load_workbook(book)
    for name in sheets.sheet_names[1:]:
        _, heads, *rows = sheets.get_sheet_by_name(name).to_python(skip_empty_area=False)
        yield from (dict(zip(heads, row, strict=True)) for row in rows)


def csvs(html):
    return [
        base64.b64decode(data).decode("utf-8") for data in re.findall(r"data:text/csv[^,]*,([A-Za-z0-9+/=]+)", html)
    ]


PUBLIC = {
    "平湖街道": ("鹅公岭社区", "良安田社区"),
    "布吉街道": ("南三社区", "龙岭社区"),
    "龙岗街道": ("南联社区", "龙岗社区"),
}


PUBLISHED = [("2021-06", ""), ("2021-09", "2021-01/2021-03")]  # data until, period asked for


def many_incidents(raw, which, until):
    """Write incidents of three streets; `which` of two communities in each has the few that must not be told."""
    rows = []
    for street, (large, small) in PUBLIC.items():
        for month in pd.date_range("2019-10-01", f"{until}-01", freq="MS"):
            few = [(small, "信访", "劳资")] if which == "one" else [(large, "信访", "劳资")]
            many = [(large, "刑事警情", "盗窃")] * 12 + [(small, "刑事警情", "盗窃")] * 12
            for place, group, kind in [*many, *few]:
                rows.append((f"{month:%Y%m}{len(rows)}", f"{month:%Y-%m}-03 10:00", street, place, group, kind))
    columns = ["警情编号", "接报时间", "所属街道", "所属社区", "警情类别", "警情种类"]
    pd.DataFrame(rows, columns=columns).to_csv(raw / "incidents.csv", index=False)
    register = [(street, community) for street, both in PUBLIC.items() for community in both]
    pd.DataFrame(register, columns=["街道", "社区"]).to_csv(raw / "communities.csv", index=False)
    register = "- {files: communities.csv, table: communities}\n"
    (raw / "sources.yml").write_text(SOURCES.replace(", synthetic: true", "") + register, encoding="utf-8")


@pytest.mark.slow
def test_public_sites_say_the_same_whichever_community_the_untold_incidents_are_of(place, monkeypatch):
    """All areas and notebooks in both languages, in two publications and of a period of one's own."""
    monkeypatch.setattr(paths, "notebooks", lambda: paths.ROOT / "notebooks")
    words = ["--area", "all", "--lang", "zh,en", "--out", str(place.out), "--audience", "public", "--jobs", "2"]
    sites = []
    for which in ("one", "other"):
        said = {}
        for number, (until, period) in enumerate(PUBLISHED):
            many_incidents(place.data / "raw", which, until)
            store._last_good.clear()
            assert main(["report", *words, "--period", period]) == 0
            for page in place.out.glob("*/*.html"):
                html, name = page.read_text("utf-8"), (number, page.relative_to(place.out))
                assert "公开版" in html or "Public" in html
                said[name] = compare.ASIDE.sub("", SLOT.sub("", html)), page.with_suffix(".xlsx").read_bytes()
                told = [row for table in csvs(html) for row in csv.DictReader(io.StringIO(table.lstrip("\ufeff")))]
                for row in (
                    [*told, *rows_of_workbook(page.with_suffix(".xlsx"))] if page.parent.name != "district" else []
                ):
                    assert all(float(row[head]) % 5 == 0 for head in BULLETIN if row.get(head)), (name, row)
        assert len(said) == 40 + 80 and (paths.released() / "cells.parquet").is_file()
        sites.append(said)
        for folder in (place.out, workings(place.out, "public"), paths.released(), paths.processed()):
            shutil.rmtree(folder)
    assert sites[0].keys() == sites[1].keys()
    assert [name for name, page in sites[0].items() if sites[1][name] != page] == []


def test_public_and_internal_pages_never_share_a_folder(place, capsys):
    public = {"lang, audience)": 'lang, audience, public=("district",))'}
    write_notebook(place.notebooks, replace=public)
    assert place.report() == 0
    assert place.report("--audience", "public") == 2
    assert "internal" in capsys.readouterr().err
    assert paths.reports("public") != paths.reports()


def test_a_notebook_says_itself_whether_it_may_be_public_and_why_not(place, capsys):
    write_notebook(place.notebooks, "05_lists", replace={"lang, audience)": 'lang, audience, why_not="working_lists")'})
    assert place.report("--audience", "public") == 2
    assert "三张清单" in capsys.readouterr().err
    write_notebook(place.notebooks, replace={"lang, audience)": 'lang, audience, public=("district",))'})
    assert place.report("--audience", "public") == 0
    said = capsys.readouterr().out
    assert "05_lists" in said
    assert "三张清单" in said
    assert place.report("05", "--audience", "public") == 2
    assert "公开版" in place.read()
    assert "内部资料" not in place.read()
    assert place.report("--audience", "public", "--period", "2021-01-05/2021-02-20") == 2


@pytest.mark.parametrize("other", [{"period_label": "2020年"}, {"synthetic": False}])
def test_numbers_of_another_period_or_made_up_ones_are_not_set_beside_these(other):
    inputs = dict.fromkeys(changes.INPUTS, "a")
    now = {
        "made_at": "2022",
        "period_label": "2021年",
        "synthetic": True,
        "inputs": inputs,
        "figures": [["警情", "9宗", ""]],
    }
    then = {**now, "figures": [["警情", "8宗", ""]]}
    assert changes.what_changed(then, now)["figures"] == [{"name": "警情", "then": "8宗", "now": "9宗"}]
    assert changes.what_changed({**then, **other}, now)["figures"] == []


def test_a_year_and_a_comparison_with_it_are_two_pages(place):
    assert place.report("--compare", "2020") == 0
    assert place.report("--period", "2020") == 0
    pages = sorted(path.name for path in (place.out / "district").glob("*.html"))
    assert len(pages) == 2


def test_a_run_says_which_notebook_cannot_be_made_for_an_area(place, capsys):
    alone = {"lang, audience)": 'lang, audience, levels=("district",))'}
    write_notebook(place.notebooks, "04_test", replace=alone)
    assert place.report("--area", "平湖街道") == 0
    assert "04_test cannot be made for this area" in capsys.readouterr().out
    assert place.report("3") == 0
    assert "cannot be made" not in capsys.readouterr().out
