"""A company's address book: the same pages for its own admins and for staff, each below their own address."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, addresses, forms, people, record_act, redirect, render, requires, transaction
from parlour import gettext as _

from . import mine, service

blueprint = Blueprint("companies_book", __name__)
FORM = forms.load(addresses.SCHEMA, id="companies.address")
WORDS = tuple(FORM.names)


@dataclass(frozen=True)
class Book:
    """Whose book it is: the company, its key, where its pages begin, and whether whoever asks keeps it."""

    company: Any
    key: int
    path: str
    staff: bool
    keeps: bool = True

    @property
    def here(self) -> str:
        """The book's own address."""
        return f"{self.path}/addresses"


def _own(identifier: str) -> Book:
    company = mine.my(identifier)
    return Book(company, company.company_id, mine.path(company), staff=False)


def _staff(identifier: str) -> Book:
    row = people.company(identifier)
    return Book(row, row.id, f"/companies/{row.identifier}", staff=True, keeps=service.may("manage"))


def country(row: Any) -> str:
    """Say which country an address is in."""
    return "".join(text for _label, text in forms.told(FORM, {"country": row.country}, ["country"]))


def _list(book: Book, bound: Any = None, status: int = 200) -> Response:
    return render("companies/addresses-staff.html" if book.staff else "companies/addresses.html", status=status,
                  book=book, company=book.company, row=book.company, path=book.path, rows=addresses.of(book.key),
                  may_configure=service.may_configure() if book.staff else False,
                  written=addresses.written, country=country, form=bound or FORM.bind())


def _add(book: Book) -> Response:
    try:
        with transaction():
            made = addresses.add(book.key, FORM.clean(request.form))
            _note(book, "address.added", made.label)
    except Invalid as error:
        return _list(book, FORM.bind(request.form, error.errors), 422)
    return redirect(book.here, message=_("%(name)s is in the address book.", name=made.label))


def _note(book: Book, act: str, label: str) -> None:
    record_act(f"company.{act}", book.company.identifier, address=label)


def _one(book: Book, row: Any, bound: Any = None, status: int = 200) -> Response:
    return render("companies/address-staff.html" if book.staff else "companies/address.html", status=status,
                  book=book, company=book.company, row=book.company, path=book.path, address=row,
                  may_configure=service.may_configure() if book.staff else False,
                  form=bound or FORM.bind({name: getattr(row, name) for name in WORDS}))


def _change(book: Book, row: Any) -> Response:
    try:
        with transaction():
            addresses.change(row, FORM.clean(request.form))
            _note(book, "address.changed", row.label)
    except Invalid as error:
        return _one(book, row, FORM.bind(request.form, error.errors), 422)
    return redirect(book.here, message=_("Saved."))


def _remove(book: Book, row: Any) -> Response:
    with transaction():
        addresses.remove(row)
        _note(book, "address.removed", row.label)
    return redirect(book.here, message=_("%(name)s is out of the address book.", name=row.label))


@blueprint.get("/account/company/<identifier>/addresses")
@requires("companies.own")
def own_list(identifier: str) -> Response:
    """Show your company's address book."""
    return _list(_own(identifier))


@blueprint.post("/account/company/<identifier>/addresses")
@requires("companies.own")
def own_add(identifier: str) -> Response:
    """Add an address of your company."""
    return _add(_own(identifier))


@blueprint.get("/account/company/<identifier>/addresses/<public_id>")
@requires("companies.own")
def own_one(identifier: str, public_id: str) -> Response:
    """Show one address of your company."""
    book = _own(identifier)
    return _one(book, addresses.one(public_id, book.key))


@blueprint.post("/account/company/<identifier>/addresses/<public_id>")
@requires("companies.own")
def own_change(identifier: str, public_id: str) -> Response:
    """Change an address of your company."""
    book = _own(identifier)
    return _change(book, addresses.one(public_id, book.key))


@blueprint.post("/account/company/<identifier>/addresses/<public_id>/remove")
@requires("companies.own")
def own_remove(identifier: str, public_id: str) -> Response:
    """Take an address of your company out of the book."""
    book = _own(identifier)
    return _remove(book, addresses.one(public_id, book.key))


@blueprint.get("/companies/<identifier>/addresses")
@requires("companies.view")
def list_(identifier: str) -> Response:
    """Show a company's address book."""
    return _list(_staff(identifier))


@blueprint.post("/companies/<identifier>/addresses")
@requires("companies.manage")
def add(identifier: str) -> Response:
    """Add an address of a company."""
    return _add(_staff(identifier))


@blueprint.get("/companies/<identifier>/addresses/<public_id>")
@requires("companies.manage")
def one(identifier: str, public_id: str) -> Response:
    """Show one address of a company."""
    book = _staff(identifier)
    return _one(book, addresses.one(public_id, book.key))


@blueprint.post("/companies/<identifier>/addresses/<public_id>")
@requires("companies.manage")
def change(identifier: str, public_id: str) -> Response:
    """Change an address of a company."""
    book = _staff(identifier)
    return _change(book, addresses.one(public_id, book.key))


@blueprint.post("/companies/<identifier>/addresses/<public_id>/remove")
@requires("companies.manage")
def remove(identifier: str, public_id: str) -> Response:
    """Take an address of a company out of its book."""
    book = _staff(identifier)
    return _remove(book, addresses.one(public_id, book.key))
