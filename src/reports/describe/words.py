"""The words beside a chart, put together from the sentences of the vocabulary."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from src.analysis.charts.style import why_not_drawn
from src.codebook.vocabulary import case_of
from src.codebook.vocabulary import sentence as sentence_of


@dataclass(frozen=True)
class Words:
    """What stands beside a chart: the comparison as a title, a sentence, how it was counted, what a picture shows.

    `percent` names the columns of the table behind the chart that are shares, `method` the function whose table it
    is: the caption leads to what the methods page says of it.
    """

    title: str
    sentence: str = ""
    caption: str = ""
    alt: str = ""
    percent: tuple[str, ...] = ()
    method: str = ""
    lang: str = "zh"


def of_table(method: str, percent: Sequence[str] = ()) -> Callable[[Callable[..., Words]], Callable[..., Words]]:
    """Return what makes a function of a tidy table and a language one that also has words where nothing is drawn."""

    def decorated(describe: Callable[..., Words]) -> Callable[..., Words]:
        @functools.wraps(describe)
        def words(table: pd.DataFrame, lang: str = "zh", *args: object, **options: object) -> Words:
            if reason := why_not_drawn(table):
                text = sentence_of("not_drawn", lang, case=reason)
                found = Words(text, text, "", text)
            else:
                found = describe(table, lang, *args, **options)
            texts = (found.title, found.sentence, found.caption, found.alt)
            return Words(*texts, found.percent or tuple(percent), method, lang)

        return words

    return decorated


def compose(
    subject: str,
    lang: str,
    values: dict[str, object],
    *,
    title: str = "",
    sentence: str = "",
    caption: str = "",
    alt: str = "",
    also: Iterable[str] = (),
    text: str = "",
) -> Words:
    """Return the words of a subject: its `title`, `sentence`, `caption` and `alt` in the vocabulary with their values.

    `title`, `sentence`, `caption` and `alt` name a case of them, `few` of `title` is `title.few`; `also` the
    sentences that the caption goes on with, since what they are about is drawn; `text` is a sentence ready-made.
    """
    cases = {"title": title, "caption": caption, "alt": alt}
    parts = [sentence_of(subject, lang, case=case_of(*case), **values) for case in cases.items()]
    stated = text or sentence_of(subject, lang, case=case_of("sentence", sentence), **values)
    captions = [parts[1], *(sentence_of(key, lang, **values) for key in also)]
    return Words(_capital(parts[0]), _capital(stated), joined(captions, lang), parts[2])


def _capital(text: str) -> str:
    """Return a text that begins with a capital: some begin with a label."""
    return text[:1].upper() + text[1:]


def joined(sentences: Iterable[str], lang: str) -> str:
    """Return sentences one after the other."""
    return (" " if lang == "en" else "").join(sentences)


def colours_of(more: pd.Series, less: pd.Series, what: str = "coloured") -> list[str]:
    """Return what a caption says of orange and blue, as far as they are there: its case `more`, and `less`."""
    return [case_of(what, flag) for flag, rows in (("more", more), ("less", less)) if rows.any()]
