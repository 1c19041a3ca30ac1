"""Who runs PostgreSQL, which refuses to run as root.

An ordinary user runs it. Root runs it as the owner of the folder, or, where that is root or a
number without a name, as ``nobody``, who keeps one of root's capabilities: to pass through folders
closed to it (``/root``, a home, a private folder of ours). No account is made, and no permission of
a folder that is not ours is changed.
"""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from graphql_api.errors import OperatorError

# the milder first: a container's root often has the second alone; number is the bit in the kernel
CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True, slots=True)
class Account:
    """The id that owns the folder, the id PostgreSQL runs as, what makes a command run so."""

    owner: int
    server: int
    prefix: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the server must pass through a folder that its own user may not enter."""
        return self.owner != self.server

    def keep(self, path: Path) -> None:
        """Make ``path`` the owner's."""
        os.chown(path, self.owner, -1)

    def give(self, path: Path) -> None:
        """Make ``path`` the server's."""
        os.chown(path, self.server, -1)


def account_for(folder: Path) -> Account:
    """Choose the account for the server in ``folder``, which may not exist yet.

    Raises:
        OperatorError: root lacks the means to start a program as somebody else.
    """
    user = os.geteuid()
    if user != 0:
        return Account(user, user)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    owner = _named(existing.stat().st_uid)
    if owner is not None and owner.pw_uid != 0:
        return Account(owner.pw_uid, owner.pw_uid, _as_user(owner))
    nobody = pwd.getpwnam("nobody")
    capability = _capability()
    return Account(
        0,
        nobody.pw_uid,
        _as_user(nobody, f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"),
    )


def _named(user: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(user)
    except KeyError:  # initdb refuses a user without a name
        return None


def _as_user(user: pwd.struct_passwd, *options: str) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise OperatorError(
            "PostgreSQL refuses to run as root, and the command setpriv (package util-linux), "
            "which starts it as another user, is missing: run this as an ordinary user."
        )
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs")
    return (setpriv, *ids, *options, "--")


def _capability() -> str:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    effective = int(status.partition("CapEff:")[2].split()[0], base=16)
    for name, bit in CAPABILITIES.items():
        if effective >> bit & 1:
            return name
    raise OperatorError(
        "PostgreSQL refuses to run as root, and this root may not let another user into its "
        "folders (neither CAP_DAC_READ_SEARCH nor CAP_DAC_OVERRIDE): run this as an ordinary user."
    )
