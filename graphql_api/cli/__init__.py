"""The `graphql-api` command."""
