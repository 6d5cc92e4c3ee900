"""Alembic's entry: runs the migrations on the connection that `upgrade.py` hands over."""

from alembic import context

from tsuide.store.concurrently import Later
from tsuide.store.schema import metadata
from tsuide.store.upgrade import LATER

if hasattr(context, "config"):  # not when a tool only imports the file
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata)
    later, dialect = context.config.attributes.get(LATER), context.get_context().impl
    if later is not None and isinstance(dialect, Later):
        dialect.begin(later)
    with context.begin_transaction():
        context.run_migrations()
