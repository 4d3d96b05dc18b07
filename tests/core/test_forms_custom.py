"""A form as a tenant wants it: custom fields, other labels and order, and mistakes told with their cure."""

from __future__ import annotations

import dataclasses

import pytest
import yaml
from jsonschema import Draft202012Validator
from werkzeug.datastructures import MultiDict

from core.errors import ConfigError, Invalid
from core.web import forms
from support.needs import ROOT

PERSON = forms.load({
    "title": "Person",
    "required": ["name", "email"],
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "phone": {"type": "string", "format": "phone", "title": "Phone"},
        "address": {"type": "object", "properties": {
            "street": {"type": "string"}, "city": {"type": "string", "title": "City"}}},
    },
}, id="person")


def problems(call, *arguments, **options):
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **options)
    return caught.value.problems


def test_a_tenant_requires_hides_renames_and_reorders():
    form = PERSON.adjusted(required=["phone", "address.city"], hidden=["address.street"],
                           labels={"phone": "Mobile"}, order=["email", "name"])
    assert [one.name for one in form.fields] == ["email", "name", "phone", "address"]
    assert form.required == ("email", "name", "phone", "address", "address.city")
    assert form.names == ("email", "name", "phone", "address", "address.city")
    assert form.bind()["phone"].label == "Mobile"
    with pytest.raises(Invalid) as caught:
        form.clean({"email": "a@b.example", "name": "A", "address": {"street": "x"}})
    assert {error.path: error.code for error in caught.value.errors} == {
        "phone": "required", "address.city": "required", "address.street": "unknown"}
    assert PERSON.adjusted(required={"email": False}).required == ("name",)


def test_adjusting_leaves_the_first_form_as_it_was():
    before = forms.as_json_schema(PERSON)
    PERSON.adjusted(required=["phone"], labels={"name": "Other"}, hidden=["email"])
    assert forms.as_json_schema(PERSON) == before
    with pytest.raises(TypeError):
        PERSON.schema["properties"]["name"]["title"] = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        PERSON.id = "x"


def test_custom_fields_are_fields_like_any_other():
    extra = forms.custom({
        "serial": {"type": "text", "label": "Serial number", "required": True, "help": "On the back."},
        "plan": {"type": "choice", "options": {"basic": "Basic", "pro": "Professional"}, "default": "basic"},
        "areas": {"type": "several", "options": ["north", "south"]},
        "seats": {"type": "number", "whole": True, "min": 1},
        "budget": {"type": "money", "currency": "JPY"},
        "proof": {"type": "files", "max_files": 2, "accept": ".pdf"},
        "site": {"type": "group", "label": "Site", "fields": {"room": {"label": "Room", "required": True}}},
        "nickname": "Nickname",
    })
    form = PERSON.adjusted(extra=extra)
    assert form.extras == ("serial", "plan", "areas", "seats", "budget", "proof", "site", "nickname")
    assert form.required == ("name", "email", "serial", "site.room")
    values = form.clean(MultiDict([("name", "A"), ("email", "a@b.example"), ("serial", "7"), ("areas", "south"),
                                   ("seats", "3"), ("budget", "1,250"), ("site.room", "12")]))
    own = {name: values.pop(name) for name in form.extras}
    assert own == {"serial": "7", "plan": "basic", "areas": ["south"], "seats": 3, "budget": 1250, "proof": [],
                   "site": {"room": "12"}, "nickname": ""}
    assert set(values) == {"name", "email", "phone", "address"}
    assert form.bind()["plan"].options[-1] == ("pro", "Professional")
    assert form.bind()["serial"].help == "On the back."


def test_custom_fields_may_be_a_list():
    assert list(forms.custom([{"name": "b", "type": "text"}, {"name": "a", "type": "date"}])) == ["b", "a"]
    assert forms.custom({}) == {} == forms.custom([])


@pytest.mark.parametrize(("fields", "path", "hint"), [
    ({"a": {"type": "txt"}}, "a.type", "Did you mean 'text'?"),
    ({"a": {"type": "text", "lable": "x"}}, "a.lable", "Did you mean 'label'?"),
    ({"a": {"type": "choice"}}, "a.enum", ""),
    ({"a": {"type": "choice", "options": "red"}}, "a.options", ""),
    ({"a": {"type": "choice", "options": [True, False]}}, "a.enum", ""),
    ({"a": {"type": "money", "currency": "eur"}}, "a.x-currency", ""),
    ({"_once": {"type": "text"}}, "_once", ""),
    ({"a.b": {"type": "text"}}, "a.b", ""),
    ({"a": 5}, "a", ""),
    ({"a": {"type": "text", "pattern": "("}}, "a.pattern", ""),
    ({"a": {"type": "text", "max_length": "long"}}, "a.maxLength", ""),
    ({"a": {"type": "text", "label": 5}}, "a.title", ""),
    ({"a": {"type": "number", "default": "many"}}, "a.default", ""),
    ({"a": {"type": "group", "fields": {"b": {"type": "nope"}}}}, "a.b.type", ""),
    ([{"type": "text"}], "0", ""),
    ("serial", "0", ""),
])
def test_mistakes_in_custom_fields_are_named(fields, path, hint):
    found = problems(forms.custom, fields, file="portal.yaml")
    assert path in [problem.path for problem in found]
    assert all(problem.message and problem.file == "portal.yaml" for problem in found)
    assert hint in [problem.hint for problem in found] or not hint


def test_all_mistakes_of_an_adjustment_are_told():
    found = problems(PERSON.adjusted, required=["fone"], hidden=["address.cty"], labels={"x": "y"}, order=["z"],
                     extra=forms.custom({"email": "Second"}))
    assert {problem.path for problem in found} == {"fone", "address.cty", "x", "z", "email"}
    assert "Did you mean 'city'?" in [problem.hint for problem in found]


@pytest.mark.parametrize(("schema", "path"), [
    ({"properties": {"a": {"type": "string", "allOf": []}}}, "a.allOf"),
    ({"properties": {"a": {"type": "string", "titel": "x"}}}, "a.titel"),
    ({"properties": {"a": {"type": "string", "x-wiget": "text"}}}, "a.x-wiget"),
    ({"properties": {"a": {"type": "string", "x-widget": "textt"}}}, "a"),
    ({"properties": {"a": {"type": ["string", "null"]}}}, "a.type"),
    ({"properties": {"a": {"type": "string", "x-widget": "number"}}}, "a.type"),
    ({"properties": {"a": {}}}, "a"),
    ({"properties": {"a": True}}, "a"),
    ({"properties": {"a": {"type": "array", "items": True}}}, "a.items"),
    ({"properties": {"a": {"type": "array", "items": {"type": "object"}}}}, "a.enum"),
    ({"properties": {"a": {"type": "object", "additionalProperties": True}}}, "a.additionalProperties"),
    ({"properties": {"a": {"enum": ["x"], "x-labels": ["X"]}}}, "a.x-labels"),
    ({"required": ["b"], "properties": {"a": {"type": "string"}}}, "b"),
    ({"type": "array", "properties": {}}, "type"),
    ({"propertys": {}}, "propertys"),
    ({"properties": []}, "properties"),
])
def test_mistakes_in_a_schema_are_named(schema, path):
    assert path in [problem.path for problem in problems(forms.load, schema, id="bad")]


def test_a_form_of_a_file_names_the_line(tmp_path):
    file = tmp_path / "new.yaml"
    file.write_text("title: New\nproperties:\n  subject:\n    type: string\n    titel: Subject\n"
                    "  place:\n    type: object\n    properties:\n      city: {type: strin}\n")
    found = problems(forms.load, file, id="new")
    assert [(problem.file, problem.line) for problem in found] == [(str(file), 9)]
    file.write_text(file.read_text().replace("strin}", "string, x-order: first}"))
    assert [(problem.line, problem.path) for problem in problems(forms.load, file, id="new")] == [
        (5, "subject.titel"), (9, "place.city.x-order")]
    file.write_text("title: New\nproperties:\n  answer:\n    enum: [yes, no]\n")
    form = forms.load(file, id="new")
    assert form.clean({"answer": "no"}) == {"answer": "no"}
    assert (form.id, form.title) == ("new", "New")


def test_the_schema_for_the_api_holds_nothing_of_ours():
    form = PERSON.adjusted(extra=forms.custom({"terms": {"type": "checkbox", "required": True},
                                               "proof": {"type": "files", "max_files": 3}}))
    schema = forms.as_json_schema(form)
    Draft202012Validator.check_schema(schema)
    assert "x-" not in str(schema)
    assert schema["required"] == ["name", "email", "terms"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["address"]["additionalProperties"] is False
    assert schema["properties"]["name"] == {"type": "string", "title": "Name", "maxLength": 255, "minLength": 1}
    assert schema["properties"]["terms"]["const"] is True
    assert schema["properties"]["proof"] == {
        "type": "array", "title": "Proof", "maxItems": 3, "items": {"type": "string", "format": "binary"}}


def test_the_examples_of_the_documentation_are_forms():
    text = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    schema, settings = (yaml.safe_load(block.split("```")[0]) for block in text.split("```yaml\n")[1:])
    form = forms.load(schema, id="docs").adjusted(
        required=["body"], hidden=["value"], labels={"subject": "What is it about?"}, order=["category"],
        extra=forms.custom(settings["fields"]))
    assert form.names[:2] == ("category", "subject")
    assert [widget for widget in forms.WIDGETS if f"`{widget}`" not in text] == []
