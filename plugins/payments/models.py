"""What only payments have. Amounts are minor units; days are ISO 8601 texts."""

from peewee import BigIntegerField, CharField, JSONField, TextField

from parlour import N_, Line, Table

PENDING, RECEIVED, FAILED, REVIEW, REFUNDED = "pending", "received", "failed", "review", "refunded"
MEANING = {PENDING: "waiting", RECEIVED: "resolved", FAILED: "closed", REVIEW: "open", REFUNDED: "closed"}
STATES = {PENDING: N_("On its way"), RECEIVED: N_("Received"), FAILED: N_("Not paid"), REVIEW: N_("Needs a look"),
          REFUNDED: N_("Paid back")}
"""States of payments: what each is for the host, and what it is called."""


class Payment(Table):
    """Money that came, is asked for, or (less than 0) went back. `day` is when.

    `key` is what the provider knows it by, and nobody can guess. `wanted` lists [number of a record, amount],
    `took` likewise what records took of it and did not give back; `left` is what nothing has taken, `refunded`
    what went back by payments of their own. `asked` is when the provider was last asked, in seconds of Unix time.
    """

    provider = CharField()
    key = CharField(index=True)
    currency = CharField()
    amount = BigIntegerField()
    wanted = JSONField(default=list)
    took = JSONField(default=list)
    left = BigIntegerField(default=0)
    refunded = BigIntegerField(default=0)
    day = CharField(default="")
    reference = CharField(default="")
    url = TextField(default="")
    words = TextField(default="")
    asked = BigIntegerField(default=0)

    class Meta:
        """Named after the plugin."""

        table_name = "payments_payment"


FIXED = ("provider", "key", "currency", "amount")


class Heard(Line):
    """A provider's report about a payment: each counts once for it."""

    provider = CharField()
    event = CharField()

    class Meta:
        """Once per payment and provider."""

        table_name = "payments_heard"
        indexes = ((("tenant", "record", "provider", "event"), True),)
