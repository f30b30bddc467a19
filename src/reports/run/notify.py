"""`report --notify COMMAND`: what a run came to, as one plain text on the standard input of a command."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from src.codebook import vocabulary
from src.codebook.periods import now
from src.reports.context.delivered import not_yet_delivered
from src.reports.run import index, publish, runs

MOST = 20  # lines of a kind: a text that somebody reads on a telephone


@contextlib.contextmanager
def after(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Tell the command of the options what the run within came to, however it ended, but for an interruption.

    The run puts what it comes to into what this yields, by language.
    """
    opening: dict[str, str] = {}
    begun = now().isoformat()
    try:
        yield opening
    except Exception as error:
        opening |= nothing_made(str(error) if hasattr(error, "exit_code") else f"{type(error).__name__}: {error}")
        raise
    finally:
        if options.notify and opening:
            langs = [lang for lang in vocabulary.LANGS if lang in (options.lang or "zh")]
            texts = ("\n".join(_lines(opening[lang], options, begun, lang)) for lang in langs or opening)
            send(options.notify, "\n\n".join(texts) + "\n")


def nothing_made(cause: str) -> dict[str, str]:
    """Return in each language that nothing could be published, and why."""
    return {lang: vocabulary.sentence("notify_nothing", lang, cause=cause) for lang in vocabulary.LANGS}


def _lines(opening: str, options: argparse.Namespace, begun: str, lang: str) -> Iterator[str]:
    """Yield what was published, with the headlines of the largest places; what failed; who has not delivered."""
    yield opening
    records = list(index.in_order(publish.Site(runs.folder_of(options), 0, options.audience).records).values())
    made = [r for r in records if r["status"] == "good" and r["made_at"] >= begun and r["lang"] == lang]
    yield from _listed([f"{_name(r, lang)}：{r['headline']}" for r in made if r["level"] == made[0]["level"]], lang)
    failed = [f"{_name(r, lang)}：{_state(r, lang)}：{r['reason']}" for r in records if r["status"] != "good"]
    yield from _listed([*dict.fromkeys(failed)], lang)
    with contextlib.suppress(Exception):  # of data that cannot be read the opening tells
        yield from _listed(not_yet_delivered(langs=[lang]), lang)


def _name(record: runs.Record, lang: str) -> str:
    return f"{record[f'area_{lang}']} {record['titles'][lang]}"


def _state(record: runs.Record, lang: str) -> str:
    return vocabulary.sentence("status", lang, case=record["status"], since=index.minute(record["since"]))


def _listed(lines: list[str], lang: str) -> Iterator[str]:
    yield from (f"- {line}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield vocabulary.sentence("notify_more", lang, n=len(lines) - MOST)


def send(command: str, text: str) -> None:
    """Hand a text to a command; that it fails or hangs is told, and changes nothing of the run."""
    seconds = vocabulary.threshold("notify_seconds")
    process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, start_new_session=True)
    try:
        process.communicate(text.encode(), timeout=seconds)
        cause = f"exit {process.returncode}" if process.returncode else ""
    except subprocess.TimeoutExpired:
        cause = f"> {seconds:g} s"
        if hasattr(os, "killpg"):  # with what it started
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
    if cause:
        print(vocabulary.both("notify_failed", command=command[:60], cause=cause), file=sys.stderr)
