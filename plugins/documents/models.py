"""What only documents have: their file, their folder, for whom they are and until when; folders; versions."""

from datetime import UTC, datetime

from peewee import BigIntegerField, CharField, IntegerField, JSONField, TextField

from parlour import Line, Table

SHARED, TEAM, EXPIRED = "shared", "team", "expired"
"""States of a document's record."""


class Document(Table):
    """A document as it is now. Moments are in seconds, UTC; `folder` is the key of a folder's record.

    `wanted` is for whom it is (a key of `sharing.AUDIENCES`), with `recipient` and `companies` by key; the
    record's own audience follows from it, and is the team's once `expires` is over. `file` is the public
    identifier of the present version's file, `fresh` when it came, `owner` who of the team brought it.
    """

    folder = IntegerField(null=True, index=True)
    description = TextField(default="")
    file = CharField(default="")
    name = CharField(default="")
    mime = CharField(default="")
    size = BigIntegerField(default=0)
    pages = IntegerField(default=0)
    edition = IntegerField(default=0)
    wanted = CharField(default=TEAM)
    recipient = IntegerField(null=True)
    companies = JSONField(default=list)
    expires = BigIntegerField(null=True, index=True)
    fresh = BigIntegerField(default=0)
    owner = IntegerField(null=True)

    class Meta:
        """Named after the plugin."""

        table_name = "documents_document"
        people = (("owner", "{}"), ("recipient", "{}"))


class Folder(Table):
    """Where documents stand; `parent` is the key of another folder's record."""

    parent = IntegerField(null=True, index=True)

    class Meta:
        """Named after the plugin."""

        table_name = "documents_folder"


class Edition(Line):
    """One version of a document's file: it stays as it came."""

    number = IntegerField()
    file = CharField()
    name = CharField()
    mime = CharField()
    size = BigIntegerField()
    pages = IntegerField(default=0)
    author = CharField(default="")
    note = TextField(default="")
    created = BigIntegerField()

    class Meta:
        """Numbered per document."""

        table_name = "documents_edition"
        indexes = ((("record", "number"), True),)


TABLES = [Document, Folder, Edition]


def seconds(moment):
    """Write a moment as whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())


def moment(value):
    """Read whole seconds since 1970 as a moment in UTC."""
    return None if value is None else datetime.fromtimestamp(value, UTC)
