"""Bring the tables of a state database to the shape this version works with."""

from pathlib import Path

import sqlalchemy as sa

from vedette.model.errors import StoreError
from vedette.store.database import Database
from vedette.store.tables import HEAD

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """From empty or any earlier revision to HEAD, in one transaction.

    Raises:
        StoreError: a newer version of Vedette wrote this database.
    """
    if revision(database) == HEAD:
        return  # importing Alembic takes longer than everything else at start
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    try:
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        fix = "install the version of Vedette that last used this data directory, or a later one"
        raise StoreError(
            f"state database has a shape this version does not know: {error}", where=str(database.path), fix=fix
        ) from error


def revision(database: Database) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
