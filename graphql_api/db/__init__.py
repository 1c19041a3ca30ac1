"""The database: engine, sessions, the embedded server, and what watches the statements."""
