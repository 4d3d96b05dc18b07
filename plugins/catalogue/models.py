"""What only products have: article number, prices, options."""

from peewee import CharField, JSONField, TextField

from parlour import Table


class Product(Table):
    """Something that can be ordered. `price` is exact text in minor units; `prices` has a price per list.

    `options` is a list of {"name", "choices": [[label, surcharge in minor units], ...]}. `shown` is the
    audience it has while it is offered: what is not, our team alone sees.
    """

    sku = CharField(default="")
    text = TextField(default="")
    unit = CharField(default="")
    shelf = CharField(default="", index=True)
    currency = CharField()
    price = CharField(default="0")
    prices = JSONField(default=dict)
    tax = CharField(default="")
    options = JSONField(default=list)
    least = CharField(default="1")
    step = CharField(default="1")
    shown = CharField(default="")

    class Meta:
        """Named after the plugin."""

        table_name = "catalogue_product"
