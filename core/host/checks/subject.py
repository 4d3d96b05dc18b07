"""One plugin under check: its manifest, kinds and routes, and what has been found about it so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from werkzeug.routing import Rule as Route

from core.host.checks.rules import Finding
from core.host.rehearsal import Rehearsal
from core.parts import Kind, Manifest


@dataclass
class Subject:
    """A plugin's folder and what is known about it; `manifest` is None where it cannot be read."""

    path: Path
    manifest: Manifest | None = None
    id: str = ""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, found: Iterable[Finding]) -> None:
        """Keep findings, each once."""
        for one in found:
            if one not in self.findings:
                self.findings.append(one)

    def find(self, code: str, place: str, message: str) -> None:
        """Keep one finding."""
        self.add([Finding(code, place, message)])

    def kinds(self, rehearsal: Rehearsal) -> list[Kind]:
        """Give the kinds of record it owns."""
        return [kind for kind in rehearsal.portal.built.registry.kinds.values() if kind.plugin == self.id]

    def routes(self, rehearsal: Rehearsal, method: str) -> list[Route]:
        """Give the routes of its own pages that answer a method, by address."""
        owners = rehearsal.app.owners  # type: ignore[attr-defined]
        found = [rule for rule in rehearsal.app.url_map.iter_rules()
                 if owners.get(str(rule.endpoint).rpartition(".")[0], ("",))[0] == self.id
                 and method in (rule.methods or ())]
        return sorted(found, key=lambda rule: rule.rule)

    def steps(self, rehearsal: Rehearsal) -> tuple[str, ...]:
        """Give the first steps of its addresses."""
        return tuple({rule.rule.split("/")[1] for method in ("GET", "POST")
                      for rule in self.routes(rehearsal, method)})
