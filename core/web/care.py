"""What looking after people takes: the list, what the team knows, what they have and left, who is one, the log."""

from __future__ import annotations

from core.data import audit, dossier, footprints, modules, proof, roster, same_person, telling
from core.web import eyes

__all__ = ["audit", "dossier", "eyes", "footprints", "modules", "proof", "roster", "same_person", "telling"]
