"""What a notebook works with: an area, a period and a language, the clean tables of that area, and how to show them."""

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from src.analysis import areas, loading
from src.analysis.stats.counts import month_series, roll_up_mask
from src.analysis.stats.delivery import dispersions
from src.codebook import vocabulary
from src.codebook.messages import one_language
from src.codebook.periods import Period
from src.ingest import folders, store
from src.reports import outputs, parameters, tables
from src.reports.context import comparisons, provenance
from src.reports.context.district import District, district_of
from src.reports.describe import Words, quality
from src.reports.findings.changes import Windows
from src.reports.parameters import Stopped


@dataclass(frozen=True, repr=False)
class Report(comparisons.Comparisons):
    """One area, period and language; tables are of the area and of all time unless their name says otherwise.

    All time ends with a past period (`until`): nothing that came after it is told on its page.
    """

    area: areas.Area
    period: Period
    compare: str
    lang: str
    audience: str
    build: store.BuildSummary
    notes: tuple[str, ...] = ()
    parameters: dict = field(default_factory=dict)
    _changes: dict = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Return the area's name in the language of the run."""
        return self.area.label(self.lang)

    @property
    def by(self) -> str | None:
        """Return what the area divides into: `street`, `community`, or nothing."""
        return None if self.communities.empty else {"district": "street", "street": "community"}.get(self.area.level)

    @property
    def synthetic(self) -> bool:
        """Return whether any delivery is made up."""
        return self.build.synthetic

    @property
    def planted(self) -> dict[str, float]:
        """Return the effects that made-up data were drawn with, in log points by field; nothing for real data."""
        return {field: value for d in self.build.deliveries for field, value in d.get("planted", {}).items()}

    @property
    def as_of(self) -> dt.date:
        """Return the day up to which incidents can be known: the last delivery of them, else the last one in it."""
        return self.window.as_of

    @property
    def months(self) -> Period:
        """Return the months that the deliveries cover, the last one perhaps not whole."""
        window = self.window
        last = window.last_month.end_time.date()
        return Period(window.first_day.replace(day=1), max(last, window.last_day) if self.exact else last)

    @property
    def windows(self) -> Windows:
        """Return the period and what it is compared with, as the findings speak of them."""
        return Windows(self.period, self.baseline, self.compare, self.lang)

    @cached_property
    def incomplete_months(self) -> list[pd.Timestamp]:
        """Return the months that charts over time and tests leave out: not over yet, or not delivered by a street."""
        months = pd.date_range(self.months.first_day, self.months.last_day, freq="MS")
        last = self.window.last_month
        gaps = set(self.gaps.loc[self.gaps["street"].isin(self.communities["street"]), "month"])
        return [month for month in months if month.to_period("M") > last or month in gaps]

    @property
    def _address(self) -> str | None:
        return "/".join(part for part in (self.area.street, self.area.community) if part) or None

    @property
    def partly_delivered(self) -> list[str]:
        """Return the streets that lack a month which others have; none within a street, where all lack the same."""
        return self.streets_with_gaps() if self.by == "street" else []

    @property
    def exact(self) -> bool:
        """Return whether incidents are told one by one; in public they are not below the district."""
        return self.audience == "internal" or self.area.level == "district"

    @property
    def level(self) -> str | None:
        """Return the column of what the area is one place of, `street` or `community`; none of the district."""
        return None if self.area.level == "district" else self.area.level

    def among(self, *codes: str) -> pd.DataFrame:
        """Return the incidents of all places of the district, of roll-ups: the family that each place is judged in.

        Places redrawn since the references are seen as one, but for a page of one of them.
        """
        rows = self.district.parts
        rows = rows[np.logical_or.reduce([roll_up_mask(rows, code) for code in codes])]
        return self.comparable(rows if self.redrawn else self.as_clusters(rows))

    @cached_property
    def redrawn(self) -> bool:
        """Return whether the area is a community that is seen as one with others, since it was redrawn."""
        places = self.as_clusters(self.district.parts)["community"]
        return self.area.community is not None and not places.eq(self.area.community).any()

    def judged(self, codes: Sequence[str], window: Period, reference: object) -> pd.DataFrame | None:
        """Return how roll-ups moved in all places of the level (`period_change`): the family of a place; else none."""
        if self.level is None:
            return None
        return self.district.judged(self.level, tuple(codes), window, reference, self.redrawn)

    @property
    def breakdown(self) -> str | None:
        """Return what the area's incidents divide into; a public page divides none below a street."""
        return self.by if self.exact else None

    @cached_property
    def district(self) -> District:
        """Return the whole district, which the area is seen against."""
        return district_of(self.build, self.period, self.compare, self.audience)

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Return the incidents of the area, of all time; in public without places, below the district as told."""
        if self.audience == "internal":
            return loading.rows(self.build, "incidents", self._address, until=self.until)
        return self.district.incidents if self.exact else self.parts

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Return the incidents of the area to be divided by `breakdown`; in public as streets are told."""
        return self.incidents if self.audience == "internal" else self.of_area(self.district.parts)

    @cached_property
    def quarters(self) -> pd.DataFrame:
        """Return what is told of the area's communities by quarter, in public (`quarters_of_communities`)."""
        return self.of_area(self.district.quarters).drop(columns=["street", "community"])

    def of_area(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the district that are of the area."""
        keep = rows["street"].eq(self.area.street) | (self.area.street is None)
        keep &= rows["community"].eq(self.area.community) | (self.area.community is None)
        return rows[keep].reset_index(drop=True)

    @cached_property
    def projects(self) -> pd.DataFrame:
        """Return the projects of the area, of all time."""
        return loading.rows(self.build, "projects", self._address, until=self.until)

    @cached_property
    def communities(self) -> pd.DataFrame:
        """Return the communities of the area as they stand at the end of the period."""
        return loading.register(self.build, self._address, str(self.period))

    @cached_property
    def boundaries(self) -> pd.DataFrame:
        """Return the delivered boundaries of what the area divides into; none where there are none."""
        found = loading.rows(self.build, "boundaries", self._address)
        return found if self.by == "street" else found.dropna(subset="community")

    @cached_property
    def sites(self) -> pd.DataFrame:
        """Return the demonstration points of the area."""
        return loading.rows(self.build, "demonstration_sites", self._address, until=self.until)

    def dispersion(self, incidents: pd.DataFrame) -> float:
        """Return how much more than by chance the months of incidents vary, of all time (1: no more)."""
        return dispersions(incidents, None, self.gaps).get(0, 1.0)

    def month_series(self, incidents: pd.DataFrame) -> pd.Series:
        """Return the counts by month, missing where a month is incomplete (`incomplete_months`)."""
        return month_series(incidents, self.months, self.incomplete_months)

    def label(self, listname: str, code: str) -> str:
        """Return what a code is called in the language of the report."""
        return vocabulary.label(listname, code, self.lang)

    def __repr__(self) -> str:
        """Return the report in one line."""
        return f"<Report {self.name}, {self.period} ({self.compare}), {self.lang}, {self.audience}>"

    def show(self, ax: Axes, table: pd.DataFrame | None = None, words: Words | None = None) -> None:
        """Show a chart with its words (`describe`), and the table behind it."""
        outputs.show(ax, table, words, self.lang)

    def table(self, frame: pd.DataFrame, caption: str, **options: Any) -> None:
        """Show a table (`outputs.table`); a caption may hold both languages in one line, `中文 | English`."""
        outputs.table(frame, caption, self.lang, **options)

    def say(self, text: str) -> None:
        """Show a sentence, if there is any; it may hold both languages in one line, `中文 | English`."""
        outputs.say(text, self.lang)

    def summary(
        self,
        sentence: str,
        figures: Sequence[tuple[str, str, str]] = (),
        findings: Sequence[tuple[str, str]] = (),
        title: str = "",
        table: pd.DataFrame | None = None,
        caption: str = "",
        note: str = "",
    ) -> None:
        """Show what the page opens with: the sentence to remember, few figures (name, value, verdict), key findings.

        A `table` with its `note` stands in place of the figures; a finding is a sentence and what it cannot say.
        Without a title the page has that of the notebook.
        """
        title, sentence = (one_language(text, self.lang) for text in (title, sentence))
        made = None if table is None else tables.table_of(table, caption, self.lang, name="indicators").as_json()
        told = {"title": title, "sentence": sentence, "table": made, "note": note}
        told |= {"figures": [list(figure) for figure in figures], "findings": [list(finding) for finding in findings]}
        text = "\n".join([title, sentence, *(f"{text} {limit}".strip() for text, limit in findings)])
        outputs.display_block("headline", text, **told)

    def text(self, key: str, **words: Any) -> str:
        """Return a sentence of the vocabulary in the language of the report."""
        return vocabulary.sentence(key, self.lang, **words)


def open_report(
    area: str = "district",
    period: str = "",
    compare: str = "previous_year",
    lang: str = "zh",
    audience: str = "internal",
    *,
    levels: Sequence[str] = ("district", "street", "community"),
    public: Sequence[str] = (),
    why_not: str = "",
    despite_refusal: bool = False,
    **own: Any,
) -> Report:
    """Return the report that these parameters describe, with its data at hand; stop the notebook where they cannot be.

    What else the parameters cell assigns, and `own`, are parameters of the notebook's own, in `Report.parameters`.

    `levels` are the kinds of area the notebook can be made for, `public` those for a public reader; `why_not` names the
    sentence (`why_not.…` in the vocabulary) that says why not the others. With `despite_refusal` it is made where the
    newest deliveries were refused, too, from the tables of the last good build, to show why. Raises `ParameterError`
    for an unknown name, a wrong type, an impossible value, an area not in `levels`, a period without data; `Stopped`
    where the deliveries cannot be used.
    """
    # papermill turns a year into a number; nothing of it is lost, so 2021 means "2021".
    period, compare = (str(value) if type(value) is int else value for value in (period, compare))
    given = {"area": area, "period": period, "compare": compare, "lang": lang, "audience": audience}
    given = parameters.of_notebook(given, own)
    build = _tables(despite_refusal)
    is_public = audience == "public"
    place = parameters.check_area(area, public if is_public else levels, audience, why_not)
    try:
        stated, notes = parameters.check_period(period, compare, lang, audience)
    except folders.DataRefused as error:
        raise Stopped(str(error)) from None
    if is_public:
        notes.append(parameters.public_note(place, lang))
    if reason := parameters.reason_for(audience, build.refusal):
        notes.append(vocabulary.sentence("data_refused", lang, reason=reason))
    vocabulary.current().told_in_part = is_public and place.level == "street"  # of a community: whole or not
    report = Report(place, stated, compare, lang, audience, build, tuple(notes), given)
    _opened[:] = [report]
    outputs.displayed.clear()
    outputs.format_plain_frames(lang)
    if notes := ([vocabulary.both("synthetic")] if report.synthetic else []) + notes:
        outputs.display_block("notes", "\n".join(notes), notes=notes)
    return report


def _tables(despite_refusal: bool) -> store.BuildSummary:
    try:
        return store.build()
    except (folders.DataRefused, folders.Locked, vocabulary.VocabularyError) as error:
        if despite_refusal and isinstance(error, folders.DataRefused):
            with contextlib.suppress(folders.DataRefused):
                return store.go_on_with_last_good(error)
        raise Stopped(str(error)) from None


_opened: list[Report] = []


def close_report() -> None:
    """Show where the numbers of the report that this notebook opened come from: what a run does after its last cell.

    Raises `Stopped` where it opened none.
    """
    if not _opened:
        raise Stopped(vocabulary.both("report_not_opened"))
    report = _opened[0]
    registered = quality.registered_text(report.build.registered, report.period, report.compare, report.lang)
    stated = provenance.manifest(report) | {"figures": outputs.displayed["figure"], "registered": registered}
    outputs.display_block("provenance", json.dumps(stated["parameters"], ensure_ascii=False), manifest=stated)
