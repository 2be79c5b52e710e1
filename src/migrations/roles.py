"""The database role of the application's functions, on Aurora DSQL only."""

from collections.abc import Sequence

from psycopg import Connection, sql

from migrations.runner import execute

APPLICATION_ROLE = "application"


def grant_application_role(connection: Connection, iam_role_arns: Sequence[str]) -> None:
    """Lets these IAM roles connect as the application role, which reads and writes rows but
    changes no schema. What is there already stays.

    https://docs.aws.amazon.com/aurora-dsql/latest/userguide/using-database-and-iam-roles.html
    """
    role = sql.Identifier(APPLICATION_ROLE)
    exists = execute(
        connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION_ROLE,)
    ).fetchone()
    if not exists:
        execute(connection, sql.SQL("CREATE ROLE {} WITH LOGIN").format(role))
    execute(connection, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    execute(
        connection,
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(
            role
        ),
    )
    granted = {
        row[0]
        for row in execute(
            connection,
            "SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = %s",
            (APPLICATION_ROLE,),
        )
    }
    for arn in iam_role_arns:
        if arn not in granted:
            execute(connection, sql.SQL("AWS IAM GRANT {} TO {}").format(role, sql.Literal(arn)))
