"""Several people on one machine: the umask says who may read, and a group can share a folder."""

import os
import shutil
import stat
import subprocess
import sys

import pytest
from report_case import write_deliveries

from src.ingest.folders import replace_file, replace_text, writable

GROUP, MEMBERS, STRANGER = 4242, (4201, 4202), 4203
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("mask", "file"), [(0o022, "0o644"), (0o027, "0o640"), (0o002, "0o664"), (0o077, "0o600")])
def test_a_file_is_for_whom_the_umask_says(tmp_path, umask, mask, file):
    umask(mask)
    replace_text(tmp_path / "page.html", "x")
    assert mode(tmp_path / "page.html") == file


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(
    ("above", "folder", "file"), [(0o755, "0o700", "0o600"), (0o777, "0o770", "0o660"), (0o775, "0o770", "0o660")]
)
def test_what_is_private_is_for_the_owner_or_for_the_group_that_shares_the_folder(tmp_path, umask, above, folder, file):
    umask(0o002)
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(above)
    place = tmp_path / "data" / "quarantine"
    with writable(place, private=True):
        replace_file(place / "rows.csv", lambda path: path.write_text("x", "utf-8"), private=True)
    assert (mode(place), mode(place / "rows.csv")) == (folder, file)
    place.chmod(0o755)  # by mistake
    with writable(place, private=True):
        assert mode(place) == "0o750"


@pytest.fixture
def member(tmp_path):
    """Return what runs a command as one of a group that shares a data and a reports folder."""
    if not ROOT or not shutil.which("setpriv"):
        pytest.skip("only root can be several people")
    shared = tmp_path / "shared"
    write_deliveries(shared / "data")
    (shared / "reports").mkdir()
    for path in (shared, *shared.rglob("*")):
        os.chown(path, -1, GROUP)
        path.chmod(0o2775 if path.is_dir() else 0o664)
    for above in (tmp_path, *tmp_path.parents[:2]):  # pytest's own are for root alone
        above.chmod(above.stat().st_mode | 0o005)

    def run(user, package, *words):
        home = tmp_path / str(user)
        home.mkdir(exist_ok=True)
        os.chown(home, user, user)
        # It may read everywhere, since the Python of this checkout may lie in root's own folder, but write nowhere.
        who = [f"--reuid={user}", f"--regid={user}", "--clear-groups" if user == STRANGER else f"--groups={GROUP}"]
        may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        own = {"HOME": str(home), "ANALYSIS_DATA": str(shared / "data"), "ANALYSIS_REPORTS": str(shared / "reports")}
        command = ["setpriv", *who, *may_read, sys.executable, "-P", "-m", package, *words]
        return subprocess.run(command, env=os.environ | own, umask=0o002, capture_output=True, text=True, check=False)

    run.folder = shared
    return run


def deliver(data, number):
    with (data / "raw" / "incidents.csv").open("a", encoding="utf-8") as incidents:
        incidents.write(f"K{number},2021-09-04 15:2{number},布吉街道,南三社区,刑事警情,盗窃\n")


@pytest.mark.slow
def test_a_second_member_of_the_group_builds_and_reports_in_the_same_folders(member):
    report = ("src.reports", "report", "02", "--area", "district", "--lang", "zh", "--keep", "1")
    for number, user in enumerate(MEMBERS):
        deliver(member.folder / "data", number)
        done = member(user, *report)
        assert (done.returncode, "1 made" in done.stdout) == (0, True), done.stderr
    assert len(list((member.folder / "reports" / "runs").iterdir())) == 1  # the other's run was taken away
    deliver(member.folder / "data", 2)
    done = member(MEMBERS[0], "src.ingest", "build")
    assert (done.returncode, "rebuilt:" in done.stdout) == (0, True), done.stderr
    done = member(STRANGER, *report)
    assert (done.returncode, "chmod -R g+rwX" in done.stderr) == (2, True), done.stderr
