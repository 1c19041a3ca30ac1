"""The sample blog that ships with the package."""

from graphql_api.services.sample.loader import load_sample

__all__ = ["load_sample"]
