"""A device that makes and uses passkeys, in software, so that tests can also make it lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(written: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


@dataclass
class Authenticator:
    """One device with one passkey. `flags` and `counter` are what it says of itself next time."""

    origin: str = "http://localhost:8000"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    rp: str = ""
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: Mapping[str, Any]) -> str:
        """Answer what a page asks for a new passkey; the form's `credential`."""
        self.rp, self.handle = self.rp or options["rp"]["id"], self.handle or data(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        about = self._about(ATTESTED) + bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about})
        return self._sent({"clientDataJSON": text(self._client("webauthn.create", options)),
                           "attestationObject": text(attested), "transports": ["internal", "nonsense"]})

    def use(self, options: Mapping[str, Any]) -> str:
        """Answer what a page asks to sign in with; the form's `credential`."""
        about, client = self._about(), self._client("webauthn.get", options)
        signed = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._sent({"clientDataJSON": text(client), "authenticatorData": text(about),
                           "signature": text(signed), "userHandle": text(self.handle)})

    def _about(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.rp.encode()).digest() + bytes([self.flags | more]) + self.counter.to_bytes(4)

    def _client(self, kind: str, options: Mapping[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin,
                           "crossOrigin": False}).encode()

    def _sent(self, response: Mapping[str, Any]) -> str:
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key",
                           "response": response, "clientExtensionResults": {}})
