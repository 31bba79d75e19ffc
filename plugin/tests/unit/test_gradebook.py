import pytest

from nbexchange.plugin.gradebook import details_of


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Augusta Ada  King", "Augusta Ada", "King"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Plato", "Plato", None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_a_full_name_is_split(full, first, last):
    details = details_of({"full_name": full})
    assert (details.get("first_name"), details.get("last_name")) == (first, last)


def test_only_what_is_known_is_written():
    assert details_of({"full_name": None, "email": "", "lms_user_id": "7"}) == {"lms_user_id": "7"}
