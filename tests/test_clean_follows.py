"""What follows from a project's own cells: who took part, where the register says it elsewhere in the line."""

import pytest
from making import read, shown, why

HEADER = ["项目编号", "项目名称", "街道", "社区", "治理领域"]
CELLS = ["P1", "楼道微更新", "平湖街道", "良安田社区", "环境品质提升"]
RESIDENTS, ORGANISATIONS = ["居民参与", "参与居民人数"], ["社会力量参与", "社会力量类型"]
FLAG = {"居民参与": "residents_took_part", "社会力量参与": "organisations_took_part"}


@pytest.mark.parametrize(
    ("columns", "stated", "took_part"),
    [
        (RESIDENTS, "35", True),
        (RESIDENTS, "0", None),
        (RESIDENTS, "", None),
        (ORGANISATIONS, "社会组织、企业", True),
        (ORGANISATIONS, "无", None),
    ],
)
def test_a_flag_left_open_follows_from_how_many_or_what_kinds(tmp_path, columns, stated, took_part):
    reading = read(tmp_path, [[*HEADER, *columns], [*CELLS, "", stated]])
    assert shown(reading, FLAG[columns[0]]) == [[took_part]]


def test_without_a_column_for_the_flag_no_project_states_it(tmp_path):
    rows = [[*HEADER, "社会力量类型"], [*CELLS, "社会组织"]]
    assert read(tmp_path, rows).clean["organisations_took_part"].isna().all()


def test_partners_by_name_may_be_any_office_and_state_no_social_forces(tmp_path):
    rows = [[*HEADER, "社会力量参与", "合作单位"], [*CELLS, "", "平湖派出所"]]
    assert read(tmp_path, rows).clean["organisations_took_part"].isna().all()


@pytest.mark.parametrize(
    ("columns", "stated", "reason"),
    [(RESIDENTS, "35", "residents_contradict"), (ORGANISATIONS, "社会组织", "organisations_contradict")],
)
def test_a_stated_no_beside_them_is_set_aside(tmp_path, columns, stated, reason):
    set_aside = why(read(tmp_path, [[*HEADER, *columns], [*CELLS, "否", stated]]))
    assert set_aside == [(2, FLAG[columns[0]], reason)]
