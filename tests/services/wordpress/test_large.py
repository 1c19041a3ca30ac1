"""A large export fits in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from graphql_api.settings import Settings
from tests.services.wordpress.conftest import Rows
from tests.services.wordpress.wxr import large

# prints the summary's posts, the seconds taken and the peak of resident memory
PROGRAM = """
import asyncio, json, sys, time
from pathlib import Path
from pydantic import SecretStr
from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.services.wordpress import import_wordpress
from graphql_api.settings import Settings

async def main():
    url, path = sys.argv[1:]
    settings = Settings(_env_file=None, database_url=SecretStr(url), secret_key=SecretStr("x" * 32))
    engine = create_engine(settings)
    began = time.perf_counter()
    summary = await import_wordpress(Database(engine), Path(path))
    seconds = time.perf_counter() - began
    await engine.dispose()
    # VmHWM, not ru_maxrss: that one counts what the parent had before exec
    status = Path("/proc/self/status").read_text().splitlines()
    [peak_kb] = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    print(json.dumps([summary.posts.added, summary.posts.unchanged, seconds, peak_kb / 1000]))

asyncio.run(main())
"""


def measured(database_url: SecretStr, path: Path) -> tuple[int, int, float, float]:
    """Import in a process of its own: posts added and unchanged, seconds, peak MB."""
    command = [sys.executable, "-c", PROGRAM, database_url.get_secret_value(), str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    added, unchanged, seconds, peak_mb = json.loads(run.stdout)
    return added, unchanged, seconds, peak_mb


@pytest.mark.parametrize(
    "n_bytes",
    [8_000_000, pytest.param(200_000_000, marks=pytest.mark.slow)],
)
async def test_memory_does_not_grow_with_the_file(
    settings: Settings, rows: Rows, tmp_path: Path, n_bytes: int
) -> None:
    path = tmp_path / "large.xml"
    n_items = large(path, n_bytes)
    n_posts = n_items - n_items // 50
    added, _, seconds, peak_mb = measured(settings.database_url, path)
    assert added == n_posts
    assert peak_mb < 300
    _, unchanged, again_s, again_mb = measured(settings.database_url, path)
    assert unchanged == n_posts
    assert again_mb < 300
    sys.stdout.write(
        f"\n{n_bytes:,} bytes, {n_posts:,} posts: {seconds:.0f} s, {peak_mb:.0f} MB;"
        f" again: {again_s:.0f} s, {again_mb:.0f} MB\n"
    )
    [counted] = await rows("SELECT sum(comment_count)::int AS n FROM posts")
    assert counted["n"] == 6 * n_posts
