import pytest

from evalspec.source import pointers

TREE = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 2, "01": 3, "o": {"p": [{"q": 4}]}}


# The first ones are the examples of RFC 6901 §5.
@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", TREE),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/~01", 2),
        ("/01", 3),
        ("/o/p/0/q", 4),
    ],
)
def test_get(pointer: str, value: object) -> None:
    assert pointers.get(TREE, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    ["/nope", "/foo/2", "/foo/-1", "/foo/00", "/foo/x", "/foo/0/deep", "/foo/²", "/foo/" + "9" * 5000],
)
def test_get_says_when_nothing_is_there(pointer: str) -> None:
    with pytest.raises(KeyError):
        pointers.get(TREE, pointer)


@pytest.mark.parametrize("parts", [(), ("a",), ("a/b", "~", "~1", "", "é"), ("~0", "/")])
def test_split_undoes_join(parts: tuple[str, ...]) -> None:
    assert pointers.split(pointers.join("", *parts)) == parts


def test_join_below_and_with_positions() -> None:
    assert pointers.join("/items", 0, "a/b") == "/items/0/a~1b"


def test_split_refuses_what_is_no_pointer() -> None:
    with pytest.raises(ValueError, match="starts with '/'"):
        pointers.split("a/b")


@pytest.mark.parametrize(("pointer", "parent"), [("", None), ("/a", ""), ("/a/0", "/a")])
def test_parent(pointer: str, parent: str | None) -> None:
    assert pointers.parent(pointer) == parent


def test_walk_is_in_the_order_of_the_file() -> None:
    tree = {"b": [1, {"c": 2}], "a": {}}
    assert [pointer for pointer, _ in pointers.walk(tree)] == ["", "/b", "/b/0", "/b/1", "/b/1/c", "/a"]
