"""`schedule`: the units and the cron line of `deploy/`, for where this checkout stands."""

import argparse
import shlex
import sys

from src.codebook import paths, vocabulary

INSTALLED = "/opt/longling-analysis"  # what the files in deploy/ say
UNITS = ("longling-report.service", "longling-report.timer", "longling-report-failed.service")


def main(options: argparse.Namespace) -> int:
    """Print each file under its name, with what to do with it; or write them into a folder."""
    texts = {name: here((paths.ROOT / "deploy" / name).read_text(encoding="utf-8")) for name in (*UNITS, "crontab")}
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


def here(text: str) -> str:
    """Return a file of `deploy/` with this checkout's place, and the Python that this runs on where cron has none."""
    run = f"{INSTALLED}/run"
    python = sys.executable if sys.prefix == sys.base_prefix else sys._base_executable
    text = text.replace(f"ExecStart={run}", f'ExecStart="{python}" "{paths.ROOT}/run"')
    text = text.replace(f"cd {INSTALLED} ", f"cd {shlex.quote(str(paths.ROOT))} ")
    text = text.replace("&& ./run", f"&& {shlex.quote(python)} run")
    return text.replace(INSTALLED, str(paths.ROOT))
