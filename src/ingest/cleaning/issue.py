"""Why something delivered cannot be understood, and which row is set aside for it."""

from typing import Any


class CellError(ValueError):
    """A cell, or several together, cannot be understood: the code of its sentence, and the words it needs."""

    def __init__(self, code: str, /, **words: Any) -> None:
        super().__init__(code)
        self.code, self.words = code, words

    @property
    def reason(self) -> str:
        """Return the code."""
        return self.code

    def kept(self) -> "CellError":
        """Return it without the frames that it was raised in, which would keep all that they hold."""
        self.__traceback__ = self.__context__ = None
        return self
