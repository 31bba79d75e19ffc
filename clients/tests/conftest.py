import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))

from chromium import running_chromium  # noqa: E402
from running_service import running_service  # noqa: E402


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A service in which anybody signs in with the name of one of four made-up people."""
    with running_service(tmp_path_factory.mktemp("service"), NBEX_USER_PLUGIN="demo") as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    with running_chromium() as browser:
        yield browser
