"""nbgrader's whole cycle: one instructor, three students, two courses."""

import re
from pathlib import Path

from nbgrader.api import Gradebook
from notebooks import NUMBERS, POINTS, WORDS, answer, write_assignment
from people import Person
from story import Story

COURSE, OTHER_COURSE = "demo101", "demo102"
ASSIGNMENT = "ps1"
RIGHT = "def double(x):\n    return x + x"
WRONG = "def double(x):\n    return x"
PARTLY = "def double(x):\n    return x + x if isinstance(x, int) else x"


class Cycle:
    """`folder` gets a home for each person; `service_url` is without the base path."""

    def __init__(self, folder: Path, service_url: str, story: Story):
        names = ("instructor", "student1", "student2", "student3")
        self.instructor, *self.students = (Person(name, folder / name, service_url) for name in names)
        self._story = story

    def run(self) -> None:
        """All of it. Raises `NbgraderFailed` where a command of nbgrader fails."""
        self._prepare()
        self._list_and_fetch()
        self._solve_and_submit()
        self._collect()
        self._grade()
        self._return_feedback()

    def _prepare(self) -> None:
        course = self.instructor.folder
        for code, assignment in ((COURSE, ASSIGNMENT), (OTHER_COURSE, "warm-up")):

            def write(folder: Path = course / "source" / assignment) -> list[str]:
                write_assignment(folder)
                return [f"{path.name}" for path in sorted(folder.iterdir())]

            self._story.step(f"The instructor writes {assignment}", write)
            self._nbgrader(self.instructor, "generate_assignment", assignment, course=code, show="Writing")
            self._nbgrader(self.instructor, "release_assignment", assignment, course=code, show="eleased")
        solution = (course / "release" / ASSIGNMENT / f"{NUMBERS}.ipynb").read_text()
        self._story.check("what is released has no solutions in it", "return x + x" not in solution)

    def _list_and_fetch(self) -> None:
        first, _, third = self.students
        lines = self._nbgrader(first, "list", show="demo|eleased")
        courses = [f"{COURSE} {ASSIGNMENT}", f"{OTHER_COURSE} warm-up"]
        self._story.check(
            "student1 sees both courses", all(any(c in line for line in lines) for c in courses)
        )
        lines = self._nbgrader(third, "list", show="demo|eleased")
        self._story.check(
            "student3 sees only demo101", courses[0] in str(lines) and OTHER_COURSE not in str(lines)
        )
        for student in self.students:
            self._nbgrader(student, "fetch_assignment", ASSIGNMENT, course=COURSE, show="etch")
            names = {path.name for path in (student.folder / ASSIGNMENT).glob("*.ipynb")}
            self._story.check(
                f"{student.name} has both notebooks", names == {f"{NUMBERS}.ipynb", f"{WORDS}.ipynb"}
            )

    def _solve_and_submit(self) -> None:
        given = {
            "student1": (RIGHT, "Because there are two of them then."),
            "student2": (WRONG, "I do not know."),
            "student3": (PARTLY, "It is more."),
        }
        for student in self.students:
            code, words = given[student.name]

            def solve(
                folder: Path = student.folder / ASSIGNMENT, code: str = code, words: str = words
            ) -> list[str]:
                answer(folder, NUMBERS, "double-solution", code)
                answer(folder, WORDS, "why", words)
                return [code.splitlines()[1].strip(), words]

            self._story.step(f"{student.name} answers", solve)
            lines = self._nbgrader(student, "submit", ASSIGNMENT, course=COURSE, show="Submitted as|Receipt")
            self._story.check(
                f"{student.name} has a receipt", any(line.startswith("Receipt") for line in lines)
            )

    def _collect(self) -> None:
        lines = self._nbgrader(
            self.instructor, "list", "--inbound", ASSIGNMENT, course=COURSE, show="student"
        )
        self._story.check("the instructor sees three submissions", len(lines) == len(self.students))
        self._nbgrader(self.instructor, "collect", ASSIGNMENT, course=COURSE, show="ollect")
        for student in self.students:
            collected = self.instructor.folder / "submitted" / student.name / ASSIGNMENT
            same = all(
                (collected / f"{name}.ipynb").read_bytes()
                == (student.folder / ASSIGNMENT / f"{name}.ipynb").read_bytes()
                for name in (NUMBERS, WORDS)
            )
            self._story.check(f"what was collected is what {student.name} handed in, byte for byte", same)

    def _grade(self) -> None:
        self._nbgrader(self.instructor, "autograde", ASSIGNMENT, course=COURSE, show="Autograding")
        by_hand = {"student1": 5.0, "student2": 0.0, "student3": 3.0}
        self._story.step("The instructor grades the words by hand", lambda: self._grade_words(by_hand))
        scores = {"student1": 3.0 + 5.0, "student2": 0.0, "student3": 2.0 + 3.0}
        with self._gradebook() as gradebook:
            for name, score in scores.items():
                submission = gradebook.find_submission(ASSIGNMENT, name)
                self._story.check(
                    f"{name} has {score:g} of {sum(POINTS.values()):g} points, and a name in the gradebook",
                    submission.score == score
                    and bool(submission.student.first_name and submission.student.email),
                )

    def _grade_words(self, points: dict[str, float]) -> list[str]:
        with self._gradebook() as gradebook:
            for name, score in points.items():
                grade = gradebook.find_grade("why", WORDS, ASSIGNMENT, name)
                grade.manual_score, grade.needs_manual_grade = score, False
            gradebook.db.commit()
        return [f"{name}: {score:g} of {POINTS['why']:g}" for name, score in points.items()]

    def _gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.instructor.folder / 'gradebook.db'}")

    def _return_feedback(self) -> None:
        self._nbgrader(self.instructor, "generate_feedback", ASSIGNMENT, course=COURSE, show="Writing")
        self._nbgrader(self.instructor, "release_feedback", ASSIGNMENT, course=COURSE, show="Releasing")
        for student in self.students:
            lines = self._nbgrader(student, "list", "--cached", course=COURSE, show="feedback")
            self._story.check("the list says that feedback is ready", "ready to be fetched" in str(lines))
            self._nbgrader(student, "fetch_feedback", ASSIGNMENT, course=COURSE, show="etch")
            self._check_feedback(student)

    def _check_feedback(self, student: Person) -> None:
        made = self.instructor.folder / "feedback" / student.name / ASSIGNMENT
        fetched = {path.name: path for path in (student.folder / ASSIGNMENT / "feedback").glob("*/*.html")}
        for name in (f"{NUMBERS}.html", f"{WORDS}.html"):
            self._story.check(
                f"{student.name} has the feedback {name}, byte for byte",
                name in fetched and fetched[name].read_bytes() == (made / name).read_bytes(),
            )

    def _nbgrader(
        self, person: Person, command: str, *arguments: str, course: str = "", show: str
    ) -> list[str]:
        """Run it as one step; answer the lines that match `show`, which are also printed."""
        given = [command, *arguments, *(["--course", course] if course else [])]

        def run() -> list[str]:
            return [line for line in person.nbgrader(*given) if re.search(show, line)]

        return self._story.step(f"{person.name}: nbgrader {' '.join(given)}", run)
