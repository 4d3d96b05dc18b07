"""What a chosen password may be: NIST SP 800-63B says length and no common ones, and no rules about characters."""

import pytest

from core.data import passwords

ABOUT = ("own@example.com", "Thomas Hardy", None, "", "Acme Support")


@pytest.mark.parametrize(("password", "fault"), [
    ("a b c d e", "length"), ("quiet1", "length"), ("é" * 9, "length"),
    ("password123", "common"), ("Password2026!", "common"), ("P@ssw0rd2026", "common"), ("qwertyuiop", "common"),
    ("1234567890", "common"), ("0987654321", "common"), ("abcdefghijkl", "common"), ("aaaaaaaaaaaa", "common"),
    ("passwordpassword", "common"), ("iloveyou 2026", "common"), ("1q2w3e4r5t", "common"),
    ("ｐａｓｓｗｏｒｄ１２３", "common"), ("thomashardy99", "own"), ("Thomas-1234567", "own"),
    ("own@example.com", "own"), ("OWN@EXAMPLE.COM!", "own"), ("acme support 1", "own"), ("x" * 257, "longest"),
    ("quiet rivers run deep", ""), ("seven green kettles", ""), ("8491726350", ""), ("rj7kLw9zQ1", ""),
    ("ünsäglich schön", ""), ("пять зелёных чайников", ""), ("my dear thomas hardy", ""), ("x1" + "ab7!" * 60, ""),
])
def test_length_and_rarity_count_nothing_else(password, fault):
    assert passwords.weakness(password, 10, ABOUT) == fault


def test_the_list_is_read_whole():
    assert len(passwords.common()) > 8000
    assert {"password", "qwertyuiop", "letmein"} <= passwords.common()
    assert not any(one.startswith("#") for one in passwords.common())


def test_what_looks_the_same_on_two_keyboards_is_the_same():
    composed, apart = "caf\u00e9 au lait noir", "cafe\u0301 au lait noir"
    assert passwords.check_password(passwords.hash_password(composed), apart)
    assert not passwords.check_password(passwords.hash_password(composed), "cafe au lait noir")
    assert not passwords.check_password(None, composed)
    assert not passwords.check_password("nonsense", composed)


def test_a_short_code_is_hashed_slowly_and_comparably():
    assert passwords.stretch("abcde", "0" * 32) == passwords.stretch("abcde", "0" * 32)
    assert passwords.stretch("abcde", "1" * 32) != passwords.stretch("abcde", "0" * 32)
