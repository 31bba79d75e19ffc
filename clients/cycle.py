"""A whole cycle through a service whose sign-in is `demo`, on the client generated from its description.

Release, list, download, hand in, collect, feedback, and a refusal:
`python clients/cycle.py http://127.0.0.1:9000/services/nbexchange`.
"""

import gzip
import hashlib
import io
import sys
import uuid
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from nbexchange_client.api.assignments import list_assignments, purge_assignment
from nbexchange_client.api.feedback import download_feedback, give_feedback, give_feedback_batch
from nbexchange_client.api.me import get_me, list_own_submissions
from nbexchange_client.api.releases import download_release, release_assignment
from nbexchange_client.api.submissions import (
    download_submission,
    get_receipt,
    list_submissions,
    submit_assignment,
)
from nbexchange_client.client import AuthenticatedClient
from nbexchange_client.models import (
    AssignmentList,
    Error,
    ErrorCode,
    Feedback,
    FeedbackBatch,
    FeedbackRefusal,
    GiveFeedbackBatchBody,
    Me,
    OwnSubmissionPage,
    Purge,
    Receipt,
    Release,
    SubmissionPage,
)
from nbexchange_client.types import File

COURSE = "demo101"
ASSIGNMENT = f"python {uuid.uuid4()}"


def main(url: str) -> None:
    """Go through it; an AssertionError says where it is not as it should be."""
    instructor = AuthenticatedClient(url, token="instructor")
    student = AuthenticatedClient(url, token="student1")
    files, work = gzip.compress(b"the files of the assignment"), gzip.compress(b"the work")
    release(instructor, files)
    fetch(student, files)
    receipt = hand_in(student, work)
    collect(instructor, receipt, work)
    feedback(instructor, student, receipt)
    refused(student, AuthenticatedClient(url, token="nobody"))


def repr_digest(content: bytes) -> str:
    """Answer the header that announces these bytes."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


def upload(content: bytes) -> File:
    """Answer the body of an upload."""
    return File(payload=io.BytesIO(content))


def release(instructor: AuthenticatedClient, files: bytes) -> None:
    """Hand the assignment out."""
    made = release_assignment.sync(
        COURSE,
        ASSIGNMENT,
        client=instructor,
        body=upload(files),
        notebook=["p1", "p 2"],
        repr_digest=repr_digest(files),
    )
    assert isinstance(made, Release), made
    assert (made.version, made.notebooks) == (1, ["p 2", "p1"])


def fetch(student: AuthenticatedClient, files: bytes) -> None:
    """See it in the list, and download it."""
    listed = list_assignments.sync(client=student, course_id=COURSE, assignment_id=ASSIGNMENT)
    assert isinstance(listed, AssignmentList), listed
    assert [(one.assignment_id, one.status, one.fetched_at) for one in listed.assignments] == [
        (ASSIGNMENT, "released", None)
    ]
    downloaded = download_release.sync_detailed(COURSE, ASSIGNMENT, "latest", client=student)
    assert isinstance(downloaded.parsed, File), downloaded
    assert downloaded.parsed.payload.read() == files
    assert downloaded.headers["Repr-Digest"] == repr_digest(files)
    again = download_release.sync_detailed(
        COURSE, ASSIGNMENT, "latest", client=student, if_none_match=downloaded.headers["ETag"]
    )
    assert again.status_code == 304


def hand_in(student: AuthenticatedClient, work: bytes) -> Receipt:
    """Hand in twice with the same key: that is one submission."""
    key = str(uuid.uuid4())
    answers = [
        submit_assignment.sync_detailed(
            COURSE,
            ASSIGNMENT,
            client=student,
            body=upload(work),
            notebook=["p1"],
            idempotency_key=key,
            repr_digest=repr_digest(work),
        )
        for _ in range(2)
    ]
    receipt = answers[0].parsed
    assert isinstance(receipt, Receipt), receipt
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[1].parsed == receipt
    assert abs(receipt.received_at - datetime.now(timezone.utc)) < timedelta(minutes=10)
    assert get_receipt.sync(COURSE, ASSIGNMENT, str(receipt.id), client=student) == receipt
    return receipt


def collect(instructor: AuthenticatedClient, receipt: Receipt, work: bytes) -> None:
    """See what came, and download it."""
    page = list_submissions.sync(client=instructor, course_id=COURSE, assignment_id=ASSIGNMENT, latest=True)
    assert isinstance(page, SubmissionPage), page
    assert ([one.id for one in page.submissions], page.next_) == ([receipt.id], None)
    content = download_submission.sync(COURSE, ASSIGNMENT, str(receipt.id), client=instructor)
    assert isinstance(content, File), content
    assert content.payload.read() == work


def feedback(instructor: AuthenticatedClient, student: AuthenticatedClient, receipt: Receipt) -> None:
    """Give it, one page alone and two at once, of which one is no page; read it."""
    page = b"<p>well done</p>"
    place = (COURSE, ASSIGNMENT, receipt.student, receipt.timestamp)
    given = give_feedback.sync(*place, "p1", client=instructor, body=upload(page))
    assert isinstance(given, Feedback), given
    form = GiveFeedbackBatchBody()
    for notebook, content in (("p 2", page), ("unknown", b"")):
        names = (receipt.student, receipt.timestamp, notebook)
        form["/".join(quote(name, safe="") for name in names)] = upload(content)
    batch = give_feedback_batch.sync(COURSE, ASSIGNMENT, client=instructor, body=form)
    assert isinstance(batch, FeedbackBatch), batch
    results = [one.code if isinstance(one, FeedbackRefusal) else one.notebook_id for one in batch.results]
    assert results == ["p 2", ErrorCode.INVALID], batch.results
    own = list_own_submissions.sync(client=student, assignment_id=ASSIGNMENT)
    assert isinstance(own, OwnSubmissionPage), own
    assert sorted(one.notebook_id for one in own.submissions[0].feedback) == ["p 2", "p1"]
    file = download_feedback.sync(*place, "p1", client=student)
    assert isinstance(file, File), file
    assert file.payload.read() == page


def refused(student: AuthenticatedClient, nobody: AuthenticatedClient) -> None:
    """Not with this role; not without a sign-in."""
    purged = purge_assignment.sync(COURSE, ASSIGNMENT, client=student, body=Purge(ASSIGNMENT))
    assert isinstance(purged, Error), purged
    assert purged.code is ErrorCode.FORBIDDEN
    unknown = get_me.sync(client=nobody)
    assert isinstance(unknown, Error), unknown
    assert unknown.code is ErrorCode.UNAUTHENTICATED
    assert isinstance(get_me.sync(client=student), Me)


if __name__ == "__main__":
    main(sys.argv[1])
