"""The schemas and their messages: everything wrong is named at once, by line, with the likely word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.config.agreement import review
from core.config.loader import read
from core.config.manifests import manifest, plugin_schema
from core.config.mistakes import check, fit
from core.config.schemas import portal_schema, theme_schema
from core.errors import ConfigError
from core.host.discover import discover
from core.parts import ROLES, Manifest, Nav
from support.config_cases import KB, MANIFESTS, TICKETS

SCHEMA = portal_schema(MANIFESTS)
DEMO = Path(__file__).parents[2] / "portal.yaml"


def found(text: str, **env: str) -> list[str]:
    return [str(problem) for problem in check(read(text, "portal.yaml", env), SCHEMA)]


def test_the_demo_configuration_has_no_mistake() -> None:
    document = read(DEMO.read_bytes(), "portal.yaml", {})
    assert review({"portal.yaml": document}, {one.id: one for one in discover([]).manifests}) == []


def test_all_mistakes_at_once_each_with_place_and_cure() -> None:
    text = """name: 5
url: support.acme.example
hots: [a]
status: aktive
features:
  tickts: on
  tickets:
    statuses:
      - {name: New, maps_to: wating}
  kb: {audience: pubic}
access: {registration: opn}
theme: {accent: red}
time_zone: Europe/Berln
companies: {alfki: {visible_since: 2026-1-1}}
languages: {offered: []}
security: {password_length: 4}
"""
    assert found(text) == [
        'portal.yaml:1:7 name: 5 stands where text belongs. Put it in quotes: "5".',
        "portal.yaml:2:6 url: 'support.acme.example' does not fit. Write it like https://support.example.com.",
        "portal.yaml:3:1 hots: 'hots' is not known here. Did you mean 'hosts'?",
        "portal.yaml:4:9 status: 'aktive' is not one of maintenance, active, disabled. Did you mean 'active'?",
        "portal.yaml:6:3 features.tickts: no plugin that can be switched is called 'tickts'. "
        "Did you mean 'tickets'?",
        "portal.yaml:9:30 features.tickets.statuses[0].maps_to: 'wating' is not one of open, in_progress, "
        "waiting, resolved, closed. Did you mean 'waiting'?",
        "portal.yaml:10:18 features.kb.audience: 'pubic' is not one of public, customers, off. "
        "Did you mean 'public'?",
        "portal.yaml:11:24 access.registration: 'opn' is not one of invitation, open, off. Did you mean 'open'?",
        "portal.yaml:12:17 theme.accent: 'red' does not fit. Write it like #0f766e.",
        "portal.yaml:13:12 time_zone: 'Europe/Berln' is not a time zone such as Europe/Berlin. "
        "Did you mean 'Europe/Berlin'?",
        "portal.yaml:14:36 companies.alfki.visible_since: '2026-1-1' does not fit. "
        "Write it like all or new or 2026-01-31.",
        "portal.yaml:15:13 languages.offered: The list is too short; at least 1 entries are needed.",
        "portal.yaml:16:29 security.password_length: 4 is too small; 8 is the least.",
    ]


def test_a_value_that_a_comment_swallowed_is_named_with_the_cure() -> None:
    hint = "In YAML, # begins a comment: put the"
    assert found("name: A\nurl: https://a.example\ntheme:\n  accent: #7c3aed\n") == [
        f"portal.yaml:4:3 theme.accent: an empty value stands where text belongs. {hint} colour in quotes."]
    assert found("name: # ours\nurl: https://a.example\n") == [
        f"portal.yaml:1:1 name: an empty value stands where text belongs. {hint} value in quotes."]
    assert found("name:\nurl: https://a.example # ours\n") == [
        "portal.yaml:1:1 name: an empty value stands where text belongs."]


@pytest.mark.parametrize("switch", ["on", "off", "true", "{enabled: on}", "{reopen_days: 3}", ""])
def test_a_feature_is_a_switch_or_a_mapping(switch: str) -> None:
    assert found(f"features: {{tickets: {switch}}}\n") == []


def test_yes_is_not_a_switch_and_the_cure_is_named() -> None:
    assert found("features: {tickets: yes}\n") == [
        "portal.yaml:1:21 features.tickets: 'yes' stands where on or off belongs. Write on."]


@pytest.mark.parametrize(
    "mode", ["open", "invitation", "off", "{mode: off}", "{mode: open, domains: [a.example]}"])
def test_registration_is_a_word_or_a_mapping(mode: str) -> None:
    assert found(f"access: {{registration: {mode}}}\n") == []


@pytest.mark.parametrize("word", ["off", "ON", "true"])
def test_a_switch_in_quotes_is_a_word_and_the_cure_is_named(word: str) -> None:
    (told,) = found(f"features: {{tickets: '{word}'}}\n")
    assert told == (f"portal.yaml:1:21 features.tickets: '{word}' stands where on or off belongs. "
                    f"Write it without quotes: {word.lower()}.")


def test_a_word_off_stays_a_word_and_a_switch_off_a_switch() -> None:
    data = {"access": {"registration": False}, "features": {"kb": {"audience": False}, "tickets": False}}
    assert fit(data, SCHEMA) == {"access": {"registration": {"mode": "off"}},
                                 "features": {"kb": {"audience": "off"}, "tickets": {"enabled": False}}}


def test_a_key_in_the_wrong_group_is_shown_the_way() -> None:
    assert found("tickets: off\naccent: '#111111'\n") == [
        "portal.yaml:1:1 tickets: 'tickets' is not known here. Did you mean 'features.tickets'?",
        "portal.yaml:2:1 accent: 'accent' is not known here. Did you mean 'theme.accent'?"]


def test_a_tenant_has_the_same_keys_but_no_installation() -> None:
    text = "tenants:\n  acme:\n    theme: {accent: '#123456'}\n    installation: {}\n  Bad Slug: {}\n"
    lines = found(text)
    assert lines[0].startswith("portal.yaml:4:5 tenants.acme.installation: 'installation' is not known here.")
    assert lines[1].startswith("portal.yaml:5:3 tenants.Bad Slug:")
    assert len(lines) == 2


def test_secrets_and_values_from_the_environment_are_not_shown() -> None:
    text = "installation: {mail: {smtp: [hunter2]}}\nname: ${SECRET}\nfeatures: {tickets: {token: [hunter2]}}\n"
    shown = " ".join(found(text, SECRET="hunter2" * 50))
    assert "the value of SECRET is too long" in shown
    assert "hunter2" not in shown


def test_what_a_missing_plugin_has_set_is_kept_when_it_is_known_to_be_away() -> None:
    document = read("features: {broken: {a: [1]}, tickets: on}\ncompanies: {x: {features: {broken: off}}}\n",
                    "portal.yaml", {})
    assert len(review({"portal.yaml": document}, MANIFESTS)) == 2
    assert review({"portal.yaml": document}, MANIFESTS, away=["broken"]) == []


def test_fields_of_one_s_own_are_checked_in_their_short_words() -> None:
    good = """fields:
  people: {birthday: {type: date, label: Birthday}, nick: Nickname}
  companies: {site: {type: group, fields: {room: Room, floor: {type: number, whole: on}}}}
access: {registration: {mode: open, form: {fields: {plan: {type: choice, options: [a, b]}}}}}
"""
    assert found(good) == []
    assert found("fields: {people: {site: {type: group, fields: {room: {typ: text, type: dat}}}}}\n") == [
        "portal.yaml:1:55 fields.people.site.fields.room.typ: 'typ' is not known here. Did you mean 'type'?",
        "portal.yaml:1:72 fields.people.site.fields.room.type: 'dat' is not one of text, longtext, choice, "
        "several, checkbox, number, date, email, phone, country, money, quantity, file, files, group, "
        "rows, hidden. "
        "Did you mean 'date'?"]


def test_the_host_s_own_parts_have_no_switch() -> None:
    assert len(found("features: {signin: off}\n")) == 1


@pytest.mark.parametrize("path", ["../x.png", "/etc/passwd", "a/../../b", "http://evil.example/x", "a\\b"])
def test_files_stay_below_the_portal_folder(path: str) -> None:
    assert len(found(f"theme: {{logo: '{path}'}}\n")) == 1


@pytest.mark.parametrize("name", ["../../etc", "/abs", "a/b", "..", "A"])
def test_theme_names_are_names(name: str) -> None:
    assert len(found(f"theme: {{base: '{name}'}}\n")) == 1


@pytest.mark.parametrize("schema", [SCHEMA, plugin_schema(), theme_schema()])
def test_schemas_are_schemas_and_every_key_is_explained(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)

    def walk(node: dict[str, Any], path: str) -> None:
        if "$ref" not in node:
            assert node.get("title"), path
            assert "description" in node, path
        for name, inner in node.get("properties", {}).items():
            if "features." not in f"{path}.{name}":
                walk(inner, f"{path}.{name}")

    walk(schema, "")


KEYS = st.sampled_from(["name", "url", "hosts", "features", "tickets", "access", "registration", "theme",
                        "companies", "tenants", "installation", "languages", "x"])
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4) | st.floats(allow_nan=False)
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
                   max_leaves=8)


@given(st.dictionaries(KEYS, ANY, max_size=4))
def test_no_data_whatever_makes_the_check_fail_otherwise(data: dict[str, Any]) -> None:
    document = read("name: x\n", "portal.yaml", {})
    for problem in check(document, SCHEMA, data=data):
        assert problem.message


def test_a_plugin_s_manifest() -> None:
    text = """id: hello
title: Hello
version: 1.10
needs: [tickets]
permissions:
  view: everyone
  edit: {agent: all, company_admin: company}
  run: staff
navigation: [{title: Hello, path: /hello}]
settings: {properties: {greeting: {type: string, default: Hi}}}
"""
    read_ = manifest(read(text, "plugin.yaml", {}), Path("plugins/hello"))
    assert read_.id == "hello"
    assert read_.version == "1.10"
    assert read_.needs == ("tickets",)
    assert read_.default is False
    assert read_.permissions == {"view": dict.fromkeys(ROLES, "all"),
                                 "edit": {"agent": "all", "company_admin": "company"},
                                 "run": {"agent": "all", "admin": "all"}}
    assert read_.navigation == (Nav("Hello", "/hello", "hello.view", plugin="hello"),)


def test_a_manifest_s_mistakes_are_all_named() -> None:
    text = ("id: Hello\npermissions: {view: everybody, edit: {boss: all}}\nnavigation: [{path: x}]\n"
            "settings: {properties: {enabled: {type: boolean}, a: {type: txt}}}\n")
    with pytest.raises(ConfigError) as caught:
        manifest(read(text, "plugin.yaml", {}), Path())
    said = str(caught.value)
    for part in ("'title' is missing", "'everybody' is not one of everyone, signed-in, staff, admins",
                 "'boss' is not known here", "navigation[0]", "'enabled' is the switch itself",
                 "not JSON Schema"):
        assert part in said, part


def test_a_plugin_without_settings_takes_none() -> None:
    schema = portal_schema({"kb": Manifest("kb", "KB", Path())})
    assert len(check(read("features: {kb: {audience: x}}\n", "portal.yaml", {}), schema)) == 1
    assert {TICKETS.id, KB.id} < set(SCHEMA["properties"]["features"]["properties"])
