"""Charts of 01: which months are missing, in the reader's language, and that more are than are named."""

import pandas as pd
import pytest

from src.reports import describe

MONTHS = pd.date_range("2021-01-01", periods=9, freq="MS")


def delivered(gaps: int) -> pd.DataFrame:
    count = [0] * gaps + [9] * (len(MONTHS) - gaps)
    flag = ["missing" if not n else "" for n in count]
    return pd.DataFrame({"street": "布吉街道", "source": "reports", "month": MONTHS, "count": count, "flag": flag})


@pytest.mark.parametrize(
    ("gaps", "lang", "said"),
    [
        (2, "zh", "布吉街道 警情等 2021-01、布吉街道 警情等 2021-02。"),
        (2, "en", ": Buji Police reports and others 2021-01, Buji Police reports and others 2021-02."),
        (8, "zh", "布吉街道 警情等 2021-06等8个。"),
        (8, "en", "2021-06 and others, 8 in all."),
    ],
)
def test_missing_months_are_listed_in_the_readers_language_and_not_as_if_they_were_all(gaps, lang, said):
    words = describe.delivered_months(delivered(gaps), lang=lang)
    assert words.sentence.endswith(said)
