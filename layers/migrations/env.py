"""Alembic's entry: runs the migrations on the connection of `layers.database`, in its transaction."""

from alembic import context

from layers.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through layers.database.Database.migrate(), which owns the connection")
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
