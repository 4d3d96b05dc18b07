"""What only invoices and their drafts have. Amounts are minor units; days are ISO 8601 texts."""

from peewee import BigIntegerField, CharField, IntegerField, JSONField

from parlour import Line, Table

DRAFT, OPEN, PARTLY, PAID, CREDITED = "draft", "open", "partly", "paid", "credited"
CREDIT, USED = "credit", "used"
MEANING = {DRAFT: "open", OPEN: "open", PARTLY: "in_progress", PAID: "resolved", CREDITED: "closed",
           CREDIT: "waiting", USED: "closed"}
"""States of invoices and credit notes, and what each is for the host."""

INVOICE, NOTE = "invoice", "credit"


class Invoice(Table):
    """An issued invoice or credit note (`sort`). What it says never changes (`FIXED`): the database refuses.

    `content` holds lines, rates, sender, recipient, note and reference as they were at issue; `credits` is the
    number of the invoice that a credit note corrects. `open` is what is still to be paid, less than 0 what a
    credit note still holds; `credited` what credit notes took off; `reminded` how many reminders went out.
    """

    sort = CharField(default=INVOICE)
    currency = CharField()
    net = BigIntegerField()
    tax = BigIntegerField()
    total = BigIntegerField()
    issued = CharField()
    due = CharField(default="")
    content = JSONField(default=dict)
    credits = IntegerField(null=True)
    open = BigIntegerField(default=0)
    credited = BigIntegerField(default=0)
    settled = CharField(default="")
    reminded = IntegerField(default=0)

    class Meta:
        """Named after the plugin."""

        table_name = "invoices_invoice"
        indexes = ((("due", "open"), False),)


FIXED = ("sort", "currency", "net", "tax", "total", "issued", "due", "content", "credits")


class Draft(Table):
    """An invoice that is not issued: `content` is what its form holds; `total` is what it would come to."""

    currency = CharField()
    total = BigIntegerField(default=0)
    content = JSONField(default=dict)

    class Meta:
        """Named after the plugin."""

        table_name = "invoices_draft"


class Entry(Line):
    """What made an invoice smaller: a part of a payment or of a credit note. Never changed; another takes it back.

    `source` is the number of the payment or, where `what` is "credit", of the other document.
    """

    what = CharField()
    source = IntegerField()
    amount = BigIntegerField()
    day = CharField()

    class Meta:
        """Named after the plugin."""

        table_name = "invoices_entry"
