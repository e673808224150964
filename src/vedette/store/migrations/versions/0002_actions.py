"""Actions, the allow list, and answers to requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three new tables; what is there stays."""
    op.create_table(
        "actions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("actions_at", "actions", ["at", "kind", "source"], unique=False)
    op.create_index("actions_ends", "actions", ["ends", "kind"], unique=False)
    op.create_index("actions_network", "actions", ["network", "at", "kind"], unique=False)
    op.create_table(
        "allowed",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network"),
    )
    op.create_table(
        "answers",
        sa.Column("request", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request"),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("actions")
    op.drop_table("allowed")
    op.drop_table("answers")
