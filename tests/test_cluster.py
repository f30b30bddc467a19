"""Deliveries read by workers of a cluster: separate processes with folders of their own, one of which dies."""

import hashlib
import os
import threading
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from long_case import HEADER, ROW, SOURCE, as_text, assert_same
from making import as_xlsx, as_zip

from src.codebook import vocabulary
from src.ingest import parallel
from src.ingest.__main__ import main
from src.ingest.cleaning.places import packaged_register
from src.ingest.load import UnreadableFile, on_cluster, read_files
from src.ingest.parallel import Cluster, ClusterError
from src.ingest.sources import source_from

pytestmark = [
    pytest.mark.filterwarnings("default"),  # distributed warns about what it closes
    pytest.mark.slow,  # starts a scheduler and two workers
]


def long_deliveries(raw):
    """Write deliveries of every way of reading, the first of which takes the longest; each repeats another's rows."""
    long = [[f"JQ{n}", *ROW[1:]] for n in range(20_000)]
    total = ["合计", *[""] * 7, "9", ""]
    contents = {
        "a.csv": as_text([HEADER, *long]).encode(),
        "b.csv": as_text([HEADER, *long[:3], ["JQ", "何时", *ROW[2:]], total]).encode(),
        "c.zip": as_zip({"c.csv": as_text([HEADER, *long[100:900]]).encode()}),
        "d.xlsx": as_xlsx([HEADER, *long[500:1_000]]),
    }
    raw.mkdir()
    for name, content in contents.items():
        (raw / name).write_bytes(content)
    stated = "[{files: '*', table: incidents, received: 2022-01-05, max_quarantined_pct: 100}]"
    (raw / "sources.yml").write_text(stated, encoding="utf-8")
    vocabulary.use(raw)
    return [(raw / name, source_from({"table": "incidents", **SOURCE})) for name in contents]


def read(deliveries, readers=None):
    return read_files(deliveries, "incidents", packaged_register(), readers)


def built(raw, processed, *options):
    """Build, and return the hash of every table and of what was set aside."""
    assert main(["build", "--raw", str(raw), "--processed", str(processed), *options]) == 0
    files = [*processed.glob("*.parquet"), *processed.parent.glob("quarantine/*.parquet")]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def deliveries_in(folder):
    """Return the deliveries below a folder that a worker may be taking away at this moment."""
    names = [name for _, _, files in os.walk(folder) for name in files]  # rglob fails where a folder vanishes under it
    return [name for name in names if name.endswith((".csv", ".zip"))]


def test_another_worker_reads_the_delivery_of_one_that_died(tmp_path, workers):
    address, named = workers
    long_deliveries(tmp_path / "raw")
    (tmp_path / "raw" / "vocabulary.yml").write_text("thresholds: {max_archive_members: 400}", encoding="utf-8")

    def kill():
        while not deliveries_in(tmp_path / "one"):
            time.sleep(0.001)
        named["one"].kill()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    there = built(tmp_path / "raw", tmp_path / "there" / "processed", "--cluster", address)
    killer.join(timeout=60)
    assert not killer.is_alive()
    assert there == built(tmp_path / "raw", tmp_path / "here" / "processed")
    assert not deliveries_in(tmp_path / "two")  # it put them in a folder of its own, and took them away


def test_what_goes_wrong_is_said_as_here(tmp_path, monkeypatch, workers):
    deliveries = long_deliveries(tmp_path / "raw")
    there = Cluster(workers[0])
    together = read(deliveries, partial(on_cluster, there))
    assert_same(read(deliveries), together)
    assert len(together.duplicates) == 3 + 800 + 500
    assert "第6行：people_count 的合计为 9，各行相加为 4" in together.warnings[0]
    monkeypatch.setattr(parallel, "made_with", lambda: ["another vocabulary"])
    with pytest.raises(ClusterError, match=r"a\.csv.*code or packages differ.*tables stay as they were"):
        read(deliveries, partial(on_cluster, there))
    monkeypatch.undo()
    deliveries[1][0].write_bytes(b"%PDF-1.7 \0")
    with pytest.raises(UnreadableFile) as here:
        read(deliveries)
    with pytest.raises(UnreadableFile) as told:
        read(deliveries, partial(on_cluster, there))
    assert (str(told.value), told.value.file) == (str(here.value), "b.csv")
    assert_same(read(deliveries[:1]), read(deliveries[:1], partial(on_cluster, there)))  # the others can still be read


def test_a_build_with_an_unreadable_delivery_is_refused_as_here(tmp_path, capsys, workers):
    long_deliveries(tmp_path / "raw")[1][0].write_bytes(b"%PDF-1.7 \0")
    said = []
    for name, options in (("here", []), ("there", ["--cluster", workers[0]])):
        processed = tmp_path / name / "processed"
        assert main(["build", "--raw", str(tmp_path / "raw"), "--processed", str(processed), *options]) == 3
        ledger = pd.read_parquet(processed.parent / "quarantine" / "refused_ledger.parquet")
        said.append((capsys.readouterr().err, ledger.to_csv()))
    assert said[0] == said[1]


def test_a_file_that_could_not_be_read_for_a_moment_loses_nothing(tmp_path, monkeypatch, workers):
    deliveries = long_deliveries(tmp_path / "raw")
    whole, before, failed = read(deliveries), Path.read_bytes, []

    def read_bytes(self):
        if self.parent.name == "raw" and not failed:
            failed.append(self)
            raise OSError(5, "Input/output error")
        return before(self)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert_same(whole, read(deliveries, partial(on_cluster, Cluster(workers[0]))))
    assert failed


def test_a_delivery_that_takes_a_worker_too_long_is_refused_by_name(tmp_path, workers):
    deliveries, register = long_deliveries(tmp_path / "raw")[:1], packaged_register()
    there = partial(on_cluster, Cluster(workers[0]))
    whole = read_files(deliveries, "incidents", register, there)  # the worker has everything imported now
    path = deliveries[0][0]
    path.write_bytes(path.read_bytes() * 20)
    (tmp_path / "raw" / "vocabulary.yml").write_text("thresholds: {delivery_minutes: 0.005}", encoding="utf-8")
    vocabulary.use(tmp_path / "raw")
    with pytest.raises(UnreadableFile, match=r"^a\.csv: .*0\.005 minutes"):
        read_files(deliveries, "incidents", register, there)
    (tmp_path / "raw" / "vocabulary.yml").unlink()
    vocabulary.use(tmp_path / "raw")
    assert len(read_files(deliveries, "incidents", register, there).clean) == len(whole.clean)  # it works on
