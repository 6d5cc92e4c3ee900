"""Alembic's entry: runs the migrations on the connection that `upgrade.py` hands over."""

from alembic import context

from tsuide.store.schema import metadata

if hasattr(context, "config"):  # not when a tool only imports the file
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
