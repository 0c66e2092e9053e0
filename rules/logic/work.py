"""A bound on thinking: steps are counted, and where they run out the answer is "cannot tell"."""


class SpentError(Exception):
    """The steps have run out."""


class Work:
    """Steps that are left.

    >>> work = Work(10)
    >>> work.spend(8)
    >>> work.done, work.left
    (8, 2)
    >>> work.spend(3)
    Traceback (most recent call last):
    ...
    rules.logic.work.SpentError
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    @property
    def done(self) -> int:
        """The steps taken; never more than the limit and one spending."""
        return self.limit - self.left

    @property
    def spent(self) -> bool:
        return self.left < 0

    def spend(self, steps: int = 1) -> None:
        """Takes steps; raises `SpentError` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise SpentError
