"""The weather at the tenant's place, on the home page."""

import json
import time
import urllib.request
from functools import lru_cache

from parlour import N_, Panel, current, hook, piece

HALF_AN_HOUR = 1800
PATIENCE = 0.8
"""Seconds: a card has one, and the home page waits for nobody."""


@lru_cache(maxsize=100)
def asked(source, _half_hour):
    """Give the temperature in degrees Celsius, asked once per half hour. Raises OSError, ValueError, KeyError."""
    with urllib.request.urlopen(source, timeout=PATIENCE) as answer:
        return round(float(json.load(answer)["current"]["temperature_2m"]))


def card():
    """Draw the card; nothing where the service is away: no weather is better than an error."""
    settings = current().settings.features["weather"].settings
    try:
        degrees = asked(settings["source"], int(time.time() // HALF_AN_HOUR))
    except (OSError, ValueError, KeyError):
        return None
    return piece("weather/card.html", place=settings["place"], degrees=degrees)


@hook
def panels():
    """Give the card."""
    return [Panel("weather.now", N_("Weather"), "weather.view", card, order=80)]
