#!/usr/bin/env python3
"""Install or update from an unpacked bundle, without a network; or go back to the version before.

    python3 install.py /opt/longling-analysis               install, or update what is there
    python3 install.py /opt/longling-analysis --roll-back   use the version before again

Data and reports lie beside the versions and stay as they are. Nothing of the bundle is run before all of it has been
checked against SHA256SUMS, and a version is used only once it has been set up whole.
"""

import argparse
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told
    sys.exit("install: 需要 Python 3.11 Python 3.11 is needed, and this is {}.{}".format(*sys.version_info))

HERE = Path(__file__).resolve().parent
START = """#!/bin/sh
# Every command of the version in use, on the data and reports beside it.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
export ANALYSIS_DATA="${ANALYSIS_DATA:-$here/data}" ANALYSIS_REPORTS="${ANALYSIS_REPORTS:-$here/reports}"
export PIP_NO_INDEX=1 UV_OFFLINE=1
exec %s "$here/current/run" "$@"
"""


def main() -> int:
    """Install, update or roll back; what is in use changes in one step, at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("to", type=Path)
    parser.add_argument("--roll-back", action="store_true")
    options = parser.parse_args()
    to = options.to.resolve()
    if options.roll_back:
        before = (to / "previous").resolve()
        if not (to / "previous").is_symlink() or not before.is_dir():
            sys.exit(f"install: {to} has no version before the one in use")
        _use(to, before)
        return 0
    if wrong := unfit() or changed():
        sys.exit(f"install: {wrong}")
    version = to / "versions" / (HERE / "VERSION").read_text("utf-8").strip()
    for folder in ("data/raw", "reports", "versions"):
        (to / folder).mkdir(parents=True, exist_ok=True)
    if not (version / "installed").is_file():
        shutil.rmtree(version, ignore_errors=True)
        shutil.copytree(HERE / "repository", version)
        wheels = str(HERE / "wheels")
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "UV_OFFLINE": "1", "UV_FIND_LINKS": wheels}
        check = [sys.executable, version / "run", "python", "-c", "import src.ingest.store, papermill, nbconvert"]
        if subprocess.run(check, env={**os.environ, **offline, "UV_NO_INDEX": "1"}, check=False).returncode:
            sys.exit(f"install: {version} could not be set up; what was in use before is in use still")
        (version / "installed").touch()
    start = to / "run"
    start.write_text(START % shlex.quote(sys.executable), encoding="utf-8")
    start.chmod(0o755)
    _use(to, version)
    return 0


def unfit() -> str:
    """Return in a sentence what this machine or its Python lacks; empty where it lacks nothing."""
    made_for = (HERE / "MADE_FOR").read_text("utf-8").strip()
    here = "{} {} {}.{}".format(sys.platform, platform.machine(), *sys.version_info)
    if here != made_for:
        return f"安装包用于 {made_for}，这里是 {here} this bundle is for {made_for}, and this is {here}"
    if not importlib.util.find_spec("ensurepip"):
        return "缺少 ensurepip，请安装 python3-venv ensurepip is missing: apt install python3-venv"
    return ""


def changed() -> str:
    """Return in a sentence which files are not those that were bundled; empty where all are."""
    lines = (HERE / "SHA256SUMS").read_text("utf-8").splitlines()
    stated = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {p.relative_to(HERE).as_posix(): p for p in HERE.rglob("*") if p.is_file() or p.is_symlink()}
    del files["SHA256SUMS"]
    same = {n for n, p in files.items() if n in stated and hashlib.sha256(p.read_bytes()).hexdigest() == stated[n]}
    wrong = sorted((files.keys() | stated.keys()) - same)
    told = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
    return f"与打包时不同，未安装 not as it was bundled, nothing was installed: {told}" if wrong else ""


def _use(to: Path, version: Path) -> None:
    """Point `current` at a version, and `previous` at the one before."""
    before = (to / "current").resolve() if (to / "current").is_symlink() else None
    for name, target in (("previous", before), ("current", version)):
        if target is not None and target != (to / name).resolve() and (name == "current" or target != version):
            beside = to / f".{name}"
            beside.unlink(missing_ok=True)
            beside.symlink_to(os.path.relpath(target, to), target_is_directory=True)
            beside.replace(to / name)
    print(f"{to}: {version.name}")


if __name__ == "__main__":
    sys.exit(main())
