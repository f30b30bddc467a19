"""Reports of communities: this project's engine, what people do otherwise, and the floor of drawing the charts."""

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import ROOT


def ours(folder: Path, notebook: Path, count: Path) -> dict:
    """`report` on so many communities."""
    made = _communities(int(str(count)))
    for area in made[:1]:
        _call(
            "-m",
            "src.analysis",
            "report",
            str(notebook),
            "--area",
            area,
            "--lang",
            "zh",
            "--out",
            str(folder),
            "--force",
        )
    return {"reports": len(list(folder.rglob("*.html")))}


def stock(folder: Path, notebook: Path, count: Path) -> dict:
    """`papermill`, then `jupyter nbconvert`, for each community."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, area in enumerate(_communities(int(str(count)))):
        executed = folder / f"{number}.ipynb"
        given = ["-p", "area", area, "-p", "lang", "zh"]
        _call("-m", "papermill", str(ROOT / "notebooks" / f"{notebook}.ipynb"), str(executed), *given, "-k", "python3")
        _call("-m", "nbconvert", "--to", "html", "--no-input", str(executed))
    return {"reports": len(list(folder.glob("*.html")))}


def _call(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)


def _communities(count: int) -> list[str]:
    from src.analysis.areas import areas
    from src.analysis.loading import load_communities

    return [area.address for area in areas(load_communities()) if area.level == "community"][:count]
