"""Imports a WordPress export (WXR); ``docs/import-wordpress.md`` has the rules.

Bytes become records (``stream``), records content (``parse``, ``reader``), content values of
columns (``row``, ``markup``), and these rows (``writer``).
"""

from graphql_api.services.wordpress.importer import import_wordpress
from graphql_api.services.wordpress.summary import ImportSummary

__all__ = ["ImportSummary", "import_wordpress"]
