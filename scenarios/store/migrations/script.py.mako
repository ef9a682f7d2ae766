"""${message}

Rows of runs, blobs and the log are guarded by triggers: a migration that must change them drops the triggers first
and makes them again, in the same transaction.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise NotImplementedError("a store never goes back")
