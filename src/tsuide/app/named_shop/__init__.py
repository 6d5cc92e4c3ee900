"""A made-up shop with named products and pictures: cameras, phones, garden, beauty and groceries, in ja and en.

A person who looks at its pages sees at once whether an offer makes sense, which a grocer's numbered products cannot
show. What it sells is written in `catalogue/*.yaml`; eighteen months of orders and visits are drawn from what is
planted there (what goes with what and when, refills, upgrades, sales), with a seed. Everything then goes the way of
any shop's data: tables → import → learn → decide. Every name is invented.

Example:
    >>> from datetime import UTC, datetime
    >>> tables = make_tables(datetime(2026, 11, 1, tzinfo=UTC), seed=1, customers=20)
    >>> sorted(tables)
    ['consents', 'customers', 'events', 'orders', 'products', 'relations', 'reviews']
"""

from tsuide.app.named_shop.tables import made_looks, make_tables

__all__ = ["made_looks", "make_tables"]
