"""A GraphQL API for content platforms whose statement count depends on the query's shape alone."""
