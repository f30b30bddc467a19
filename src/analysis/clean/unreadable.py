"""The one exception of the clean-up: a cell, date or place that cannot be understood, and why."""

from typing import Any


class Unreadable(ValueError):
    """What is delivered cannot be understood: a reason of `sentences_clean.yml` and the words it needs."""

    def __init__(self, reason: str, /, **words: Any) -> None:
        super().__init__(reason)
        self.reason, self.words = reason, words

    def kept(self) -> "Unreadable":
        """Return it without the frames that it was raised in, which would keep all that they hold."""
        self.__traceback__ = self.__context__ = None
        return self
