"""Mail out to servers that refuse, hang, drip, lie about who they are, or take the letter."""


from __future__ import annotations

import email
import email.policy
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from core.errors import ConfigError
from core.work.mail import Letter, compose
from core.work.transport import Later, Never, Smtp, transport
from support import needs
from support.pace import within

SENDER = "Acme Support <support@acme.example>"
SECRET = b"s" * 32
PASSWORD = "p@ss/word-42"


def letter(**changes):
    values = {"to_address": "ana@customer.example", "to_name": "Ana", "subject": "Your request",
              "text": "Hello\n", "message_id": "<one@acme.example>"}
    return Letter(**{**values, **changes})


def as_received(message):
    return email.message_from_bytes(message.as_bytes(), policy=email.policy.default)


class Box:
    """An aiosmtpd handler that answers as it is told and keeps what it takes."""

    def __init__(self, **answers):
        self.answers, self.envelopes = answers, []

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.answers.get("data", "250 OK")
        if answer.startswith("250"):
            self.envelopes.append(envelope)
        return answer


@contextmanager
def serving(box, **options):
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def sent(url, tmp_path, **changes):
    transport(url, tmp_path / "mail").send(compose(letter(**changes), SENDER))


def test_accepted(tmp_path):
    box = Box()
    with serving(box) as port:
        sent(f"smtp://127.0.0.1:{port}", tmp_path, subject="Grüße", to_name="Jörg Müller",
             to_address="jm@bücher.example", text="one\n.\n..two\n.", html="<p>ä</p>")
    (envelope,) = box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("support@acme.example", ["jm@xn--bcher-kva.example"])
    read = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (read["Subject"], read["To"].addresses[0].display_name) == ("Grüße", "Jörg Müller")
    assert read.get_body(("plain",)).get_content().split() == ["one", ".", "..two", "."]


@pytest.mark.parametrize(("stage", "answer", "outcome"), [
    ("mail", "450 busy", Later), ("rcpt", "450 greylisted", Later), ("data", "451 try again", Later),
    ("rcpt", "421 going down", Later), ("data", "452 full", Later), ("mail", "530 sign in first", Later),
    ("mail", "550 sender", Never), ("rcpt", "550 no such person", Never), ("data", "554 looks like spam", Never)])
def test_refused(tmp_path, stage, answer, outcome):
    box = Box(**{stage: answer})
    with serving(box) as port, pytest.raises(outcome) as failed:
        sent(f"smtp://127.0.0.1:{port}", tmp_path)
    assert type(failed.value) is outcome
    assert failed.value.code == answer[:3]
    assert answer[4:] in failed.value.reason
    assert box.envelopes == []


def test_nobody_listens(tmp_path):
    with pytest.raises(Later) as failed:
        sent(f"smtp://127.0.0.1:{free_port()}", tmp_path)
    assert failed.value.code == "refused"


def test_unknown_name(tmp_path, monkeypatch):
    def nobody(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(Later) as failed:
        sent("smtp://mail.nowhere.example", tmp_path)
    assert failed.value.code == "dns"


def test_resolver_that_hangs(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(5) and [])
    with within(2), pytest.raises(Later) as failed:
        Smtp("mail.nowhere.example", 25, budget=0.3).send(compose(letter(), SENDER))
    release.set()
    assert failed.value.code == "dns"


@contextmanager
def scripted(talk):
    """A raw server; `talk(connection, file)` plays it for one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as file, suppress(OSError):
            talk(connection, file)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        assert not thread.is_alive()


def until_gone(connection):
    connection.settimeout(10)
    while connection.recv(4096):
        pass


def drip(connection, text=b"250-more\r\n" * 1000):
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def whole_conversation(connection, file, end):
    connection.sendall(b"220 hello\r\n")
    for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        file.readline()
        connection.sendall(answer)
    while file.readline() not in {b".\r\n", b""}:
        pass
    end(connection)


@pytest.mark.parametrize(("talk", "code"), [
    (lambda connection, file: until_gone(connection), "timeout"),
    (lambda connection, file: drip(connection, b"220-hello\r\n" * 1000), "timeout"),
    (lambda connection, file: (connection.sendall(b"220 hello\r\n"), drip(connection)), "timeout"),
    (lambda connection, file: whole_conversation(connection, file, until_gone), "unsure"),
    (lambda connection, file: whole_conversation(connection, file, drip), "unsure"),
    (lambda connection, file: whole_conversation(connection, file, lambda _: None), "unsure"),
    (lambda connection, file: connection.sendall(b"220 hello\r\n"), "closed"),
    (lambda connection, file: connection.sendall(b"421 too busy\r\n"), "421"),
    (lambda connection, file: connection.sendall(b"554 not for you\r\n"), "554"),
    (lambda connection, file: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "closed"),
    (lambda connection, file: connection.sendall(b"\xff" * 100_000), "500"),
])
def test_servers_that_hang_drip_or_hang_up(talk, code):
    with within(2), scripted(talk) as port, pytest.raises(Later) as failed:
        Smtp("127.0.0.1", port, budget=0.6).send(compose(letter(), SENDER))
    assert failed.value.code == code


def test_hang_after_the_letter_was_taken_is_no_failure():
    def talk(connection, file):
        whole_conversation(connection, file, lambda one: (one.sendall(b"250 taken\r\n"), time.sleep(0.5)))

    with scripted(talk) as port:
        Smtp("127.0.0.1", port, budget=5).send(compose(letter(), SENDER))


# --- encryption and passwords ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that no system trusts."""
    if shutil.which("openssl") is None:
        needs.missing("openssl", "It makes the certificate of these tests: install it with the system's packages.")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", path, "-out", path.with_suffix(".crt")], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def accept_password(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


def address(port, password=PASSWORD, options=""):
    return f"smtp://robot:{password.replace('@', '%40').replace('/', '%2F')}@localhost:{port}{options}"


def test_signed_in_over_verified_starttls(tmp_path, certificate, server_tls):
    box = Box()
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(box, tls_context=server_tls, authenticator=accept_password, auth_required=True) as port:
        transport(address(port), tmp_path, trusting).send(compose(letter(), SENDER))
        assert len(box.envelopes) == 1
        with pytest.raises(Later) as failed:
            transport(address(port, "wrong-secret"), tmp_path, trusting).send(compose(letter(), SENDER))
    assert failed.value.code == "auth"
    assert "wrong-secret" not in str(failed.value)


@pytest.mark.parametrize("options", ["", "?starttls=required", "?starttls=opportunistic"])
def test_untrusted_certificate_gets_neither_password_nor_letter(tmp_path, server_tls, options):
    seen = []

    def authenticate(*args):
        seen.append(args)
        return AuthResult(success=True)

    box = Box()
    with serving(box, tls_context=server_tls, authenticator=authenticate) as port, pytest.raises(Later) as failed:
        sent(address(port, options=options), tmp_path)
    assert failed.value.code == "tls"
    assert "certificate" in failed.value.reason
    assert (box.envelopes, seen) == ([], [])


def test_wrong_name_in_certificate(tmp_path, certificate, server_tls):
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(Box(), tls_context=server_tls) as port, pytest.raises(Later) as failed:
        transport(f"smtp://127.0.0.1:{port}", tmp_path, trusting).send(compose(letter(), SENDER))
    assert failed.value.code == "tls"


def test_stripped_starttls_gets_no_password(tmp_path):
    with serving(Box(), authenticator=accept_password, auth_require_tls=False) as port:
        with pytest.raises(Later) as failed:
            sent(address(port), tmp_path)
        assert failed.value.code == "tls"
        sent(address(port, options="?starttls=none"), tmp_path)  # the operator said so


def test_tls_from_the_first_byte(tmp_path, certificate, server_tls):
    def talk(connection, file):
        with server_tls.wrap_socket(connection, server_side=True) as secure, secure.makefile("rb") as lines:
            whole_conversation(secure, lines, lambda one: one.sendall(b"250 taken\r\n"))

    with scripted(talk) as port:
        transport(f"smtps://localhost:{port}", tmp_path, ssl.create_default_context(cafile=str(certificate))).send(
            compose(letter(), SENDER))
    with scripted(talk) as port, pytest.raises(Later) as failed:
        sent(f"smtps://localhost:{port}", tmp_path)
    assert failed.value.code == "tls"


@pytest.mark.parametrize("talk", [
    lambda connection, file: until_gone(connection),
    lambda connection, file: drip(connection, b"\x16\x03\x03\x40\x00" + b"\x02" * 1000)])
def test_slow_handshake_ends_in_time(talk):
    with within(2), scripted(talk) as port, pytest.raises(Later) as failed:
        Smtp("127.0.0.1", port, tls=True, budget=0.6).send(compose(letter(), SENDER))
    assert failed.value.code == "timeout"


def test_a_server_that_repeats_the_password_is_not_repeated(caplog):
    def talk(connection, file):
        connection.sendall(b"220 hello\r\n")
        file.readline()
        connection.sendall(b"250-hi\r\n250 AUTH PLAIN\r\n")
        given_words = file.readline().split()[-1]
        connection.sendall(b"535 no: " + given_words + b" " + PASSWORD.encode() + b"\r\n")
        until_gone(connection)

    caplog.set_level(logging.DEBUG)
    with scripted(talk) as port, pytest.raises(Later) as failed:
        out = Smtp("127.0.0.1", port, "robot", PASSWORD, starttls="none", budget=5)
        assert PASSWORD not in repr(out)
        out.send(compose(letter(), SENDER))
    assert failed.value.code == "auth"
    assert failed.value.reason.count("***") == 2
    assert PASSWORD not in failed.value.reason + caplog.text
    assert failed.value.__suppress_context__


@pytest.mark.parametrize("url", [
    f"http://robot:{PASSWORD}@x.example", "mail.example:25", f"smtp://robot:{PASSWORD}@x.example:99999", "smtp://",
    "smtp://x.example/?starttls=maybe", "smtp://x.example?debug=1", "smtp://x.example?starttls", "smtp://[::1"])
def test_misconfigured(tmp_path, url):
    with pytest.raises(ConfigError) as failed:
        transport(url, tmp_path)
    assert "installation.mail.smtp" in str(failed.value)
    assert PASSWORD not in str(failed.value)


def test_ports_and_defaults(tmp_path):
    def read(url):
        made = transport(url, tmp_path)
        return made.host, made.port, made.user, made.password, made.tls, made.starttls

    assert read("smtp://mail.example") == ("mail.example", 25, "", "", False, "opportunistic")
    assert read("smtp://a%40b:p%2F@mail.example") == ("mail.example", 587, "a@b", "p/", False, "required")
    assert read("smtps://u:p@mail.example?starttls=none") == ("mail.example", 465, "u", "p", True, "none")
