"""`schedule`: the units and the cron lines of `deploy/`, for where this checkout stands."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from src.codebook import paths, vocabulary

INSTALLED = "/opt/longling-analysis"  # what the files in deploy/ say
UNITS = sorted(file.name for file in (paths.ROOT / "deploy").glob("longling-*"))


def main(options: argparse.Namespace) -> int:
    """Print each file under its name, with what to do with it; or write them into a folder."""
    texts = {name: unit(_shipped(name)) for name in UNITS} | {"crontab": crontab(_shipped("crontab"))}
    if options.to is not None:
        options.to.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (options.to / name).write_text(text, encoding="utf-8")
            print(options.to / name)
        return 0
    print(f"# {vocabulary.both('schedule_systemd', units=' '.join(UNITS))}")
    for name, text in texts.items():
        if name == "crontab":
            print(f"# {vocabulary.both('schedule_cron')}")
        print(f"\n# {name}\n{text}")
    return 0


def _shipped(name: str) -> str:
    return (paths.ROOT / "deploy" / name).read_text(encoding="utf-8")


def unit(text: str) -> str:
    """Return a unit of `deploy/` with this checkout's place, its owner, and the folders that it writes to."""
    place, start = _place()
    writes = dict.fromkeys([place, *map(Path, _elsewhere().values())])
    own = {
        f"ExecStart={INSTALLED}/run": f"ExecStart=:{' '.join(map(_word, start))}",  # : leaves a $ alone
        f"WorkingDirectory={INSTALLED}": f"WorkingDirectory={str(place).replace('%', '%%')}",
        f"RequiresMountsFor={INSTALLED}": f"RequiresMountsFor={_word(str(place))}",
        f"ReadWritePaths={INSTALLED}": f"ReadWritePaths={' '.join(_word(f'-{path}') for path in writes)}",
        "User=longling": f"User={_owner()}",
    }
    lines = []
    for line in text.splitlines():
        found = next((name for name in own if line.startswith(name)), None)
        lines.append(own[found] + line[len(found) :] if found else line)
        if line.startswith("WorkingDirectory="):
            lines += [f"Environment={_word(f'{name}={folder}')}" for name, folder in _elsewhere().items()]
    return "\n".join([*lines, ""])


def crontab(text: str) -> str:
    """Return the cron lines of `deploy/` with this checkout's place, and the Python that this runs on."""
    place, start = _place()
    stated = "".join(f"{name}={shlex.quote(folder)} " for name, folder in _elsewhere().items())
    program = "./run" if start == [str(place / "run")] else f"{shlex.quote(start[0])} run"
    text = text.replace(f"cd {INSTALLED} ", f"cd {_in_cron(shlex.quote(str(place)))} ")
    return text.replace("&& ./run ", f"&& {_in_cron(stated + program)} ")


def _place() -> tuple[Path, list[str]]:
    """Return the folder that stays where it is from version to version, and what starts a command in it."""
    installed = paths.ROOT.parents[1] if paths.ROOT.parent.name == "versions" else None
    if installed and (installed / "run").is_file():
        return installed, [str(installed / "run")]
    python = sys.executable if sys.prefix == sys.base_prefix else sys._base_executable  # cron has none in its path
    return paths.ROOT, [python, str(paths.ROOT / "run")]


def _owner() -> str:
    """Return whose checkout this is: by number where the user has no name, as in a container."""
    try:
        return paths.ROOT.owner()
    except KeyError:
        return str(paths.ROOT.stat().st_uid)
    except NotImplementedError:  # Windows
        return "longling"


def _elsewhere() -> dict[str, str]:
    """Return the folders that the environment names, if it does."""
    stated = {name: os.environ.get(name) for name in ("ANALYSIS_DATA", "ANALYSIS_REPORTS")}
    return {name: str(Path(folder).expanduser().resolve()) for name, folder in stated.items() if folder}


def _word(text: str) -> str:
    """Return a word as a unit takes it, whatever characters it has."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _in_cron(text: str) -> str:
    """Return a piece of a command as cron takes it: there a bare % ends the line."""
    return text.replace("%", r"\%")
