"""The import as a whole: one file, one transaction."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from graphql_api.db.database import Database
from graphql_api.db.fault import translated
from graphql_api.errors import ImportFailedError, UnavailableError
from graphql_api.models import DEFAULT_TENANT, Tenant
from graphql_api.services.wordpress.content import Item
from graphql_api.services.wordpress.reader import Reader
from graphql_api.services.wordpress.shelf import broken_tree
from graphql_api.services.wordpress.stream import read
from graphql_api.services.wordpress.summary import ImportSummary
from graphql_api.services.wordpress.writer import Writer

_ITEMS_AT_ONCE = 500
_CHARACTERS_AT_ONCE = 4_000_000
_READINGS = 2
_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZ": "bzip2", b"\xfd7": "xz"}
# by SQLSTATE
_SENTENCES = {
    "40P01": "another writer was in the way; import it again",
    "42P01": "the database has no tables yet; run graphql-api db upgrade",
}
# readers go on; without other writers, no slug is taken and no lock crossed between two statements
_LOCK = """
LOCK TABLE categories, comments, imported_items, post_tags, posts, tags, users
IN SHARE ROW EXCLUSIVE MODE
"""


async def import_wordpress(
    database: Database,
    path: Path,
    *,
    tenant_id: int = DEFAULT_TENANT,
    progress: Callable[[int, int], None] | None = None,
) -> ImportSummary:
    """Bring a tenant's content in line with a WordPress export (WXR 1.0 to 1.2).

    The file is read twice, first checked and then written, all of it in one transaction. While it
    runs others can read; who wants to write waits. A second import of the same file changes
    nothing.

    Args:
        database: where to.
        path: the export, an uncompressed file.
        tenant_id: whose content it becomes.
        progress: gets the bytes read so far and those to read in all, twice the file's size.

    Raises:
        ImportFailedError: the file or the database cannot be used; nothing was imported.
    """
    with _opened(path) as file:
        n_read = 0
        size = _version(file).st_size

        def advance(n_bytes: int) -> None:
            nonlocal n_read
            n_read += n_bytes
            if progress:
                progress(n_read, _READINGS * size)

        try:
            return await _write(database, tenant_id, path, file, Reader(path, file, advance))
        except (OSError, SQLAlchemyError) as error:
            if sentence := _sentence(error):
                raise ImportFailedError(f"nothing of {path} was imported: {sentence}") from error
            raise


async def _write(
    database: Database, tenant_id: int, path: Path, file: BinaryIO, reader: Reader
) -> ImportSummary:
    """Read the file and check it, then read it again and write it."""
    version = _version(file)
    site = reader.site()
    async with database.transaction() as session:
        await session.execute(text(_LOCK))
        if await session.get(Tenant, tenant_id) is None:
            raise ImportFailedError(f"there is no tenant {tenant_id} to import into")
        writer = Writer(await session.connection(), tenant_id, site, datetime.now(UTC))
        await writer.write_site()
        if problem := await broken_tree(await session.connection(), tenant_id):
            raise ImportFailedError(f"nothing of {path} was imported: {problem}")
        for batch in _batches(reader.items(site)):
            if _version(file) != version:
                raise ImportFailedError(f"{path} was changed while it was read")
            await writer.write_items(batch)
        await writer.settle_slugs()
    return writer.summary


@contextmanager
def _opened(path: Path) -> Generator[BinaryIO]:
    """Open a file that can be an export, or say why it cannot be one."""
    try:
        if not path.is_file():  # what is no file, a pipe say, cannot be read twice
            kind = "is no file" if path.exists() else "does not exist"
            raise ImportFailedError(f"{path} {kind}")
        file = path.open("rb")
    except OSError as error:
        raise ImportFailedError(f"{path} cannot be opened: {error.strerror}") from None
    with file:
        first = read(path, file, 2)
        if not first:
            raise ImportFailedError(f"{path} is empty")
        if packer := _COMPRESSED.get(first):
            raise ImportFailedError(f"{path} is compressed with {packer}: unpack it first")
        yield file


class _Version(NamedTuple):
    """Changes when a file does."""

    st_size: int
    st_mtime_ns: int


def _version(file: BinaryIO) -> _Version:
    found = os.fstat(file.fileno())
    return _Version(found.st_size, found.st_mtime_ns)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Group items so that neither their number nor their length fills the memory."""
    batch: list[Item] = []
    length = 0
    for item in items:
        batch.append(item)
        length += len(item.post.body) + sum(len(comment.body) for comment in item.comments)
        if len(batch) == _ITEMS_AT_ONCE or length > _CHARACTERS_AT_ONCE:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _sentence(error: OSError | SQLAlchemyError) -> str:
    """Say what an operator can mend; what has no sentence is a fault of ours."""
    cause = translated(error)
    if isinstance(cause, UnavailableError):
        return cause.message
    if isinstance(error, IntegrityError) and error.orig:
        rule = getattr(error.orig.__cause__, "constraint_name", None) or "without a name"
        return f"the database's rule {rule} forbids one of its rows; please report this"
    state = getattr(error.orig, "sqlstate", "") if isinstance(error, DBAPIError) else ""
    return _SENTENCES.get(state, "")
