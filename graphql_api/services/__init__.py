"""Changes, and reads that are not by key; nothing here knows GraphQL."""
