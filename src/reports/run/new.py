"""`new NAME`: a notebook of one's own that runs as it stands (`new.ipynb` beside this file), to be written on."""

import argparse
import re
from pathlib import Path

from src.codebook import paths, vocabulary
from src.reports.parameters import ParameterError

TEMPLATE = Path(__file__).with_suffix(".ipynb")


def main(options: argparse.Namespace) -> int:
    """Write the notebook and say how to run it; raises `ParameterError` for a name that cannot be or is taken."""
    path = paths.notebooks() / f"{options.name.removesuffix('.ipynb')}.ipynb"
    if not re.fullmatch(r"[\w-]+", path.stem) or Path(options.name).name != options.name:
        raise ParameterError(vocabulary.both("new_name", name=options.name[:60]))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.read_text(encoding="utf-8").replace("NAME", path.stem))
    except FileExistsError:
        raise ParameterError(vocabulary.both("new_taken", name=path.name)) from None
    print(vocabulary.both("new_written", path=f"{path.parent.name}/{path.name}", name=path.stem))
    return 0
