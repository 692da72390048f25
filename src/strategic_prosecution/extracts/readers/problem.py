"""The one way in which a file says that it does not land."""


class FileProblem(ValueError):
    """A file that does not land: what is wrong with it and what to do, in one line without a value of a record."""

    def __init__(self, why: str, *, kind: str = "unreadable_file") -> None:
        super().__init__(why)
        self.kind = kind
