"""Runs the migrations on the connection, and in the transaction, that `scenarios.store.schema` hands over."""

from alembic import context

from scenarios.store.schema import VERSION, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
