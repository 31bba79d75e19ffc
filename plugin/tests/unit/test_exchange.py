import errno

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from traitlets.config import Config

import nbexchange.plugin as plugin
from nbexchange.plugin.exchange import exact, matches
from nbexchange.plugin.failures import PlainFailure

OPERATIONS = (
    "ReleaseAssignment", "FetchAssignment", "Submit", "Collect", "ReleaseFeedback", "FetchFeedback", "List",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("NBEX_SERVICE_URL", "NAAS_BASE_URL", "JUPYTERHUB_API_TOKEN", "NBEX_TOKEN", "NAAS_JWT"):
        monkeypatch.delenv(name, raising=False)


def factory_config():
    config = Config()
    for operation in OPERATIONS:
        trait = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in operation).strip("_")
        config.ExchangeFactory[trait] = f"nbexchange.plugin.Exchange{operation}"
    config.ExchangeFactory.exchange = "nbexchange.plugin.Exchange"
    return config


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nbgrader_makes_our_classes_without_a_course_or_a_service(operation):
    made = getattr(ExchangeFactory(config=factory_config()), operation)(config=Config())
    assert type(made) is getattr(plugin, f"Exchange{operation}")
    assert made.assignment_dir == "."
    assert made.root == ""


def test_settings_that_mean_nothing_here_are_accepted_silently(caplog):
    config = Config()
    config.Exchange.root = "/somewhere"
    config.Exchange.cache = "/elsewhere"
    config.ExchangeSubmit.add_random_string = False
    config.ExchangeList.as_json = True
    plugin.ExchangeSubmit(config=config)
    plugin.ExchangeList(config=config)
    assert "not recognized" not in caplog.text


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"NBEX_SERVICE_URL": "https://new.example"}, "https://new.example/services/nbexchange/"),
        ({"NAAS_BASE_URL": "https://old.example/"}, "https://old.example/services/nbexchange/"),
        (
            {"NBEX_SERVICE_URL": "https://new.example", "NAAS_BASE_URL": "https://old.example"},
            "https://new.example/services/nbexchange/",
        ),
    ],
)
def test_the_service_comes_from_the_environment(monkeypatch, variables, url):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = plugin.ExchangeList()
    assert made.service_root() == made.root == url


@pytest.mark.parametrize(("path", "root"), [("/x/y/", "/x/y/"), ("x", "/x/"), ("/", "/"), ("", "/")])
def test_the_base_path_may_be_written_as_one_likes(path, root):
    made = plugin.Exchange(service_url="http://localhost:9000", base_path=path)
    assert made.service_root() == f"http://localhost:9000{root}"


def test_a_missing_service_is_told_in_one_line():
    lister = plugin.ExchangeList(coursedir=CourseDirectory())
    with pytest.raises(ExchangeError, match=r"No exchange is set: put c\.Exchange\.service_url") as caught:
        lister.start()
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_address_that_is_none_is_told():
    with pytest.raises(ExchangeError, match="must be like https://"):
        plugin.Exchange(service_url="exchange.example.org").service_root()


@pytest.mark.parametrize("url", ["https://ada:secret@exchange.example", "ada:secret@exchange.example"])
def test_a_password_in_the_address_is_refused_and_not_told(url):
    with pytest.raises(ExchangeError, match="must not hold a user name or a password") as caught:
        plugin.Exchange(service_url=url).service_root()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"List"}))
def test_everything_but_a_list_needs_a_course(operation, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ps1").mkdir()
    (tmp_path / "release" / "ps1").mkdir(parents=True)
    course = CourseDirectory(assignment_id="ps1", root=str(tmp_path))
    with pytest.raises(ExchangeError, match="No course id specified"):
        getattr(plugin, f"Exchange{operation}")(coursedir=course, service_url="http://localhost:1").start()


def test_inbound_and_cached_exclude_each_other():
    lister = plugin.ExchangeList(coursedir=CourseDirectory(), inbound=True, cached=True)
    with pytest.raises(ExchangeError, match="incompatible"):
        lister.start()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PlainFailure("It is so."), "It is so."),
        (
            OSError(errno.ENOSPC, "x", "/full"),
            "/full: No space left on device. Make some room, then try again.",
        ),
        (
            PermissionError(errno.EACCES, "x", "/mine"),
            "/mine: Permission denied. Check who may read and write there.",
        ),
        (OSError("odd"), "odd."),
    ],
)
def test_failures_are_one_logged_line(error, text, caplog):
    exchange = plugin.Exchange()
    exchange.log.propagate = True
    with pytest.raises(ExchangeError) as caught, exchange.told_plainly():
        raise error
    assert str(caught.value) == text
    assert caught.value.__suppress_context__


def test_a_relative_assignment_dir_is_not_entered_twice(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    exchange = plugin.Exchange(assignment_dir="work")
    monkeypatch.chdir(tmp_path)
    assert exchange.work_folder("bio", "ps1") == str(tmp_path / "work" / "ps1")
    monkeypatch.chdir(tmp_path / "work")
    assert exchange.work_folder("bio", "ps1") == str(tmp_path / "work" / "ps1")
    exchange.path_includes_course = True
    assert exchange.work_folder("bio", "ps1") == str(tmp_path / "work" / "bio" / "ps1")


def test_old_sections_of_the_config_still_count():
    config = Config()
    config.ExchangeRelease.force = True
    assert plugin.ExchangeReleaseAssignment(config=config).force
    config = Config()
    config.ExchangeFetch.replace_missing_files = True
    assert plugin.ExchangeFetchAssignment(config=config).replace_missing_files


@pytest.mark.parametrize(
    ("name", "pattern", "meant"),
    [
        ("ada", "*", True),
        ("ada", "", True),
        ("ada", "a*", True),
        ("ada", "bob", False),
        ("a[1]", "a[1]", True),
    ],
)
def test_students_are_named_by_name_or_pattern(name, pattern, meant):
    assert matches(name, pattern) == meant


def test_only_a_name_without_a_pattern_is_exact():
    assert [exact(one) for one in ("ada", "", "*", "a?", "a[1]")] == ["ada", None, None, None, None]


def test_an_old_section_is_gone_after_it_was_taken_over():
    config = Config()
    config.ExchangeRelease.force = True
    assert "ExchangeRelease" not in plugin.ExchangeReleaseAssignment(config=config).config


def packed(folder, **limits):
    course = CourseDirectory(**limits)
    plugin.Exchange(coursedir=course).packed(str(folder)).file.close()


def test_a_folder_that_is_larger_than_nbgrader_allows_is_not_packed(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a", "below/b"):
        (tmp_path / name).write_bytes(bytes(1000))
    packed(tmp_path, max_dir_size=2)
    (tmp_path / "below" / "c").write_bytes(b"x")
    with pytest.raises(RuntimeError, match=r"Size is 2001, maximum size is 2000"):
        packed(tmp_path, max_dir_size=2)


def test_what_a_link_leads_to_does_not_count_as_nbgrader_counts(tmp_path):
    (tmp_path / "data").write_bytes(bytes(5000))
    (tmp_path / "ps1").mkdir()
    (tmp_path / "ps1" / "data").symlink_to(tmp_path / "data")
    packed(tmp_path / "ps1", max_dir_size=1)
