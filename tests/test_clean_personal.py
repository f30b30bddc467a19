import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import as_xlsx, read

from src.ingest.check import check_file
from src.ingest.cleaning.personal import mask, mask_cell
from src.ingest.store import build


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("联系13800138000", "联系〔电话〕"),
        ("联系１３８００１３８０００", "联系〔电话〕"),
        ("电话 138 0013 8000、+86-13800138000", "电话 〔电话〕、〔电话〕"),
        ("0755-28281234，075528281234", "〔电话〕，〔电话〕"),
        ("身份证440307199001011234", "身份证〔证件号〕"),
        ("身份证44030719900101123x及440307900101123", "身份证〔证件号〕及〔证件号〕"),
        ("李小明先生来电", "李某先生来电"),
        ("帮助张秀英阿姨", "帮助张某阿姨"),
        ("负责人：王五", "负责人：王某"),
    ],
)
def test_what_identifies_a_person_is_hidden(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "title",
    [
        "高龄老人关爱行动",
        "方便大妈的菜市场",
        "联系人：制度建设",
        "2021年3月5日13时",
        "编号 20210305001",
        "投入12345678元",
        "李朗社区花园60㎡",
        "440307003002",
    ],
)
def test_what_only_looks_like_a_person_stays(title):
    assert mask(title) == title


@given(st.text())
def test_a_text_without_digits_and_names_stays(text):
    if not any(character.isdigit() for character in text) and mask(text) != text:
        assert "某" in mask(text)


@given(st.from_regex(r"\A[^\d]{0,5}1[3-9][0-9]{9}[^\d]{0,5}\Z"))
def test_no_mobile_number_gets_through(text):
    assert "〔电话〕" in mask(text)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("凤皇社区", "凤皇社区"), ("王小明", "王…（3）"), ("13800138000", "〔…（11）"), ("很" * 30, "很…（30）")],
)
def test_a_rejected_cell_is_shown_as_far_as_it_may_be(cell, shown):
    assert mask_cell(cell) == shown


SECRETS = ["13800138000", "440307199001011234", "王小明", "李四"]
ROWS = [
    ["项目编号", "项目名称", "街道", "社区", "治理领域", "联系电话", "备注", "预算"],
    ["P1", "议事会，联系13800138000", "平湖街道", "新木社区", "治安", "13800138000", "王小明报", "1"],
    ["P2", "帮扶", "平湖街道", "王小明", "治安", "13800138000", "身份证440307199001011234", "1"],
    ["P3", "帮扶", "平湖街道", "新木社区", "治安", "13800138000", "", "李四13800138000"],
    ["P4", "帮扶", "平湖街道", "新木社区", "李四", "", "", "1"],
    ["合计", "", "", "", "", "联系人李四13800138000", "", "9"],
]


def test_personal_data_stays_in_the_raw_file_and_the_quarantine(tmp_path):
    raw, processed = tmp_path / "raw", tmp_path / "processed"
    raw.mkdir()
    (raw / "a.xlsx").write_bytes(as_xlsx(ROWS))
    (raw / "sources.yml").write_text("- {files: a.xlsx, table: projects, max_quarantined_pct: 100}", encoding="utf-8")
    summary = build(raw, processed)
    assert summary.records()["quarantined"].sum() == 3
    written = b"".join(path.read_bytes() for path in processed.rglob("*") if path.is_file())
    told = "\n".join(summary.warnings) + check_file(raw / "a.xlsx", "projects")[0]
    for secret in SECRETS:
        assert secret.encode() not in written
        assert secret not in told
    private = tmp_path / "quarantine"
    assert "王小明" in (private / "quarantined.parquet").read_bytes().decode(errors="replace")
    for path in (private, *private.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_headers_that_hold_personal_data_are_masked_where_they_are_told(tmp_path):
    rows = [[*ROWS[0], "电话13800138000"], [*ROWS[1], "x"]]
    assert "13800138000" not in " ".join(read(tmp_path, rows).warnings)
