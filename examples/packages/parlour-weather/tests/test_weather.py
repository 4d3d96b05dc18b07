"""The card shows what the service says, and is missing where it is away."""

import io
import urllib.request

import pytest


@pytest.fixture
def service(monkeypatch):
    """A service that says 21 degrees, and remembers who was asked."""
    asked = []

    def answer(address, timeout):
        asked.append((address, timeout))
        return io.BytesIO(b'{"current": {"temperature_2m": 20.6}}')

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return asked


@pytest.mark.portal(features={"weather": {"enabled": True, "place": "Sylt", "source": "https://a.example/one"}})
def test_the_card_says_place_and_degrees_and_asks_once(service, as_customer):
    assert "Weather in Sylt" in as_customer.get("/").text
    assert "21 °C right now" in as_customer.get("/").text
    assert [address for address, _timeout in service] == ["https://a.example/one"]


def test_without_the_service_there_is_no_card_and_no_error(portal, as_customer):
    page = as_customer.get("/")
    assert page.status == 200
    assert "Weather in" not in page.text
    assert "weather" not in portal.portal.plugins.broken()


@pytest.mark.portal(features={"weather": {"enabled": True, "source": "https://a.example/two"}})
def test_guests_see_nothing_of_it(service, client):
    assert "Weather" not in client.get("/sign-in").text
