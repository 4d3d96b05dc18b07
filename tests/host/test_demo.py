"""What a demo says about its people is true when it says it."""

from __future__ import annotations

from core.data import credentials, people, scope
from core.host import demo


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
