"""The rules `parlour plugin check` runs: code, name, what is demanded, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

PAGE = "docs/plugins/rules.md"


@dataclass(frozen=True)
class Rule:
    """One rule. `demand` is what has to hold, `mend` what to do where it does not."""

    code: str
    name: str
    demand: str
    mend: str

    @property
    def page(self) -> str:
        """Where it is explained."""
        return f"{PAGE}#{self.code.lower()}"


@dataclass(frozen=True)
class Finding:
    """One thing to change: under which rule, where, and what is wrong in words."""

    code: str
    place: str
    message: str

    @property
    def rule(self) -> Rule:
        """The rule it falls under."""
        return BY_CODE[self.code]

    def as_json(self) -> dict[str, Any]:
        """Give it for programs."""
        return {**asdict(self), "rule": self.rule.name, "mend": self.rule.mend, "page": self.rule.page}

    def __str__(self) -> str:
        """Read as one line: code, place, what is wrong, where it is explained."""
        return f"{self.code} {self.place}: {self.message} [{self.rule.page}]"


def _read() -> tuple[Rule, ...]:
    given = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))
    return tuple(Rule(code, said["name"], said["demand"], said["mend"]) for code, said in given.items())


RULES = _read()
BY_CODE = {rule.code: rule for rule in RULES}
