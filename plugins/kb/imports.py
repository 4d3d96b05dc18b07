"""What an import can make here."""


def taken():
    """Give what `parlour import` can take."""
    return []
