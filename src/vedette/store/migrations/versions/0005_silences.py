"""Silences, and which of them last held back the notices of an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table, and a column that is empty."""
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=True),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("silences_until", "silences", ["until"], unique=False)
    op.add_column("alerts", sa.Column("silence", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """What was held back stays so; nobody knows any more by what."""
    op.drop_column("alerts", "silence")
    op.drop_index("silences_until", "silences")
    op.drop_table("silences")
