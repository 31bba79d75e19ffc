"""A real JupyterHub with its proxy, our service as one of its services, and servers of its users."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[3]
NODE_BIN = REPOSITORY / "node_modules" / ".bin"
PASSWORD = "only-for-tests"
GROUPS = {
    "formgrade-bio": ["ina"],
    "formgrade-chem": ["ina"],
    "nbgrader-bio": ["ada", "zoe"],
    "nbgrader-chem": ["ada", "zoe"],
}
USERS = ("ina", "ada", "zoe")

_CONFIG = """
c = get_config()
settings = {settings!r}
c.JupyterHub.bind_url = settings["public"]
c.JupyterHub.hub_port = settings["hub_port"]
c.JupyterHub.db_url = "sqlite:///" + settings["folder"] + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = settings["folder"] + "/cookie_secret"
c.ConfigurableHTTPProxy.api_url = settings["proxy_api"]
c.ConfigurableHTTPProxy.pid_file = settings["folder"] + "/proxy.pid"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = settings["password"]
c.Authenticator.allowed_users = set(settings["users"])
c.JupyterHub.load_groups = settings["groups"]
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = settings["folder"] + "/homes/{{username}}"
c.Spawner.args = ["--allow-root", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
c.Spawner.http_timeout = c.Spawner.start_timeout = 600
c.Spawner.environment = {{"NBEX_SERVICE_URL": settings["public"]}}
c.JupyterHub.services = [
    {{
        "name": "nbexchange",
        "url": settings["service"],
        "command": settings["command"],
        "environment": settings["service_environment"],
    }},
    {{"name": "tests", "api_token": settings["admin_token"]}},
]
c.JupyterHub.load_roles = [
    {{"name": "exchange", "services": ["nbexchange"], "scopes": ["read:users:name", "read:users:groups"]}},
    {{"name": "user", "scopes": ["self", "access:services!service=nbexchange"]}},
    {{
        "name": "server",
        "scopes": ["users:activity!user", "access:servers!server", "access:services!service=nbexchange"],
    }},
    {{
        "name": "tests",
        "services": ["tests"],
        "scopes": ["admin:users", "admin:servers", "admin:groups", "tokens"],
    }},
]
"""

_NBGRADER = """
c = get_config()
c.Exchange.path_includes_course = True
c.Exchange.assignment_dir = {home!r}
c.CourseDirectory.course_id = {course!r}
c.CourseDirectory.root = {root!r}
c.Authenticator.plugin_class = "nbexchange.plugin.ExchangeAuthenticator"
c.ExchangeFactory.exchange = "nbexchange.plugin.Exchange"
c.ExchangeFactory.list = "nbexchange.plugin.ExchangeList"
c.ExchangeFactory.release_assignment = "nbexchange.plugin.ExchangeReleaseAssignment"
c.ExchangeFactory.fetch_assignment = "nbexchange.plugin.ExchangeFetchAssignment"
c.ExchangeFactory.submit = "nbexchange.plugin.ExchangeSubmit"
c.ExchangeFactory.collect = "nbexchange.plugin.ExchangeCollect"
c.ExchangeFactory.release_feedback = "nbexchange.plugin.ExchangeReleaseFeedback"
c.ExchangeFactory.fetch_feedback = "nbexchange.plugin.ExchangeFetchFeedback"
"""


class Hub:
    """It keeps its data over a restart. `folder` is empty at first."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.process: subprocess.Popen | None = None
        ports = _free_ports(4)
        self.public = f"http://127.0.0.1:{ports[0]}"
        self.admin_token = secrets.token_hex(16)
        service = f"http://127.0.0.1:{ports[3]}"
        settings = {
            "folder": str(folder),
            "public": self.public,
            "hub_port": ports[1],
            "proxy_api": f"http://127.0.0.1:{ports[2]}",
            "password": PASSWORD,
            "users": USERS,
            "groups": {name: {"users": users} for name, users in GROUPS.items()},
            "service": service,
            "admin_token": self.admin_token,
            "command": [str(NODE_BIN / "node"), str(REPOSITORY / "server" / "src" / "main.ts"), "serve"],
            "service_environment": {
                "NBEX_USER_PLUGIN": "jupyterhub",
                "NBEX_USER_PLUGIN_OPTIONS": json.dumps({"cacheSeconds": 2}),
                "NBEX_HOST": "127.0.0.1",
                "NBEX_PORT": str(ports[3]),
                "NBEX_BASE_STORAGE_LOCATION": str(folder / "exchange" / "storage"),
            },
        }
        (folder / "jupyterhub_config.py").write_text(_CONFIG.format(settings=settings))
        for user in USERS:
            self.home(user).mkdir(parents=True)

    def home(self, user: str) -> Path:
        """Where the user's server runs."""
        return self.folder / "homes" / user

    def configure_nbgrader(self, user: str, course: str = "") -> None:
        """Write the user's nbgrader_config.py: for all courses, or to teach one of them."""
        home = self.home(user)
        root = home / course if course else home
        root.mkdir(exist_ok=True)
        text = _NBGRADER.format(home=str(home), course=course, root=str(root))
        (home / "nbgrader_config.py").write_text(text)

    def start(self) -> None:
        """Start Hub, proxy and service; wait until the service answers through the proxy."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("NBEX_", "JUPYTER"))}
        env["PATH"] = os.pathsep.join([str(NODE_BIN), str(Path(sys.executable).parent), env["PATH"]])
        env["HOME"] = str(self.folder)
        command = [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "jupyterhub_config.py")]
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=env, stdout=log, stderr=log)
        wait_until(self.answers, self.log)

    def answers(self) -> bool:
        """Whether the service can be reached through the proxy."""
        try:
            answer = requests.get(f"{self.public}/services/nbexchange/", timeout=5)
        except requests.RequestException:
            return False
        return answer.text.startswith("NbExchange ")

    def log(self) -> str:
        """The last words of Hub and service."""
        return (self.folder / "hub.log").read_text()[-4000:]

    def stop(self) -> None:
        """Stop the Hub and what it has started."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=300)
            self.process = None

    def api(self, method: str, path: str, **kwargs) -> requests.Response:
        """Ask the Hub as its administrator."""
        headers = {"Authorization": f"token {self.admin_token}"}
        url = f"{self.public}/hub/api/{path}"
        answer = requests.request(method, url, headers=headers, timeout=120, **kwargs)
        answer.raise_for_status()
        return answer

    def start_servers(self, *users: str) -> None:
        """Start the users' servers, all at once, and wait until they are ready."""
        for user in users:
            self.api("POST", f"users/{user}/server")
        for user in users:
            wait_until(lambda user=user: self.api("GET", f"users/{user}").json()["server"], self.log)

    def environment(self, user: str) -> dict[str, str]:
        """What the Hub has put into the environment of the user's server, its token with it."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                pairs = (folder / "environ").read_bytes().decode().split("\0")
                program = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            env = dict(pair.partition("=")[::2] for pair in pairs if pair)
            mine = env.get("NBEX_SERVICE_URL") == self.public and env.get("JUPYTERHUB_USER") == user
            if mine and b"jupyterhub-singleuser" in program:
                return env
        raise RuntimeError(f"no server of {user} runs")

    def nbgrader(self, user: str, *args: str, fails: bool = False) -> str:
        """Run nbgrader as in a terminal of the user's server; answer what it printed."""
        env = self.environment(user)
        command = [sys.executable, "-m", "nbgrader", *args]
        done = subprocess.run(
            command, cwd=self.home(user), env=env, capture_output=True, text=True, timeout=600
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr


def wait_until(condition, explain, seconds: float = 600) -> None:
    """Wait until it is so; fail with an explanation otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"not in {seconds} seconds:\n{explain()}")


def _free_ports(count: int) -> list[int]:
    """All at once, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
