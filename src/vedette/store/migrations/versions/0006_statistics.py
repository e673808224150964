"""What is known of segments without reading them, and indexes by what alerts are counted and looked up by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEXES = {
    "alerts_destination_ip": ["destination_ip", "last_seen"],
    "alerts_groups": ["level", "state", "alert_class", "rule_source", "rule_id"],
    "alerts_host": ["host_name", "state", "level"],
    "alerts_source_state": ["source_ip", "state", "level"],
    "alerts_user": ["user_name", "state", "level"],
}


def upgrade() -> None:
    """Segments that are there already have none, and are read as before."""
    op.create_table(
        "segment_statistics",
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("segment", "field"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "alerts", columns, unique=False)


def downgrade() -> None:
    """Nothing is lost that is not made of what stays."""
    for name in INDEXES:
        op.drop_index(name, "alerts")
    op.drop_table("segment_statistics")
