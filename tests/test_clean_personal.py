import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import as_xlsx, read

from src.codebook import vocabulary
from src.codebook.vocabulary import VocabularyError
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
        # telephones, however they are spaced or spelled
        ("138-0013-8000，1380 0138 000；138 001 38000", "〔电话〕，〔电话〕；〔电话〕"),
        ("拨1 3 8 0 0 1 3 8 0 0 0或138 00 13 80 00", "拨〔电话〕或〔电话〕"),
        ("(+86)138.0013.8000、0086 13800138000", "〔电话〕、〔电话〕"),
        ("(0755)2828 1234，电话：28281234", "〔电话〕，电话：〔电话〕"),
        ("手机一三八零零一三八零零零", "手机〔电话〕"),
        ("幺三八 〇〇一三 八〇〇〇，138零零一三八零零零", "〔电话〕，〔电话〕"),
        ("第一一三八零零一三八零零零，零七五五二八二八一二三四", "第一〔电话〕，〔电话〕"),
        ("+852 9123 4567，0912-345-678", "〔电话〕，〔电话〕"),
        # accounts
        ("发到li.ming@139.com，ＺＨＡＮＧ＠ｑｑ．ｃｏｍ", "发到〔邮箱〕，〔邮箱〕"),
        ("13800138000@139.com", "〔邮箱〕"),
        ("微信号：longgang_88", "微信号：〔账号〕"),
        ("加微信zhang_san123联系", "加微信〔账号〕联系"),
        ("VX13800138000，QQ号12345678", "VX〔账号〕，QQ号〔账号〕"),
        ("4111 1111 1111 1111和6228480402564890018", "〔银行卡号〕和〔银行卡号〕"),
        ("卡号6222 0212 3456 7890 128", "卡号〔银行卡号〕"),
        # documents
        ("护照G20210305、EA1234567，通行证H1234567800", "护照〔证件号〕、〔证件号〕，通行证〔证件号〕"),
        ("身份证号码：440307 19900101 1234，证件4403071990", "身份证号码：〔证件号〕，证件〔证件号〕"),
        ("粤B12345、粤B·D12345、粤ｂ·12345、粤Z1234港", "〔车牌〕、〔车牌〕、〔车牌〕、〔车牌〕"),
        # where somebody lives
        ("百合苑3栋502室漏水", "百合苑〔住址〕漏水"),
        ("百合苑三栋2单元502，A座1203室", "百合苑〔住址〕，〔住址〕"),
        ("家住平湖街道凤凰大道12号502室的老人", "家住〔住址〕的老人"),
        ("现住：龙岗大道2008号", "现住：〔住址〕"),
        ("东区二巷5号301，建设路12号502房", "东区二巷〔住址〕，建设路〔住址〕"),
        # names that a word or a number marks
        ("联系人张三", "联系人张某"),
        ("报警人：李四称被盗", "报警人：李某称被盗"),
        ("当事人王小明与邻居", "当事人王某与邻居"),
        ("户主：喻小红，联系人：張小明", "户主：喻某，联系人：張某"),
        ("联系张三13800138000，王小明（138 0013 8000）", "联系张某〔电话〕，王某（〔电话〕）"),
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
        # places that are nobody's home
        "凤凰大道12号整治",
        "平湖街道建设路12号路灯改造",
        "党群服务中心302室，3楼302办公室",
        "改造3栋502户，12号楼加装电梯，A座电梯更新",
        "3栋2021年加装电梯，10号2021年改造",
        "住在3个社区的老人，住房2室1厅",
        "东经114.1234567890",
        # amounts and counts
        "投入13800138000元，预算13 800 138 000元，4111111111111111元",
        "电话回访1200件，服务300人次共1500小时",
        "2021-10-13 14:30至16:30，第1-3网格",
        "二〇二一年第一季度，一三五七九单号门牌",
        # what an office publishes
        "12345热线、110、400-830-1234",
        "微信公众号“平安龙岗”，微信小程序2.0，微信2021年推广，QQ群宣传",
        "粤府办〔2021〕12号，粤ICP备12345678号，粤B车辆整治",
        # identifiers of an incident or a project
        "编号J20210305001，工单SZ2021030500012345",
        "44030700000020210305000123",
        "项目P20210301，G20210305号",
        # words that begin like a name
        "联系人制度建设，当事人和解，负责人任务清单",
        "居民马路议事会，合伙人：高效治理，志愿者：守护平安",
    ],
)
def test_what_only_looks_like_a_person_stays(title):
    assert mask(title) == title


@given(st.text())
def test_a_text_without_digits_and_names_stays(text):
    if not any(character.isdigit() for character in text) and mask(text) != text:
        assert "某" in mask(text) or "〔" in mask(text)


@given(st.from_regex(r"\A[^\d]{0,5}(1[3-9][0-9]{9})[^\d\s元万亿平余]{0,5}\Z"))
def test_no_mobile_number_gets_through(text):
    assert not re.search(r"1[3-9][0-9]{9}", mask(text))  # an amount of money is none


@given(
    st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.sampled_from(["", " ", "-", ".", "·"]), st.sampled_from([344, 335, 443])
)
def test_no_mobile_number_gets_through_in_groups(number, between, groups):
    first, second, _ = map(int, str(groups))
    grouped = between.join([number[:first], number[first : first + second], number[first + second :]])
    assert mask(f"联系{grouped}。") == "联系〔电话〕。"
    spelled = number.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))
    assert mask(f"联系{spelled}。") == "联系〔电话〕。"


@given(st.from_regex(r"\A[3-6][0-9]{14,17}\Z"))
def test_a_card_is_known_by_its_check_digit(number):
    doubled = [sum(divmod(2 * int(d), 10)) for d in number[::-2]]
    check = -(sum(doubled) + sum(map(int, number[-2::-2]))) % 10
    assert mask(f"退到{number}{check}") in ("退到〔银行卡号〕", "退到〔证件号〕")


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


@pytest.mark.parametrize(
    ("unit", "looks"),
    [
        (["王小明", "李四", "新木社区工作站"], True),
        (["张女士13800138000", "平湖街道办", "新木社区工作站"], True),
        (["新木社区工作站", "平湖街道办", "平湖派出所"], False),
    ],
)
def test_check_warns_of_a_column_that_looks_personal(tmp_path, unit, looks):
    rows = [["项目编号", "项目名称", "街道", "社区", "治理领域", "牵头单位"]]
    rows += [[f"P{n}", "议事会", "平湖街道", "新木社区", "治安", one] for n, one in enumerate(unit)]
    path = tmp_path / "a.xlsx"
    path.write_bytes(as_xlsx(rows))
    told = check_file(path, "projects")[0]
    assert ("“牵头单位”（lead_unit）一列像是个人信息" in told) == looks
    assert 'columns: {"牵头单位": "-"}' in told or not looks
    assert "文件名含个人信息" not in told


def test_check_warns_of_a_file_whose_name_holds_personal_data(tmp_path):
    path = tmp_path / "报警人李四13800138000.xlsx"
    path.write_bytes(as_xlsx(ROWS))
    assert "文件名含个人信息（报警人李某〔电话〕.xlsx）" in check_file(path, "projects")[0]


@pytest.fixture
def shipped_again():
    """Put the shipped words in force again: those that were refused stay, and would fail whatever is masked next."""
    yield
    vocabulary.use()


@pytest.mark.usefixtures("shipped_again")
@pytest.mark.parametrize("stated", ["{needs: '(', patterns: [a]}", "{needs: a, patterns: ['<nope>(?P<hidden>']}"])
def test_a_pattern_that_is_none_is_told(tmp_path, stated):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.xlsx").write_bytes(as_xlsx(ROWS))
    (raw / "sources.yml").write_text("- {files: a.xlsx, table: projects}", encoding="utf-8")
    own = f"personal: {{kinds: {{plate: {stated.replace('{', '{shown: x, ', 1)}}}}}"
    (raw / "vocabulary.yml").write_text(own, encoding="utf-8")
    with pytest.raises(VocabularyError, match="is no regular expression"):
        build(raw, tmp_path / "processed")
