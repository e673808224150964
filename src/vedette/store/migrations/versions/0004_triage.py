"""What people make of alerts; rows of alerts narrow, with their documents beside them; what changed in which commit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LEVELS = """
    UPDATE incidents SET title = json_extract(document, '$.title'), level = CASE json_extract(document, '$.level')
        WHEN 'informational' THEN 0 WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END
"""


def upgrade() -> None:
    """Rows are made anew from the documents."""
    op.rename_table("alerts", "alerts_before")
    for name in ("alerts_last_seen", "alerts_rule", "alerts_source_ip", "alerts_stored"):
        op.drop_index(name, "alerts_before")
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("rule_source", sa.Text(), nullable=False),
        sa.Column("alert_class", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("techniques", sa.Text(), nullable=True),
        sa.Column("source_ip", sa.Text(), nullable=True),
        sa.Column("destination_ip", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("host_name", sa.Text(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "alert_documents",
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert"),
    )
    op.create_table(
        "alert_history",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_history_alert", "alert_history", ["alert"], unique=False)
    op.execute("INSERT INTO alert_documents (alert, document) SELECT id, document FROM alerts_before")
    op.execute(
        "INSERT INTO alerts SELECT id, rule_id, substr(json_extract(document, '$.\"rule.name\"'), 1, 500),"
        " json_extract(document, '$.\"rule.source\"'), json_extract(document, '$.\"alert.class\"'), level,"
        " (SELECT group_concat(value, char(31)) FROM json_each(document, '$.\"threat.technique.id\"')), source_ip,"
        " substr(json_extract(document, '$.\"destination.ip\"'), 1, 500), user_name, host_name,"
        " json_extract(document, '$.\"event.count\"'), substr(json_extract(document, '$.message'), 1, 2000), last_seen,"
        " first_seen, last_seen, stored_at, 0, 'new', NULL, NULL, NULL FROM alerts_before"
    )
    op.drop_table("alerts_before")
    op.create_index("alerts_incident", "alerts", ["incident"], unique=False)
    op.create_index("alerts_last_seen", "alerts", ["last_seen"], unique=False)
    op.create_index("alerts_rule", "alerts", ["rule_id", "last_seen"], unique=False)
    op.create_index("alerts_sequence", "alerts", ["sequence"], unique=False)
    op.create_index("alerts_source_ip", "alerts", ["source_ip", "last_seen"], unique=False)
    op.create_index("alerts_stored", "alerts", ["stored_at"], unique=False)

    op.add_column("incidents", sa.Column("level", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("title", sa.Text(), nullable=False, server_default=""))
    op.add_column("incidents", sa.Column("assignee", sa.Text(), nullable=True))
    op.add_column("incidents", sa.Column("sequence", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(LEVELS)
    op.create_index("incidents_sequence", "incidents", ["sequence"], unique=False)
    op.add_column("actions", sa.Column("sequence", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("actions_sequence", "actions", ["sequence"], unique=False)

    op.create_table(
        "searches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def downgrade() -> None:
    """Back to documents in the rows; what people made of alerts is lost."""
    op.drop_table("searches")
    op.drop_index("actions_sequence", "actions")
    op.drop_column("actions", "sequence")
    op.drop_index("incidents_sequence", "incidents")
    for name in ("sequence", "assignee", "title", "level"):
        op.drop_column("incidents", name)
    op.create_table(
        "alerts_before",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("source_ip", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("host_name", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO alerts_before SELECT id, rule_id, level, source_ip, user_name, host_name, first_seen, last_seen,"
        " stored_at, document FROM alerts JOIN alert_documents ON alert = id"
    )
    for name in ("alerts", "alert_documents", "alert_history"):
        op.drop_table(name)
    op.rename_table("alerts_before", "alerts")
    op.create_index("alerts_last_seen", "alerts", ["last_seen"], unique=False)
    op.create_index("alerts_rule", "alerts", ["rule_id", "last_seen"], unique=False)
    op.create_index("alerts_source_ip", "alerts", ["source_ip", "last_seen"], unique=False)
    op.create_index("alerts_stored", "alerts", ["stored_at"], unique=False)
