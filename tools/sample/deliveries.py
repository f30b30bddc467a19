"""The synthetic district as offices deliver it: spreadsheets with titles and totals, exports in several encodings."""

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
import yaml

from src.codebook import vocabulary
from tools.sample.register import write_register
from tools.sample.world import HERE, World, calibration, draw_world

CREATED = datetime(2022, 1, 5)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
GROUPS = {"environment": "环境噪声投诉", "special_groups": "特殊人群", "dispute": "纠纷警情", "traffic": "交通类警情"}
NOISE = "群众来电反映，已现场处置，回拨电话13800000000（虚构）"


def write_sample(to: str | Path, variant: str = "effect", seed: int | None = None, scale: float = 1.0) -> list[Path]:
    """Write the synthetic deliveries and their sources.yml into a folder; the same seed writes the same bytes.

    Everything is written beside the folder first and moved in whole. Raises `ValueError` for an unknown variant.
    """
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    world = draw_world(variant, seed, scale)
    rng = np.random.default_rng([calibration()["seed"] if seed is None else seed, 1])
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".sample-") as scratch:
        beside = Path(scratch)
        for write in (_communities, _register, _incidents, _petitions, _sites, _published, _sources):
            write(beside, world, rng)
        return [Path(shutil.move(path, to / path.name)) for path in sorted(beside.iterdir())]


def _communities(folder: Path, world: World, rng: np.random.Generator) -> None:
    rows = world.communities
    names = {
        "street": "街道", "community": "社区", "street_en": "street_en", "community_en": "community_en",
        "community_code": "社区代码",
        "population": "人口（人）", "floating_share": "非户籍占比", "urban_village_share": "城中村占比",
        "former_street": "原街道",
        "aliases": "曾用名", "valid_from": "启用日期", "valid_to": "停用日期", "comparable_cluster": "可比口径",
    }  # fmt: skip
    out = rows[list(names)].rename(columns=names)
    out.insert(6, "人口口径", "常住人口")
    out.insert(7, "人口年份", 2022)
    out.insert(8, "人口来源", "合成：按各街道2022年末公布的常住人口拆分")
    _write_csv(folder / "communities_synthetic.csv", out, "utf-8")


def _register(folder: Path, world: World, rng: np.random.Generator) -> None:
    write_register(folder / "projects_2021_synthetic.xlsx", world.projects, CREATED)


def _incidents(folder: Path, world: World, rng: np.random.Generator) -> None:
    rows = world.incidents[world.incidents["group"].ne("petition")]
    for year, write in ((2018, _as_workbook), (2019, _as_text_workbook), (2020, _as_zip), (2021, _as_bom_csv)):
        of_year = rows[rows["reported_at"].dt.year.eq(year)]
        write(folder, f"incidents_{year}_synthetic", _delivered(of_year, rng))


def _delivered(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return incidents under the headers and in the words of an export."""
    style = "%Y-%m-%d %H:%M"
    out = pd.DataFrame({
        "警情编号": rows["incident_id"], "接报时间": rows["reported_at"].dt.strftime(style),
        "发生时间": rows["occurred_at"].dt.strftime(style),
        "警情类别": rows["group"].map(lambda code: GROUPS.get(code) or vocabulary.label("group", code)),
        "警情种类": rows["kind"].map(lambda code: vocabulary.label("kind", code)),
        "街道": rows["street"], "社区": rows["community"], "网格": rows["grid"],
        "来源渠道": rows["channel"].map(lambda code: vocabulary.label("channel", code)),
    })  # fmt: skip
    out["备注"] = np.where(rng.random(len(out)) < 0.001, NOISE, "")
    return _with_defects(rng, out, calibration()["defects"], "警情编号", "接报时间", "2031-12-31 12:00")


def _with_defects(
    rng: np.random.Generator, rows: pd.DataFrame, rates: dict, id_column: str, time_column: str, latest: str
) -> pd.DataFrame:
    """Return delivered incidents with the stated share of each defect; what ends in quarantine comes on top.

    `rows` holds texts under the delivery's own headers, 街道 and 社区 among them. The lines keep the order of time; a
    line sent twice follows the first one closely.
    """
    rows = rows.copy()
    size = len(rows)
    rows.loc[rng.random(size) < rates["missing_community"], "社区"] = ""
    other = (rng.random(size) < rates["old_community_name"]) & rows["社区"].ne("")
    rows.loc[other, "社区"] = [_written_otherwise(rng, name) for name in rows.loc[other, "社区"]]
    wide = rng.random(size) < rates["full_width_digits"]
    rows.loc[wide, time_column] = rows.loc[wide, time_column].astype("str").str.translate(FULL_WIDTH)
    again = rows[rng.random(size) < rates["duplicates"]]
    wrong = _renumbered(rows[(rng.random(size) < rates["wrong_street"]) & rows["社区"].ne("")], id_column, "9")
    wrong["街道"] = [_another(rng, street, rows["街道"].unique()) for street in wrong["街道"]]
    future = _renumbered(rows[rng.random(size) < rates["future_date"]], id_column, "8")
    future[time_column] = latest
    return pd.concat([rows, again, wrong, future]).sort_index(kind="stable").reset_index(drop=True)


def _renumbered(rows: pd.DataFrame, id_column: str, digit: str) -> pd.DataFrame:
    """Return rows under numbers of their own: a row set aside never shares its number with a good one."""
    return rows.assign(**{id_column: rows[id_column].str[:6] + digit + rows[id_column].str[6:]})


def _another(rng: np.random.Generator, street: str, streets: np.ndarray) -> str:
    # 吉华, 宝龙 and 园山 were parts of 布吉, 龙岗 and 横岗: the old street would be right for them.
    former = {"吉华街道": "布吉街道", "宝龙街道": "龙岗街道", "园山街道": "横岗街道"}
    return rng.choice([other for other in streets if other not in (street, former.get(street))])


def _written_otherwise(rng: np.random.Generator, name: str) -> str:
    if name == "布吉墟社区":
        return "布吉圩社区"
    short = name.removesuffix("社区")
    return rng.choice([short, f"{short}居委会", f"{short}社区工作站", f"{short}社区居委会"])


def _as_workbook(folder: Path, name: str, rows: pd.DataFrame) -> None:
    """An .xlsx with a title, real dates, a total and a note below."""
    rows = rows.rename(columns={"接报时间": "接警时间", "网格": "网格编号"})
    _write_workbook(
        folder / f"{name}.xlsx", rows, f"龙岗区{name[10:14]}年警情明细（合成数据）", dates=("接警时间", "发生时间")
    )


def _as_text_workbook(folder: Path, name: str, rows: pd.DataFrame) -> None:
    """An .xlsx with dates as text, columns in another order, and the header repeated half way down."""
    order = ["警情编号", "警情类别", "警情种类", "街道", "社区", "网格", "接报时间", "发生时间", "来源渠道", "备注"]
    rows = rows[order].rename(columns={"接报时间": "报警时间", "警情种类": "警情小类", "警情类别": "警情大类"})
    _write_workbook(folder / f"{name}.xlsx", rows, f"{name[10:14]}年度警情台账（合成数据）", repeat_header=True)


def _as_zip(folder: Path, name: str, rows: pd.DataFrame) -> None:
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(f"{name}.csv", date_time=CREATED.timetuple()[:6])
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, _csv_text(rows).encode("gb18030"))


def _as_bom_csv(folder: Path, name: str, rows: pd.DataFrame) -> None:
    _write_csv(folder / f"{name}.csv", rows.rename(columns={"警情种类": "案件类型"}), "utf-8-sig")


def _petitions(folder: Path, world: World, rng: np.random.Generator) -> None:
    rows = world.incidents[world.incidents["group"].eq("petition")]
    out = pd.DataFrame({
        "信访编号": rows["incident_id"], "受理日期": rows["reported_at"].dt.strftime("%Y-%m-%d"),
        "信访类别": rows["kind"].map(lambda code: vocabulary.label("kind", code)),
        "信访形式": rows["channel"].map(lambda code: vocabulary.label("channel", code)),
        "是否重复": rows["repeat"].map({True: "是", False: "否"}), "人次": rows["people_count"].astype("str"),
        "街道": rows["street"], "社区": rows["community"],
    })  # fmt: skip
    early = rows["reported_at"].dt.year.le(2019).to_numpy()
    rates = calibration()["defects"]
    first = _with_defects(rng, out[early], rates, "信访编号", "受理日期", "2031-12-31")
    second = _with_defects(rng, out[~early], rates, "信访编号", "受理日期", "2031-12-31")
    _write_csv(folder / "petitions_2018_2019_synthetic.csv", first, "gb18030", delimiter=";")
    _write_workbook(folder / "petitions_2020_2021_synthetic.xlsx", second, "信访事项受理登记表（合成数据）")


def _sites(folder: Path, world: World, rng: np.random.Generator) -> None:
    rows = world.demonstration_sites
    opened = rows["opened_on"].dt.strftime("%Y年%m月%d日")
    out = rows[["site", "street", "community"]].set_axis(["阵地名称", "街道", "社区"], axis=1).assign(启用日期=opened)
    _write_csv(folder / "demonstration_sites_synthetic.csv", out, "utf-8-sig")


def _published(folder: Path, world: World, rng: np.random.Generator) -> None:
    shutil.copyfile(HERE / "published_figures.csv", folder / "published_figures.csv")


def _sources(folder: Path, world: World, rng: np.random.Generator) -> None:
    planted = ", ".join(f"{name}: {value}" for name, value in world.truth.items())  # log points, see notebook 04
    text = (HERE / "sources.yml").read_text(encoding="utf-8").replace("planted: {}", f"planted: {{{planted}}}")
    assert isinstance(yaml.safe_load(text), list)
    (folder / "sources.yml").write_text(text, encoding="utf-8", newline="\n")


def _csv_text(rows: pd.DataFrame, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(rows.columns)
    writer.writerows(rows.astype("object").where(rows.notna(), "").itertuples(index=False, name=None))
    return out.getvalue()


def _write_csv(path: Path, rows: pd.DataFrame, encoding: str, delimiter: str = ",") -> None:
    path.write_bytes(_csv_text(rows, delimiter).encode(encoding))


def _write_workbook(
    path: Path, rows: pd.DataFrame, title: str, *, dates: tuple[str, ...] = (), repeat_header: bool = False
) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "in_memory": False}) as book:
        book.set_properties({"created": CREATED, "title": title})
        sheet = book.add_worksheet("明细")
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.merge_range(0, 0, 0, len(rows.columns) - 1, title)
        write: dict[int, Callable] = {rows.columns.get_loc(name): _date_writer(sheet, stamp) for name in dates}
        line = 1
        for number, row in enumerate([tuple(rows.columns), *rows.itertuples(index=False, name=None)]):
            if repeat_header and number == len(rows) // 2:
                sheet.write_row(line + 1, 0, tuple(rows.columns))  # an empty line, then the header again
                line += 2
            for column, value in enumerate(row):
                if value:
                    write.get(column, sheet.write_string)(line, column, value)
            line += 1
        sheet.write_row(line, 0, ("合计", f"{len(rows)}条"))
        sheet.write_string(line + 2, 0, "注：本表为合成数据，仅用于演示。")


def _date_writer(sheet, stamp) -> Callable:
    def write(line: int, column: int, value: str) -> None:
        if value.isascii() and value[:1].isdigit():
            sheet.write_datetime(line, column, datetime.strptime(value, "%Y-%m-%d %H:%M"), stamp)
        else:
            sheet.write_string(line, column, value)

    return write
