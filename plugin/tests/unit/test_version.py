import json
from importlib.metadata import version
from pathlib import Path

from nbexchange.plugin import __version__

REPOSITORY = Path(__file__).resolve().parents[3]


def test_plugin_and_service_have_one_version():
    package = json.loads((REPOSITORY / "server" / "package.json").read_text())
    assert package["version"] == __version__ == version("nbexchange")
