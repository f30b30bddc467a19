"""Where the folders are. `ANALYSIS_DATA` moves data/ elsewhere, `ANALYSIS_REPORTS` moves reports/.

`ANALYSIS_RAW` and `ANALYSIS_PROCESSED` move those two alone: what `report` is told by --raw and --processed.
"""

import os
from pathlib import Path

SRC = Path(__file__).resolve().parents[1]
ROOT = SRC.parent


def _stated(variable: str) -> Path | None:
    """Return the folder that an environment variable names, if it does."""
    text = os.environ.get(variable)
    return Path(text).expanduser().resolve() if text else None


def data() -> Path:
    """Return the data folder; raises `RuntimeError` where the package was copied out of its repository."""
    if stated := _stated("ANALYSIS_DATA"):
        return stated
    if not (ROOT / "pyproject.toml").is_file():
        raise RuntimeError(
            f"No repository around {SRC}: install it editable (pip install -e .) from a checkout, "
            "or set ANALYSIS_DATA to the folder that holds raw/ and processed/."
        )
    return ROOT / "data"


def raw() -> Path:
    """Return the deliveries in use: data/raw where it has a sources.yml, else the synthetic sample."""
    if stated := _stated("ANALYSIS_RAW"):
        return stated
    own = data() / "raw"
    return own if (own / "sources.yml").is_file() else (ROOT / "data" / "raw" / "sample")


def from_root(file: Path) -> Path:
    """Return how a file is called from the repository, where `./run` stands; whole where it lies elsewhere."""
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def sources_of(file: Path) -> Path | None:
    """Return the sources.yml in a file's folder, or the nearest one above it within the folder of the deliveries."""
    above = [file.resolve().parent, *file.resolve().parents[1:]]
    top = next((folder.resolve() for folder in (raw(), data() / "raw") if folder.resolve() in above), above[0])
    found = (folder / "sources.yml" for folder in above[: above.index(top) + 1])
    return next((path for path in found if path.is_file()), None)


def processed() -> Path:
    """Return the folder that the build writes the clean tables to."""
    return _stated("ANALYSIS_PROCESSED") or data() / "processed"


def quarantine(processed_folder: Path | None = None) -> Path:
    """Return the folder of rejected rows, beside the processed tables."""
    return (processed_folder or processed()).parent / "quarantine"


def released(processed_folder: Path | None = None) -> Path:
    """Return the folder of the record of what public pages have told, beside the processed tables."""
    return (processed_folder or processed()).parent / "released"


def notebooks() -> Path:
    """Return the folder of the notebooks."""
    return ROOT / "notebooks"


def reports(audience: str = "internal") -> Path:
    """Return the folder that reports are published in; what is for the public lies beside what is not."""
    folder = _stated("ANALYSIS_REPORTS") or ROOT / "reports"
    return folder if audience == "internal" else folder.with_name(f"{folder.name}-{audience}")
