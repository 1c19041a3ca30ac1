"""Deterministic content for development and measurement."""

from graphql_api.services.seed.load import SeedSummary, seed

__all__ = ["SeedSummary", "seed"]
