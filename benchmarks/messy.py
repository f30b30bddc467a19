"""A long incident export as offices send it: three ways to write a date, places with and without endings, repeats."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from src.codebook import vocabulary
from src.ingest.cleaning.places import packaged_register

HEADER = ["警情编号", "接报时间", "发生时间", "警情类别", "案件类型", "街道", "社区", "网格", "来源渠道", "人次"]
BLOCK = 500_000


def write_messy(path: Path, rows: int, seed: int = 7) -> Path:
    """Write so many incidents: 0.5 % repeat another, 0.2 % have an impossible date, 0.2 % a place that is none."""
    draw = np.random.default_rng(seed)
    with pa.OSFile(str(path), "wb") as file:
        schema = pa.schema([(name, pa.string()) for name in HEADER])
        file.write((",".join(HEADER) + "\n").encode())
        plain = pyarrow.csv.WriteOptions(quoting_style="none", include_header=False)
        with pyarrow.csv.CSVWriter(file, schema, write_options=plain) as out:
            for start in range(0, rows, BLOCK):
                out.write_table(_block(draw, start, min(BLOCK, rows - start)))
    return path


def _block(draw: np.random.Generator, start: int, count: int) -> pa.Table:
    numbers = start + np.arange(count)
    again = draw.random(count) < 0.005
    again[:100] = False
    minutes = draw.integers(0, 4 * 365 * 1440, count)
    earlier = draw.integers(0, 600, count)
    place, kind = draw.integers(0, len(_places()), count), draw.integers(0, len(_kinds()), count)
    columns = [
        pa.array(np.char.add("JQ", np.char.zfill(numbers.astype("U10"), 10))),
        _dates(draw, minutes), _dates(draw, np.maximum(minutes - earlier, 0)),
        _taken([group for group, _ in _kinds()], kind), _taken([name for _, name in _kinds()], kind),
        _taken([street for street, _ in _places()], place), _written(draw, place),
        pa.array(np.char.add("0", draw.integers(10_000, 12_000, count).astype("U5"))),
        _taken(["110报警", "来访", "12345热线", "", "不详"], draw.integers(0, 5, count)),
        _taken(["1", "2", "3", "", "-"], draw.integers(0, 5, count)),
    ]  # fmt: skip
    source = np.where(again, np.arange(count) - draw.integers(1, 100, count), np.arange(count))
    return pa.table([column.take(pa.array(source)) for column in columns], names=HEADER)


def _taken(values: list[str], which: np.ndarray) -> pa.Array:
    return pa.array(values).take(pa.array(which))


def _dates(draw: np.random.Generator, minutes: np.ndarray) -> pa.Array:
    moments = pa.array(np.datetime64("2018-01-01T00:00:00", "s") + minutes * 60)
    written = [pc.strftime(moments, form) for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H时%M分")]
    written = [text.cast(pa.string()) for text in written] + [pa.array(["2021-02-30 10:00"] * len(minutes))]
    form = draw.choice(4, len(minutes), p=[0.6, 0.249, 0.15, 0.001])
    return pc.choose(pa.array(form), *written)


def _places() -> list[tuple[str, str]]:
    return [
        (row.street, row.community)
        for row in packaged_register().itertuples()
        if not row.valid_from and not row.valid_to
    ]


def _written(draw: np.random.Generator, place: np.ndarray) -> pa.Array:
    names = [community for _, community in _places()]
    written = [
        *names,
        *(name.removesuffix("社区") for name in names),
        *(f"{name.removesuffix('社区')}社区居委会" for name in names),
    ]
    way = draw.choice(3, len(place), p=[0.8, 0.15, 0.05])
    return _taken(
        [*written, "没有的社区"], np.where(draw.random(len(place)) < 0.002, len(written), place + way * len(names))
    )


def _kinds() -> list[tuple[str, str]]:
    words = vocabulary.current()
    groups = words.entries("group")
    return [
        (groups[entry["group"]]["zh"], name)
        for entry in words.kinds.values()
        if "group" in entry
        for name in (entry["zh"], f" {entry['zh']}")
    ]
