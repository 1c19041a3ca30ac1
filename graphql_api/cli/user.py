"""`graphql-api user` and `graphql-api token`: people, for an operator."""

import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from graphql_api.cli.database import run_with_database
from graphql_api.errors import OperatorError
from graphql_api.models import Role, Viewer
from graphql_api.services.change import Writer
from graphql_api.services.people import operators
from graphql_api.services.people.accounts import Registration, create_user
from graphql_api.services.people.people import People, people_of
from graphql_api.services.people.reseal import reseal as seal_anew
from graphql_api.services.permission import ANYBODY
from graphql_api.services.problem import RefusedError
from graphql_api.settings import Settings

app = typer.Typer(help="Make users, and change what they may do.", no_args_is_help=True)
token_app = typer.Typer(help="Make access tokens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]

ResultT = TypeVar("ResultT")

_LONGEST_LINE = 10_000


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.READER,
    email: Annotated[str | None, typer.Option(help="The user's address.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make a user who can log in; asks for the password.

    A user of that name who came with an import gets an account.
    """
    given = Registration(name, _password(from_stdin=password_stdin), email)
    _run(lambda writer, people: create_user(writer, people, given, role))
    typer.echo(f"{name.strip().lower()} is {_articled(role)}")


@app.command()
def promote(
    name: Name, role: Annotated[Role, typer.Argument(help="What the user may do from now on.")]
) -> None:
    """Give a user another role, which counts within a quarter of an hour."""
    _run(lambda writer, _people: operators.promote(writer, name, role))
    typer.echo(f"{name.strip().lower()} is {_articled(role)}")


@app.command("list")
def show() -> None:
    """List the users who can log in: name, role, and since when."""
    for user in _run(lambda writer, _people: operators.list_users(writer)):
        typer.echo(f"{user.username}\t{user.role}\t{user.since:%Y-%m-%d}")


@app.command()
def reseal() -> None:
    """Seal every address under the first of the data keys; exit code 1 when some stay as they were.

    Interrupted, it goes on where it was when it is run again.
    """
    summary = _run(lambda writer, people: seal_anew(writer.database, people.vault))
    typer.echo(f"addresses: {summary.done:,} sealed under the first key")
    left = []
    if summary.unreadable:
        left.append(f"{summary.unreadable:,} are sealed under a key that is not set, or damaged")
    if summary.doubled:
        left.append(f"{summary.doubled:,} are another user's under the first key")
    if left:
        raise OperatorError(f"some addresses stay as they were: {'; '.join(left)}")


@token_app.command()
def issue(
    name: Name,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long it is good for.")] = 15,
) -> None:
    """Print an access token of a user, for `Authorization: Bearer`; nobody can take it back."""
    lifetime = timedelta(minutes=minutes)
    typer.echo(
        _run(lambda writer, people: operators.issue_token(writer, people, name, lifetime)).text
    )


def _run(act: Callable[[Writer, People], Awaitable[ResultT]]) -> ResultT:
    """Let ``act`` write to the default tenant, as nobody in particular."""
    try:
        with people_of(Settings.load()) as people:
            return run_with_database(
                lambda database: act(Writer(database, Viewer(), None, ANYBODY, people), people)
            )
    except RefusedError as refused:
        raise OperatorError(str(refused)) from None


def _password(*, from_stdin: bool) -> str:
    """Read the password: a line of standard input, or what is typed twice, unseen."""
    if not from_stdin and not sys.stdin.isatty():
        raise OperatorError("there is no terminal to ask for a password; use --password-stdin")
    if not from_stdin:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    try:
        return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    except UnicodeDecodeError:
        raise OperatorError("the password is not text in UTF-8") from None


def _articled(role: Role) -> str:
    return f"{'an' if role.value[0] in 'ae' else 'a'} {role.value}"
