"""Data that grow along one axis at a time, read and reported: what takes more than its share."""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reporting import reported

LEAST = {"deliveries": 10, "communities": 111, "years": 5, "runs": 1}
MORE = {"deliveries": (100, 1000), "communities": (1000,), "years": (20,), "runs": (50,)}
ROWS = 100  # of a delivery at least
A_YEAR = 20  # incidents of a community
REGISTER = "{files: register.csv, table: communities, title: 登记册, publisher: 测试, received: '2022-01-05'}"
EXPORTS = "{files: 'incidents_*.csv', table: incidents, title: 警情, publisher: 测试, received: '2022-01-05'}"


def written(folder: Path, deliveries: int = 10, communities: int = 111, years: int = 5, runs: int = 1) -> Path:
    """Write deliveries of a made-up district, each as long as the others; `runs` is for the pages alone."""
    raw, draw = folder / "raw", np.random.default_rng(7)
    raw.mkdir(parents=True)
    streets = np.array([f"第{number % 11 + 1}街道" for number in range(communities)])
    places = np.array([f"第{number + 1}社区" for number in range(communities)])
    register = pd.DataFrame({"街道": streets, "社区": places, "人口（人）": 20_000, "人口年份": 2021})
    register.to_csv(raw / "register.csv", index=False)
    count = max(communities * A_YEAR * years, deliveries * ROWS)
    day = pd.Timestamp(2022 - years, 1, 1) + pd.to_timedelta(draw.integers(0, years * 365 * 1440, count), unit="min")
    place, kind = draw.integers(0, communities, count), draw.choice(["盗窃", "电信网络诈骗", "抢劫"], count)
    table = pd.DataFrame(
        {"警情编号": np.char.add("J", np.arange(count).astype(str)), "接报时间": day.strftime("%Y-%m-%d %H:%M")}
    )
    table = table.assign(街道=streets[place], 社区=places[place], 警情类别="刑事警情", 案件类型=kind)
    for number in range(deliveries):
        table[number::deliveries].to_csv(raw / f"incidents_{number:04}.csv", index=False)
    (raw / "sources.yml").write_text(f"- {REGISTER}\n- {EXPORTS}\n", encoding="utf-8")
    (raw / "vocabulary.yml").write_text("thresholds: {earliest_year: 2000}\n", encoding="utf-8")
    return folder


def tables(data: Path, *_: Path) -> dict:
    """Deliveries → clean tables."""
    os.environ["ANALYSIS_DATA"] = str(data)
    from src.ingest.store import build

    return {"rows": int(build().records()["clean"].sum())}


def pages(data: Path, out: Path, kept: Path) -> dict:
    """Overview and trends of the district in Chinese, into a folder that keeps so many runs."""
    os.environ["ANALYSIS_DATA"] = str(data)
    asked = ["00", "03", "--area", "district", "--lang", "zh", "--force", "--keep", "50"]
    if int(str(kept)) > 1:
        reported(out, asked)
        (run,) = (out / "runs").iterdir()
        for number in range(2, int(str(kept))):
            shutil.copytree(run, run.with_name(f"{number:06}{run.name[6:]}"))
    started = time.perf_counter()
    found = reported(out, asked)
    return found | {"wall": time.perf_counter() - started}
