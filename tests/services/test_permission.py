"""Rules: whom a field is for, and what the others are told."""

import pytest

from graphql_api.models import Role, Scope, Viewer
from graphql_api.services.permission import CHANGE, USER, Reason, Rule
from graphql_api.services.problem import RefusedError

NOBODY, READER, EDITOR = Viewer(), Viewer(1, 7, Role.READER), Viewer(1, 8, Role.EDITOR)
BOTH = [Reason.NOT_OWNER, Reason.INSUFFICIENT_SCOPE]


@pytest.mark.parametrize(
    ("rule", "viewer", "owner_id", "reasons"),
    [
        (USER, NOBODY, None, [Reason.LOGIN_REQUIRED]),
        (USER, READER, None, []),
        (Rule(Scope.MODERATE), NOBODY, 0, [Reason.LOGIN_REQUIRED]),
        (Rule(Scope.MODERATE), READER, 7, [Reason.INSUFFICIENT_SCOPE]),
        (Rule(Scope.MODERATE), EDITOR, 7, []),
        (CHANGE, NOBODY, 0, [Reason.LOGIN_REQUIRED]),
        (CHANGE, READER, 7, []),
        (CHANGE, READER, 8, BOTH),
        (CHANGE, READER, None, BOTH),
        (CHANGE, EDITOR, None, []),
    ],
)
def test_a_rule_allows_just_where_it_has_no_reason_against_it(
    rule: Rule, viewer: Viewer, owner_id: int | None, reasons: list[Reason]
) -> None:
    assert rule.reasons(viewer, owner_id) == reasons
    assert rule.allows(viewer, owner_id) is (not reasons)
    if reasons:
        with pytest.raises(RefusedError):
            rule.check_owner(viewer, owner_id)
    else:
        rule.check_owner(viewer, owner_id)
