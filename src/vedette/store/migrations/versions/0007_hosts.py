"""Alerts of a span are counted by host from the index alone."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEFORE = ["host_name", "state", "level"]


def upgrade() -> None:
    """The same index, with the time."""
    op.drop_index("alerts_host", "alerts")
    op.create_index("alerts_host", "alerts", [*BEFORE, "last_seen"], unique=False)


def downgrade() -> None:
    """Without the time."""
    op.drop_index("alerts_host", "alerts")
    op.create_index("alerts_host", "alerts", BEFORE, unique=False)
