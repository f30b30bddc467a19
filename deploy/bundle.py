"""`./run bundle`: one archive for a machine of the same platform without a network: repository, wheels, installer."""

import argparse
import io
import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write the archive and say how to install it."""
    parser = argparse.ArgumentParser(prog="./run bundle", description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="DIR", help="by default dist/")
    to = parser.parse_args().to.resolve()
    version = _git("log", "-1", "--format=%cd-%h", "--date=format:%Y%m%d").decode().strip()
    python = "py{}.{}".format(*sys.version_info)
    name = f"longling-analysis-{version}-{sys.platform}-{platform.machine()}-{python}"
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock", "-d", wheels], check=True)
        beside = to / f".{name}.tar"
        with tarfile.open(beside, "w") as archive:  # wheels are compressed already
            with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as tracked:
                for member in tracked.getmembers():
                    content = tracked.extractfile(member) if member.isfile() else None
                    member.name = f"{name}/repository/{member.name}"
                    archive.addfile(member, content)
            archive.add(wheels, f"{name}/wheels")
            archive.add(ROOT / "deploy" / "install.py", f"{name}/install.py")
            _add_text(archive, f"{name}/VERSION", version)
    beside.replace(to / f"{name}.tar")
    print(f"{to / name}.tar\ntar xf {name}.tar && python3 {name}/install.py /opt/longling-analysis")
    return 0


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text.encode())
    archive.addfile(member, io.BytesIO(text.encode()))


if __name__ == "__main__":
    sys.exit(main())
