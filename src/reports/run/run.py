"""`report`: build the tables, plan the reports, make them side by side, publish what is whole."""

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from src.codebook import paths, vocabulary
from src.codebook.periods import now
from src.ingest import folders, parallel, store
from src.reports import parameters
from src.reports.context import delivered, notebooks, releases
from src.reports.context.provenance import made_from
from src.reports.page.methods import methods_are_current
from src.reports.run import engine, index, notify, plan, publish, runs

FAILED, INTERRUPTED = 1, 130
MANY = 6  # reports of a level: what they share is worth working out before the first


def main(options: argparse.Namespace) -> int:
    """Make the reports that the options ask for; return the exit code: 0 all good, 1 a report failed, 130 interrupted.

    Where data are refused (3) or held back (6), the page on data quality alone is made, from the tables before.
    Raises `ParameterError` (exit 2), `DataRefused` where there is nothing to go on with (3), `Busy` (4), `Incomplete`
    (5).
    """
    with notify.after(options) as notice:
        return _main(options, notice)


def _main(options: argparse.Namespace, notice: dict[str, str]) -> int:
    started = time.monotonic()
    for name, folder in (("ANALYSIS_RAW", options.raw), ("ANALYSIS_PROCESSED", options.processed)):
        if folder:  # in the environment: each notebook, in a process of its own, finds it there
            os.environ[name] = str(Path(folder).resolve())
    _check(options)
    summary = _tables(options.accept)
    parameters.check_period(options.period, options.compare, "zh", options.audience)
    reports = _wanted(options, refused=bool(summary.refusal))
    note = _note_on_missing(options) if options.complete and not summary.refusal else ""
    folder = _writable_folder(options)
    try:
        with runs.only_run(runs.workings(folder, options.audience), options.wait):
            code, counts = _run(reports, folder, summary, options, note)
            if code == 0 and not summary.refusal and asks_for_all(options):
                runs.write_json(runs.workings(folder, options.audience) / runs.CURRENT, {"at": now().isoformat()})
    except KeyboardInterrupt:
        print(vocabulary.both("run_interrupted"), file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        named = error.filename2 or error.filename
        cause = f"{error.strerror or error}{f': {named}' if named else ''}"
        message = vocabulary.both("run_disk", folder=folder, cause=cause) + folders.way_out(error, folder)
        notice |= notify.nothing_made(message)
        print(message, file=sys.stderr)
        return FAILED
    done = {**counts, "seconds": time.monotonic() - started, "index": folder / "index.html"}
    notice |= {lang: vocabulary.sentence("run_done", lang, **done) for lang in vocabulary.LANGS}
    print(*notice.values())
    if not summary.refusal:
        return code
    print(f"{vocabulary.both('run_refused')}\n{summary.refusal}", file=sys.stderr)
    for lang in notice:
        notice[lang] += f"\n{vocabulary.sentence('run_refused', lang)}\n{summary.refusal}"
    return summary.exit_code


def asks_for_all(options: argparse.Namespace) -> bool:
    """Return whether nothing was chosen: such a run says of the folder whether it is up to date."""
    return not (options.notebooks or options.area or options.lang or options.period or options.own)


def _tables(accept: bool) -> store.BuildSummary:
    try:
        return store.build(accept=accept)
    except store.DataRefused as refused:
        return store.go_on_with_last_good(refused)


def _note_on_missing(options: argparse.Namespace) -> str:
    """Return who has not delivered yet, for the readers of a late report; raises `Incomplete` without --late."""
    if not (found := delivered.not_yet_delivered()):
        return ""
    listed = "\n".join(found)
    if not options.late:
        raise delivered.Incomplete(f"{vocabulary.both('expected_wait')}\n{listed}")
    return vocabulary.both("expected_late") + (f" {listed}" if options.audience == "internal" else "")


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be whatever the data are, before they are read; raises `ParameterError`."""
    vocabulary.use(paths.raw())
    for name, least in (("jobs", 1), ("keep", 1), ("wait", 0)):
        if not least <= (value := getattr(options, name)) < float("inf"):
            raise parameters.ParameterError(vocabulary.both("option_wrong", case=name, value=value))
    for name, value in options.own:  # what every notebook has has an option of its own, too
        if name in parameters.NAMES:
            setattr(options, name, value)
    for lang in _langs(options) or ["zh"]:
        parameters.check_values({"compare": options.compare, "audience": options.audience, "lang": lang})


def _langs(options: argparse.Namespace) -> list[str]:
    return options.lang.replace("，", ",").split(",") if options.lang else []


def _wanted(options: argparse.Namespace, *, refused: bool) -> list[plan.PlannedPage]:
    """Return the reports that are asked for; every other mistake is found here, before anything is made."""
    own = {name: value for name, value in options.own if name not in parameters.NAMES}
    choices = {"period": options.period, "compare": options.compare, "audience": options.audience}
    found = notebooks.notebooks(() if refused else options.notebooks)
    if refused:  # only the page that shows why
        found = [notebook for notebook in found if notebook.despite_refusal]
    named = options.notebooks or options.audience != "internal"
    for left_out in [notebook for notebook in found if named and not notebook.levels_for(options.audience)]:
        words = {"notebook": left_out.name, "audience": options.audience}
        print(vocabulary.both("notebook_left_out", **words) + parameters.reason_why_not(left_out.why_not))
    planned = plan.plan(found, options.area, _langs(options), own=own, **choices)
    made = {report.notebook.name for report in planned}
    for other in [one for one in found if one.levels_for(options.audience) and one.name not in made]:
        print(vocabulary.both("notebook_not_for_area", notebook=other.name) + parameters.reason_why_not(other.why_not))
    return planned


def _run(
    reports: list[plan.PlannedPage], folder: Path, summary: store.BuildSummary, options: argparse.Namespace, note: str
) -> tuple[int, dict[str, int]]:
    """Make what is due in a folder of its own, and publish it; a run that has nothing to do leaves no trace."""
    started, site = time.monotonic(), publish.Site(folder, options.keep, options.audience)
    for held in site.audiences - {options.audience}:
        raise parameters.ParameterError(vocabulary.both("public_out", folder=folder, audience=held))
    site.recover()
    runs.clear_away(site.workings, options.keep)
    folders.clear_halves(folder)
    due = [report for report in reports if options.force or not site.is_current(report, docx=options.docx)]
    outcomes, remarks = [], [site.remark, releases.release(summary) if due and options.audience == "public" else ""]
    if remark := "\n".join(filter(None, remarks)):
        print(remark, file=sys.stderr)
    if due:
        begun_at, run = now().isoformat(), runs.new_run(site.workings)
        folders.replace_text(run / "log.txt", remark, private=True)
        try:
            outcomes = engine.make_all(due, run, *_who_makes(options, due))
        except BaseException:
            shutil.rmtree(run, ignore_errors=True)
            raise
    failed = sum(bool(outcome.faults) for outcome in outcomes)
    counts = {"made": len(due) - failed, "kept": len(reports) - len(due), "failed": failed}
    if due:
        seconds = {outcome.report.page: round(outcome.seconds, 1) for outcome in outcomes}
        stated = {"started": begun_at, "seconds": time.monotonic() - started, "counts": counts, "each": seconds}
        records = {"records": summary.records().to_dict("records")}
        site.publish(outcomes, run, {**stated, "note": note, **made_from(summary), **records}, summary.refusal)
    if due or not methods_are_current(folder):
        index.publish_methods(folder)
    unmade = publish.print_pages(folder / report.page for report in reports) if options.pdf else 0
    site.link_what_stands_beside()
    runs.clear_away(site.workings, options.keep)
    return FAILED if failed or unmade else 0, counts


def _who_makes(options: argparse.Namespace, due: list[plan.PlannedPage]) -> tuple[int, Callable]:
    """Return how many reports are made at a time, and what makes one."""
    if not options.cluster:
        if engine.available() and options.engine != "stock":  # before the first report asks for it
            places = Counter(report.area.level for report in due if report.area.level != "district")
            levels = [level for level, n in places.items() if n >= MANY]
            engine.start_server(options.period, options.compare, options.audience, levels)
        return options.jobs, partial(engine.make_one, engine=options.engine, docx=options.docx)
    cluster = parallel.Cluster(options.cluster)
    return cluster.width, partial(engine.Makers(cluster).make, docx=options.docx)


def _writable_folder(options: argparse.Namespace) -> Path:
    """Return the folder that the pages go to, made where it is not there; raises `ParameterError`."""
    folder = runs.folder_of(options)
    try:
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if options.audience != "internal":
            folders.make_private(runs.workings(folder, options.audience))
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except (OSError, RuntimeError) as error:  # of a link that leads to itself pathlib says RuntimeError before 3.13
        cause = getattr(error, "strerror", None) or error
        message = vocabulary.both("run_not_writable", folder=folder, cause=cause)
        raise parameters.ParameterError(message + folders.way_out(error, folder)) from None
    return folder
