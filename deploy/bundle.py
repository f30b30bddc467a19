"""`./run bundle`: one archive for a machine of the same platform without a network: repository, wheels, installer."""

import argparse
import hashlib
import io
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "{}.{}".format(*sys.version_info)
MICROS = range(30)  # of Python 3.11 and its like: a lock may tell 3.11.2 from 3.11.7


def main() -> int:
    """Write the archive and say how to install it."""
    parser = argparse.ArgumentParser(prog="./run bundle", description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="DIR", help="by default dist/")
    to = parser.parse_args().to.resolve()
    version = _git("log", "-1", "--format=%cd-%h", "--date=format:%Y%m%d").decode().strip()
    name = f"longling-analysis-{version}-{sys.platform}-{platform.machine()}-py{PYTHON}"
    to.mkdir(parents=True, exist_ok=True)
    beside = to / f".{name}.tar"
    with tempfile.TemporaryDirectory() as folder, tarfile.open(beside, "w") as archive:  # wheels are compressed already
        _download(Path(folder))
        bundle = _Bundle(archive, name)
        with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as tracked:
            for member in tracked.getmembers():
                if member.isfile():
                    bundle.add(f"repository/{member.name}", tracked.extractfile(member).read(), member.mode)
        for wheel in sorted(Path(folder).iterdir()):
            bundle.add(f"wheels/{wheel.name}", wheel.read_bytes())
        bundle.add("install.py", (ROOT / "deploy" / "install.py").read_bytes())
        bundle.add("VERSION", version.encode())
        bundle.add("MADE_FOR", f"{sys.platform} {platform.machine()} {PYTHON}".encode())
        bundle.add("SHA256SUMS", "".join(bundle.sums).encode())
    whole = beside.replace(to / f"{name}.tar")
    print(f"{whole}\nSHA-256 {hashlib.sha256(whole.read_bytes()).hexdigest()}")
    print(f"tar xf {name}.tar && python3 {name}/install.py /opt/longling-analysis")
    return 0


class _Bundle:
    """The archive as it is written, and the digest of each file in it as sha256sum writes them."""

    def __init__(self, archive: tarfile.TarFile, name: str) -> None:
        self.archive, self.name, self.sums = archive, name, []

    def add(self, path: str, content: bytes, mode: int = 0o644) -> None:
        member = tarfile.TarInfo(f"{self.name}/{path}")
        member.size, member.mode = len(content), mode
        self.archive.addfile(member, io.BytesIO(content))
        self.sums.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")


def _download(to: Path) -> None:
    """Fetch the wheels that any Python of this minor version needs by the lock."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--no-deps"]
    for number, requirements in enumerate(needed((ROOT / "requirements.lock").read_text("utf-8"), PYTHON)):
        file = to / f"{number}.txt"
        file.write_text(requirements, "utf-8")
        subprocess.run([*pip, "--require-hashes", "-r", file, "-d", to], check=True)
        file.unlink()


def needed(lock: str, python: str) -> list[str]:
    """Return what to fetch: what the first Python of a minor version needs, then what later ones need beside it."""
    entries = [(Requirement(e.partition(" \\")[0]), e) for e in re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]]
    found, fetched = [], set()
    for micro in MICROS:
        environment = default_environment() | {"python_version": python, "python_full_version": f"{python}.{micro}"}
        there = [e for r, e in entries if e not in fetched and (r.marker is None or r.marker.evaluate(environment))]
        if there:
            fetched.update(there)
            found.append("".join(re.sub(r" ; .* \\$", r" \\", entry, count=1, flags=re.MULTILINE) for entry in there))
    return found


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main())
