"""nbgrader's authenticator: which courses somebody has. The site's sign-in knows, and the service tells."""

from __future__ import annotations

from nbgrader.auth.base import BaseAuthPlugin

from .client import Json
from .exchange import Exchange


class ExchangeAuthenticator(BaseAuthPlugin):
    """For `c.Authenticator.plugin_class`. Settings and credentials are those of `c.Exchange`.

    It is for lists and clear messages: what anybody may really do, the service decides at every call.
    """

    def get_student_courses(self, student_id: str) -> list[str]:
        """Answer my courses, those that I teach too, sorted; of somebody else, the courses in which I teach.

        `*` is me. The service tells nobody about the courses of others, and who teaches may act for anybody.
        Raises `ExchangeError`, logged in one line, when the service cannot be asked.
        """
        me = self._ask()
        mine = student_id in ("", "*", me.get("name"))
        return sorted(one["course_id"] for one in me["courses"] if mine or one["is_instructor"])

    def add_student_to_course(self, student_id: str, course_id: str) -> None:
        """Nothing: the site's sign-in says who is in a course, and says it at every call."""
        self._say_who_decides(student_id, course_id)

    def remove_student_from_course(self, student_id: str, course_id: str) -> None:
        """Nothing: the site's sign-in says who is in a course, and says it at every call."""
        self._say_who_decides(student_id, course_id)

    def _ask(self) -> Json:
        exchange = Exchange(parent=self)
        with exchange.told_plainly():
            return exchange.client.get("me")

    def _say_who_decides(self, student_id: str, course_id: str) -> None:
        self.log.info(
            "The exchange leaves to your sign-in whether %s is in course %s: change it there.",
            student_id,
            course_id,
        )
