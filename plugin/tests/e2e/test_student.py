"""Fetching and handing in."""


def test_a_failed_fetch_leaves_nothing_and_can_be_repeated(classroom):
    student = classroom.person("ada", config="c.Exchange.max_buffer_size = 100")
    classroom.release("ps1")
    assert "larger than 100 bytes" in student.nbgrader("fetch_assignment", "ps1", fails=True)
    assert sorted(path.name for path in student.folder.iterdir()) == ["nbgrader_config.py"]
    student.configure()
    student.nbgrader("fetch_assignment", "ps1")
    assert "already have a copy" in student.nbgrader("fetch_assignment", "ps1", fails=True)


def test_the_service_makes_the_timestamp_and_students_hand_in_for_themselves_only(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1", "--student=ada")
    log = student.nbgrader("submit", "ps1", "--student=zoe", fails=True)
    assert "The exchange refuses: " in log
    listed = classroom.teacher.nbgrader("list", "--inbound")
    assert "ada ps1" in listed
    assert "zoe" not in listed


def test_a_teacher_hands_in_for_a_student(classroom):
    classroom.release("ps1")
    classroom.teacher.nbgrader("fetch_assignment", "ps1", "--Exchange.assignment_dir=work")
    classroom.teacher.nbgrader("submit", "ps1", "--Exchange.assignment_dir=work", "--student=zoe")
    log = classroom.teacher.nbgrader("collect", "ps1")
    assert "Collecting submission: zoe ps1" in log
    assert "Handed in for zoe by teacher" in log


def test_a_folder_that_cannot_be_made_is_told_in_one_line(classroom):
    classroom.release("ps1")
    student = classroom.person("ada", config="c.Exchange.assignment_dir = 'taken'")
    (student.folder / "taken").write_text("a file")
    log = student.nbgrader("fetch_assignment", "ps1", fails=True)
    assert "taken: " in log
    assert "Traceback" not in log
