import pytest

from evalspec.diagnostics.errors import UsageError
from evalspec.langfuse_io.settings import missing_settings, settings_from

ENVIRON = {
    "LANGFUSE_BASE_URL": "https://langfuse.example.com/",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
    "LANGFUSE_SECRET_KEY": "sk-lf-1",
}


def test_settings_are_read_from_three_variables() -> None:
    settings = settings_from(ENVIRON)

    assert settings is not None
    assert settings.base_url == "https://langfuse.example.com"
    assert (settings.public_key, settings.secret_key) == ("pk-lf-1", "sk-lf-1")
    assert settings.host == "langfuse.example.com"


@pytest.mark.parametrize("name", sorted(ENVIRON))
def test_there_are_none_when_one_is_missing(name: str) -> None:
    environ = ENVIRON | {name: "  "}

    assert settings_from(environ) is None
    assert missing_settings(environ) == (name,)


def test_keys_do_not_show() -> None:
    text = repr(settings_from(ENVIRON))

    assert "lf-1" not in text
    assert "langfuse.example.com" in text


@pytest.mark.parametrize(
    "address", ["langfuse.example.com", "ftp://langfuse.example.com", "https://", "https://x:y"]
)
def test_an_address_that_is_none_is_an_error(address: str) -> None:
    with pytest.raises(UsageError, match="LANGFUSE_BASE_URL"):
        settings_from(ENVIRON | {"LANGFUSE_BASE_URL": address})


def test_user_and_password_in_an_address_are_dropped() -> None:
    settings = settings_from(ENVIRON | {"LANGFUSE_BASE_URL": "http://me:secret@[::1]:3000/sub/?q=1"})

    assert settings is not None
    assert settings.base_url == "http://[::1]:3000/sub"
    assert settings.host == "[::1]:3000"
