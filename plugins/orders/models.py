"""What only orders have: amounts, addresses, shipment; and their lines."""

from peewee import BigIntegerField, BooleanField, CharField, IntegerField, JSONField, TextField

from parlour import Line, Table


class Order(Table):
    """What an order comes to, in whole minor units of `currency`, computed here and nowhere else.

    `goods` is what the lines come to, `shipping` what bringing it costs, both as prices are written (`included`:
    with tax); `total` is what is to be paid. `way` is how it comes, in the words that were chosen. Days are ISO
    8601. `credit` says that it takes an order back.
    """

    reference = CharField(default="")
    currency = CharField()
    included = BooleanField(default=False)
    rounding = CharField(default="line")
    goods = BigIntegerField(default=0)
    shipping = BigIntegerField(default=0)
    shipping_tax = CharField(default="0")
    tax = BigIntegerField(default=0)
    total = BigIntegerField(default=0)
    payment = CharField(default="open")
    carrier = CharField(default="")
    tracking = CharField(default="")
    sent = CharField(default="")
    due = CharField(default="")
    way = CharField(default="")
    deliver = TextField(default="")
    bill = TextField(default="")
    origin = CharField(default="portal")
    credit = BooleanField(default=False)

    class Meta:
        """Named after the plugin."""

        table_name = "orders_order"


class OrderLine(Line):
    """One line. `price` is exact text in minor units, `quantity`, `discount` and `tax` exact decimals.

    `options` lists what was chosen of a product with options, as [name, choice].
    """

    place = IntegerField()
    sku = CharField(default="")
    text = TextField()
    options = JSONField(default=list)
    quantity = CharField(default="1")
    price = CharField(default="0")
    discount = CharField(default="0")
    tax = CharField(default="0")
    net = BigIntegerField(default=0)
    taxed = BigIntegerField(default=0)
    total = BigIntegerField(default=0)

    class Meta:
        """Lines stand in the order they were written."""

        table_name = "orders_line"
        indexes = ((("tenant", "record", "place"), True),)
