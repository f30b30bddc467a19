"""What time it is in Shenzhen, on whatever machine this runs: days begin there, not where the server stands."""

import datetime as dt

SHANGHAI = dt.timezone(dt.timedelta(hours=8))  # no summer time since 1991


def now() -> dt.datetime:
    """Return the time in Shenzhen, to the second."""
    return dt.datetime.now(SHANGHAI).replace(microsecond=0)


def today() -> dt.date:
    """Return the day in Shenzhen."""
    return now().date()
