"""What a demo says about its people is true when it says it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from core.data import credentials, people, scope
from core.host import demo
from core.host.cli import main
from support.inside import disconnect


def test_a_password_that_was_changed_is_not_shown(inside, capsys):
    made = demo.make(inside.portal, keep=False)
    first, second = made["tenants"]["acme"]["people"][:2]
    with inside.scope(), scope.system("test"):
        row = people.by_address(first["address"])
        people.change_person(row.id, password=credentials.hash_password("seven green kettles"))
    demo.show(inside.portal)
    said = {words[1]: words[2] for line in capsys.readouterr().out.splitlines() if len(words := line.split()) == 3}
    assert said[first["address"]] == "(changed)"
    assert said[second["address"]] == second["password"]


@pytest.mark.engines("sqlite")
def test_a_portal_of_ones_own_gets_people_to_sign_in_as(tmp_path):
    """Before it is served, commands that need its tables say what to do, not what broke inside."""
    folder = tmp_path / "own"
    run = CliRunner()
    assert run.invoke(main, ["init", str(folder)]).exit_code == 0
    try:
        early = run.invoke(main, ["plugin", "list", "--portal", str(folder)])
        assert early.exit_code == 4
        assert len(early.output.splitlines()) == 2, early.output
        assert "parlour migrate" in early.output
        told = run.invoke(main, ["demo", "--json", "--portal", str(folder)])
        assert told.exit_code == 0, told.output
        signed = json.loads(told.output)["tenants"]["default"]["people"]
        assert {"admin", "agent", "company_admin"} <= {one["role"] for one in signed}
        listed = run.invoke(main, ["user", "list", "--json", "--portal", str(folder)])
        assert {one["address"] for one in signed} <= {one["address"] for one in json.loads(listed.output)}
        wrong = run.invoke(main, ["user", "create", "--name", "Eva", "--email", "eva@example.com", "--company",
                                  "alfred", "--portal", str(folder)])
        assert (wrong.exit_code, wrong.output) == (1, "There is no company 'alfred'. Did you mean 'alfreds'?\n")
        listed = run.invoke(main, ["user", "list", "--portal", str(folder)])
        assert "eva@example.com" not in listed.output
    finally:
        disconnect()
