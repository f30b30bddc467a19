"""`./run bench [PART ...] [--rows N] [--few N]`: measure, compare answers, keep the table; PARTs are below."""

import argparse
import os
import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.measure import ROOT, measured, median, spread
from benchmarks.messy import write_messy
from benchmarks.workbooks import write_workbook

PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = "| what | wall s | CPU s | peak MB | wall ratio | CPU ratio | target |\n|---|---|---|---|---|---|---|"
SLOW = "row-wise pandas"  # measured on a tenth of the rows: it needs minutes, and gigabytes, for all of them
TARGETS = {
    SLOW: "wall ≥ 20",
    "idiomatic pandas": "wall ≥ 2.5",
    "polars": "CPU ≥ 1.25",
    "floor": "wall ≥ 0.25",
}


def clean(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """A messy export of incidents → clean Parquet."""
    from benchmarks.cleaning import WAYS

    warm, lines = write_messy(folder / "warm.csv", 1_000), []
    fast = [way for way in WAYS if way != SLOW]
    for rows, ways in ((options.rows, fast), (options.rows // 10, ["ours", SLOW])):
        big = write_messy(folder / "messy.csv", rows)
        runs = {
            way: measured(f"benchmarks.cleaning:WAYS:{way}", warm, big, folder / "out.parquet", times=options.times)
            for way in ways
            if way not in options.skip
        }
        answers = {way: found[0]["answer"] for way, found in runs.items() if way != "floor"}
        assert all(answer == answers["ours"] for answer in answers.values()), f"answers differ: {answers}"
        lines += [_line(f"{rows:,} rows: {way}", runs[way], runs["ours"], TARGETS.get(way, "")) for way in runs]
    return lines


def memory(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """The same export, and one five times as long, streamed: what memory it takes."""
    warm, runs = write_messy(folder / "warm.csv", 1_000), {}
    for rows in (options.rows, 5 * options.rows):
        big = write_messy(folder / "messy.csv", rows)
        runs[rows] = measured("benchmarks.cleaning:WAYS:ours", warm, big, folder / "out.parquet", times=options.times)
    short, long = runs.values()
    ratio = f"peak ≤ 450 MB and ≤ 1.4 × the first: {median(long, 'peak_mb') / median(short, 'peak_mb'):.2f}"
    return [
        _line(f"{rows:,} rows: ours", found, short, "" if found is short else ratio) for rows, found in runs.items()
    ]


def workbook(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """A workbook of 50,000 rows."""
    warm, big = write_workbook(folder / "warm.xlsx", 1_000), write_workbook(folder / "big.xlsx", 50_000)
    runs = {
        way: measured(f"benchmarks.workbooks:{way}", warm, big, times=options.times)
        for way in ("cleaned", "with_openpyxl")
    }
    assert len({found[0]["answer"]["rows"] for found in runs.values()}) == 1, "answers differ"
    return [
        _line(f"xlsx: {way}", found, runs["cleaned"], "wall ≥ 8" if "open" in way else "")
        for way, found in runs.items()
    ]


def reports(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Trends of all communities, and a full month; the stock way makes a few and is scaled up."""
    few = options.few
    many, month = (
        [measured(f"benchmarks.reporting:{what}", "", folder / f"{what}{n}", times=1)[0] for n in range(options.times)]
        for what in ("communities", "month")
    )
    stock = measured("benchmarks.reporting:stock", "", folder / "stock", few, times=1)
    empty = measured("benchmarks.reporting:empty", "", folder / "empty", 50, times=options.times)
    count, sizes = many[0]["answer"]["reports"], [run[0]["answer"]["page_kb"] for run in (many, stock)]
    assert stock[0]["answer"]["reports"] == few, "reports are missing"
    for run in stock:
        run["wall"], run["cpu"] = (run[what] * count / few for what in ("wall", "cpu"))
    for run in (*many, *month):
        run |= {what: run["answer"][what] for what in ("peak_mb", "cpu")}
    for run in empty:
        run["wall"], run["cpu"] = run["answer"]["seconds_each"], run["cpu"] / 51
    each, share = median(many, "cpu") / count, sizes[0] / sizes[1]
    return [
        _line(f"{count} communities: ours ({sizes[0]:.0f} kB a page)", many, many, f"CPU ≤ 0.45 s each: {each:.2f}"),
        _line(f"papermill + nbconvert, from {few} ({sizes[1]:.0f} kB)", stock, many, f"size ≤ 0.40: {share:.2f}"),
        _line(f"full month: {month[0]['answer']['reports']} reports", month, month, "wall ≤ 60 s, peak ≤ 2048 MB"),
        _line("one notebook with an empty cell", empty, many, "wall ≤ 0.04 s"),
    ]


def growth(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """More deliveries, communities, years or kept runs, all else as it is, in one run each: ratios are to the least."""
    from benchmarks.growth import LEAST, MORE, written

    def both(size: dict[str, int]) -> dict[str, list[dict]]:
        data, kept = written(folder / "-".join(map(str, size.values())), **size), size["runs"]
        found = {what: measured(f"benchmarks.growth:{what}", "", data, data / "pages", kept, times=1)
                 for what in ("tables", "pages")}  # fmt: skip
        found["pages"][0] |= {name: found["pages"][0]["answer"][name] for name in ("wall", "peak_mb", "cpu")}
        return found

    least = both(LEAST)
    named = ", ".join(f"{number} {axis}" for axis, number in LEAST.items())
    lines = [_line(f"{named}: {what}", runs, runs, "") for what, runs in least.items()]
    for axis, number in ((axis, number) for axis, numbers in MORE.items() for number in numbers):
        for what, runs in both(LEAST | {axis: number}).items():
            lines.append(_line(f"{number:,} {axis}: {what}", runs, least[what], f"≤ {number / LEAST[axis]:.3g}"))
    return lines


def _line(name: str, runs: list[dict], ours: list[dict], target: str) -> list[str]:
    ratios = [f"{median(runs, what) / median(ours, what):.2f}" for what in ("wall", "cpu")]
    return [name, spread(runs, "wall"), spread(runs, "cpu"), f"{median(runs, 'peak_mb'):,.0f}", *ratios, target]


PARTS = {"clean": clean, "memory": memory, "workbook": workbook, "reports": reports, "growth": growth}


def _machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[0]
    return f"{cpu}, {os.cpu_count()} cores at load {busy:.1f}, {memory:.0f} GB, Python {platform.python_version()}"


def main(arguments: list[str]) -> int:
    """Measure the parts that are named, all by default; each part's last table stays until it is measured again."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, "calibration (alone)"]))
    parser.add_argument("--skip", action="append", default=[], metavar="WAY", help="leave out a way of cleaning")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--few", type=int, default=4, help="reports made by slow ways, scaled up")
    parser.add_argument("--times", type=int, default=3, help="runs of each (3); of the reports three take 20 minutes")
    parser.add_argument("--draws", type=float, default=1.0, help="calibration: times as many draws")
    options = parser.parse_args(arguments)
    if "calibration" in options.parts:
        from benchmarks.calibration import calibration
        from benchmarks.calibration_page import write

        write(calibration(options.draws))
    for part in [one for one in options.parts or PARTS if one != "calibration"]:
        with tempfile.TemporaryDirectory() as folder:
            lines = PARTS[part](Path(folder), options)
        PAGE.write_text(_page(PAGE.read_text(encoding="utf-8"), part, lines, options.times), encoding="utf-8")
        print("\n".join(" | ".join(line) for line in lines))
    return 0


def _page(page: str, part: str, lines: list[list[str]], times: int) -> str:
    """Return the page with one part's table anew; what was measured before stays."""
    above, *sections = page.split("\n## ")
    told = dict(section.split("\n", 1) for section in sections)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    runs = "" if times == 3 else f"; {times} run{'s' * (times > 1)}"
    told[part] = f"\n{_machine()}; {date.today()}{runs}\n\n{HEAD}\n{table}\n"
    return "\n## ".join([above, *(f"{name}\n{told[name]}" for name in PARTS if name in told)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
