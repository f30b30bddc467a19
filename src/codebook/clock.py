"""What time it is in Shenzhen, on whatever machine this runs: days begin there, not where the server stands."""

import datetime as dt
import logging
import time

SHANGHAI = dt.timezone(dt.timedelta(hours=8))  # no summer time since 1991


def now() -> dt.datetime:
    """Return the time in Shenzhen, to the second."""
    return dt.datetime.now(SHANGHAI).replace(microsecond=0)


def today() -> dt.date:
    """Return the day in Shenzhen."""
    return now().date()


class LogFormat(logging.Formatter):
    """A line of a log with the time in Shenzhen."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")

    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        """Return a time stamp as the clock in Shenzhen shows it."""
        return dt.datetime.fromtimestamp(seconds or 0, SHANGHAI).timetuple()
