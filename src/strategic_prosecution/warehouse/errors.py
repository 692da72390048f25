"""What the warehouse raises."""


class WarehouseError(RuntimeError):
    """The database cannot be used as asked; the message says why and what to do."""


class WrongKeyError(WarehouseError):
    """A file does not open with the key it was asked to open with, or with none."""


class WarehouseLockedError(WarehouseError):
    """Another run, or a stranger's connection, holds the database."""
