"""Charts of 01: which months are missing, in the reader's language, and that more are than are named."""

import pandas as pd
import pytest

from src.analysis.charts.trends import plot_line_waterfall
from src.reports import describe

MONTHS = pd.date_range("2021-01-01", periods=9, freq="MS")


def delivered(gaps: int) -> pd.DataFrame:
    count = [0] * gaps + [9] * (len(MONTHS) - gaps)
    flag = ["missing" if not n else "" for n in count]
    return pd.DataFrame({"street": "布吉街道", "source": "reports", "month": MONTHS, "count": count, "flag": flag})


@pytest.mark.parametrize(
    ("gaps", "lang", "said"),
    [
        (2, "zh", "布吉街道 警情等 2021年1月、布吉街道 警情等 2021年2月。"),
        (2, "en", ": Buji Police reports and others January 2021, Buji Police reports and others February 2021."),
        (8, "zh", "布吉街道 警情等 2021年6月等8个。"),
        (8, "en", "June 2021 and others, 8 in all."),
    ],
)
def test_missing_months_are_listed_in_the_readers_language_and_not_as_if_they_were_all(gaps, lang, said):
    words = describe.delivered_months(delivered(gaps), lang=lang)
    assert words.sentence.endswith(said)


def test_what_each_step_takes_away_is_seen_beside_a_quarter_of_a_million():
    steps = {"lines": 243_251, "header": -10, "quarantined": -1336, "clean": 241_905}
    table = pd.DataFrame({"step": list(steps), "count": list(steps.values())})
    start = [0, 243_241, 241_905, 0]
    ax = plot_line_waterfall(table.assign(start=start, end=[243_251, 243_251, 243_241, 241_905]))
    assert [bar.get_width() for bar in ax.patches] == [0, 10, 1336, 0]
    assert ax.get_xlim()[1] < 1500
    assert [text.get_text() for text in ax.texts] == ["243,251", "−10", "−1,336", "241,905"]
