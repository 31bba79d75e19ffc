import os

import pytest

from nbexchange.plugin.folders import fresh_folder, share_with_group, swap_in, write_file


def test_a_fresh_folder_is_hidden_beside_its_target_and_gone_afterwards(tmp_path):
    target = tmp_path / "student" / "ps1"
    with fresh_folder(str(target)) as folder:
        assert os.path.dirname(folder) == str(target.parent)
        assert os.path.basename(folder).startswith(".")
    assert list(target.parent.iterdir()) == []


def test_a_folder_takes_the_place_of_another(tmp_path):
    target = tmp_path / "ps1"
    target.mkdir()
    (target / "old").write_text("")
    with fresh_folder(str(target)) as folder:
        open(os.path.join(folder, "new"), "w").close()
        swap_in(folder, str(target))
    assert [path.name for path in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_where_a_folder_cannot_come_the_old_one_stays(tmp_path):
    target = tmp_path / "ps1"
    target.mkdir()
    (target / "old").write_text("")
    with pytest.raises(OSError):
        swap_in(str(tmp_path / "missing"), str(target))
    assert [path.name for path in target.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ps1").symlink_to(tmp_path / "elsewhere")
    with fresh_folder(str(tmp_path / "ps1")) as folder:
        swap_in(folder, str(tmp_path / "ps1"))
    assert (tmp_path / "elsewhere").is_dir()
    assert not (tmp_path / "ps1").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"elsewhere", "ps1"}


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "a" / "b.html"
    write_file(str(path), b"one")
    write_file(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path):
    (tmp_path / "b.html").mkdir()
    with pytest.raises(OSError):
        write_file(str(tmp_path / "b.html"), b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["b.html"]


def test_the_longest_name_that_a_folder_can_have_is_none_too_long(tmp_path):
    target = tmp_path / ("n" * 255)
    with fresh_folder(str(target)) as folder:
        swap_in(folder, str(target))
    assert list(tmp_path.iterdir()) == [target]


def test_the_group_may_read_and_write_all_of_a_shared_folder(tmp_path):
    below = tmp_path / "ps1" / "data"
    below.mkdir(parents=True)
    modes = {tmp_path / "ps1": (0o700, 0o2770), below: (0o755, 0o2775)}
    for name, mode, shared in (("a", 0o600, 0o660), ("run", 0o755, 0o775), ("odd", 0o4640, 0o660)):
        (below / name).touch()
        modes[below / name] = (mode, shared)
    for path, (mode, _) in modes.items():
        path.chmod(mode)
    share_with_group(str(tmp_path / "ps1"))
    assert {path: path.stat().st_mode & 0o7777 for path in modes} == {
        path: shared for path, (_, shared) in modes.items()
    }
