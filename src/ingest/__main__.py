"""The commands that read deliveries: `python -m src.ingest build | check`. Thin; imports stay inside."""

import argparse
from functools import partial
from pathlib import Path

from src.codebook.command_line import ACCEPT, FINDING, REFUSED, Commands, start


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    commands = Commands("Clean tables from what was delivered.")
    add = commands.add("build", _build, "turn the deliveries in data/raw/ into clean tables and print the ledger")
    add("--raw", metavar="DIR", help="the folder of the deliveries and their sources.yml")
    add("--processed", metavar="DIR", help="where the clean tables go")
    add("--cluster", metavar="ADDRESS", help="have a dask.distributed scheduler's workers read the deliveries: tcp://…")
    add("--accept", action="store_true", help=ACCEPT)
    add = commands.add("check", _check, "show what would load from one file, and what would not")
    add("file", metavar="FILE")
    tables = "projects, incidents, communities, boundaries, demonstration_sites or published_figures"
    add("--table", required=True, help=tables)
    add("--sources", metavar="FILE", help="a sources.yml that describes the file (default: the nearest one)")
    add("--places", metavar="FILE", help="another place register (CSV)")
    return commands.run(arguments)


def _build(options: argparse.Namespace) -> int:
    from src.ingest.load import on_cluster
    from src.ingest.parallel import Cluster
    from src.ingest.store import build

    readers = partial(on_cluster, Cluster(options.cluster)) if options.cluster else None
    summary = build(options.raw, options.processed, readers=readers, accept=options.accept)
    print(summary.records().to_string(index=False))
    lines = summary.ledger[summary.ledger["counted"].eq("lines")].groupby("class", sort=False)["count"].sum()
    print("lines: " + ", ".join(f"{name} {count:,}" for name, count in lines.items() if count))
    for warning in summary.warnings:
        print(f"! {warning}")
    state = "rebuilt" if summary.rebuilt else "unchanged"
    print(f"{state}: {summary.processed}" + ("  [合成数据 synthetic sample]" if summary.synthetic else ""))
    return 0


def _check(options: argparse.Namespace) -> int:
    from src.codebook import paths
    from src.ingest.check import check_file

    sources = options.sources or paths.sources_of(Path(options.file))
    text, reading = check_file(options.file, options.table, sources, options.places)
    print(text)
    return REFUSED if reading is None else FINDING if len(reading.quarantined) else 0


if __name__ == "__main__":
    start(main)
