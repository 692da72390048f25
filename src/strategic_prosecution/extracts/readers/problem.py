"""The one way in which a file says that it does not land."""

_LONGEST = 600


class FileProblem(ValueError):
    """A file that does not land: what is wrong with it and what to do, in one line without a value of a record."""

    def __init__(self, why: str, *, kind: str = "unreadable_file") -> None:
        super().__init__(one_line(why))
        self.kind = kind


def one_line(text: str) -> str:
    """A text as a message shows it: names from a file may hold line ends, marks that turn the line, or half a book."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
