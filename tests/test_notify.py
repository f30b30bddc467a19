"""What `--notify COMMAND` is given: what was published, what failed and since when, who has not delivered."""

import shlex

import pytest
from report_case import SOURCES, Place

from src.codebook import vocabulary
from src.reports.run import engine, notify

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


def told(place, *options):
    """Run with a command that keeps what it is given; return the exit code and the text."""
    file = place.folder / "told.txt"
    file.unlink(missing_ok=True)
    code = place.report("--notify", f"cat > {shlex.quote(str(file))}", *options)
    return code, file.read_text("utf-8")


def test_a_run_tells_its_headline_then_what_failed_and_who_is_missing(place, tmp_path):
    code, text = told(place)
    assert code == 0
    assert text.startswith("1 份已生成") and "index.html" in text
    assert "- 龙岗区 测试报告：2021年1—9月，龙岗区共接报135宗。" in text
    assert "未更新" not in text and " made" not in text
    place.breaks("1 / 0")
    later = (
        "- {files: later.csv, table: projects, title: 台账13800138000, publisher: 13900139000, expected: {every: once}}"
    )
    (place.data / "raw" / "sources.yml").write_text(f"{SOURCES.strip()}\n{later}\n", encoding="utf-8")
    code, text = told(place, "--lang", "zh,en")
    assert code == 1
    chinese, english = text.split("\n\n")
    assert "- 龙岗区 测试报告：未更新（自 " in chinese and "ZeroDivisionError" in chinese
    assert "- 台账〔电话〕（—）未报：〔电话〕" in chinese and "not delivered by" not in chinese
    assert "not updated since" in english and "not delivered by: 〔电话〕" in english


def test_a_run_that_publishes_nothing_tells_why(place):
    code, text = told(place, "--period", "1999")
    assert code == 2
    assert text.startswith("未能生成报告：参数 period：“1999”没有数据")
    assert not (place.out / "index.html").exists()


@pytest.mark.parametrize(("command", "cause"), [("exit 3", "exit 3"), ("cat > /dev/null; sleep 60 & wait", "> 0.2 s")])
def test_a_command_that_fails_or_hangs_is_told_and_ended(monkeypatch, capfd, command, cause):
    monkeypatch.setitem(vocabulary.current().thresholds, "notify_seconds", 0.2)
    notify.send(command, "一句话\n" * 100_000)
    said = capfd.readouterr().err
    assert cause in said and "不影响本次运行" in said
