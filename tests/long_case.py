"""Long deliveries of incidents: a header, a plain line, and for each column what is usual and each kind of dirt."""

import pandas as pd
from hypothesis import strategies as st

HEADER = ["警情编号", "接报时间", "发生时间", "警情类别", "案件类型", "街道", "社区", "来源渠道", "人次", "备注"]
ROW = ["JQ1", "2021-03-05 14:20", "2021-03-05 14:00", "刑事警情", "盗窃", "平湖街道", "鹅公岭社区", "110报警", "1", ""]
# For each column: what is usual, and one of each kind of dirt.
CELLS = [
    ["JQ1", "JQ2", "jq2", "0003", "ＪＱ1", " JQ1", "-", "", "合计", "注：口径", "110-2", "警情编号", "信访〔2021〕1号"],
    ["2021-03-05 14:20", "2021/3/5 9:05:07", "2021-3-5", "2021年3月5日 14时20分", "2021年3月", "20210305", "44260", "",
     "2021-13-05 10:00", "2031-01-01 10:00", "2021-03-05T14:20+08:00", "2021-03-05 25:00", "接报时间",
     "1999-01-01 1:00"],
    ["2021-03-05 14:00", "2021-03-06 00:10", "", "不详", "-", "2021-03-05", "abc", "发生时间"],
    ["刑事警情", "治安警情", "", "信访", "没有的", "警情类别"],
    ["盗窃", "盗窃 ", "殴打他人", "", "没有的", "总计"],
    ["平湖街道", "平湖", "", "不详", "没有的街道", "街道", "龙岗区平湖街道"],
    ["鹅公岭社区", "鹅公岭", "", "凤凰社区", "六约社区", "六约北社区", "没有的社区", "社区小计"],
    ["110报警", "", "来访", "没有的"],
    ["1", "", "12", "1.5", "-3", "两", "1,200"],
    ["", "备注", "他说\"好\"", "甲,乙", "两行\n话", "合计", " "],
]  # fmt: skip


SOURCE = {"publisher": "分局", "received": "2022-01-05"}


def rows():
    usual = st.builds(
        lambda n, day: [f"JQ{n}", f"2021-03-{day:02} 14:20", *ROW[2:]], st.integers(1, 9), st.integers(5, 28)
    )
    dirty = st.tuples(*(st.one_of(st.just(cells[0]), st.sampled_from(cells)) for cells in CELLS)).map(list)
    ragged = dirty.flatmap(lambda row: st.sampled_from([row, row, row[:-1], [*row, ""], [*row, "多"], [""] * 10, []]))
    level = st.lists(st.one_of(usual, dirty), max_size=25)
    return st.one_of(level, level, level, st.lists(st.one_of(usual, dirty, ragged), max_size=8))


def as_text(lines, delimiter=",", end="\n", quoted=False, quote='""'):
    def cell(text):
        mark = '"' if quoted or any(c in text for c in (delimiter, '"', "\n")) else ""
        return mark + text.replace('"', quote) + mark

    return "".join(delimiter.join(map(cell, line)) + end for line in lines)


def assert_same(careful, swift):
    for name in ("ledger", "columns", "quarantined", "duplicates", "clean"):
        pd.testing.assert_frame_equal(getattr(swift, name), getattr(careful, name), obj=name)
    assert swift.warnings == careful.warnings
