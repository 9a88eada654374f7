"""Looking into a test's database from above, behind row-level security."""

import psycopg2
from psycopg2.extras import RealDictCursor

# Where the listener of tests notes what it heard; made by tests, in a schema that has room.
NOTED = """
CREATE TABLE IF NOT EXISTS web.noted (
    position bigint GENERATED ALWAYS AS IDENTITY,
    event uuid, subject uuid, clinic_id uuid, number bigint, process bigint
);
GRANT ALL ON web.noted TO web_app;
"""


class Admin:
    """A superuser's eyes.  Each call sees what is committed."""

    def __init__(self, dsn):
        self._connection = psycopg2.connect(dsn, cursor_factory=RealDictCursor)
        self._connection.autocommit = True

    def all(self, sql, values=None):
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def count(self, table, where="true"):
        return self.all(f"SELECT count(*) FROM {table} WHERE {where}")[0]["count"]

    def column(self, sql, values=None):
        return [next(iter(row.values())) for row in self.all(sql, values)]

    def close(self):
        self._connection.close()
