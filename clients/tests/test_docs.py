"""The page of the API, in Chromium: people sign in there and try calls, and nothing of it is blocked."""

import pytest
from playwright.sync_api import expect

_TELLS_VIOLATIONS = """
window.violations = []
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))
"""


@pytest.fixture
def page(chromium, service):
    """The page when it has come; at the end nothing may have been blocked, missing or failed."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    troubles: list[str] = []
    page.add_init_script(_TELLS_VIOLATIONS)
    page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url} {request.failure}"))
    page.goto(f"{service.base_url}docs")
    expect(page.locator("#operations-me-getMe")).to_be_visible()
    yield page
    assert page.evaluate("violations") == []
    assert troubles == []
    context.close()


def sign_in(page, token: str) -> None:
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_label("auth-bearer-value").fill(token)
    page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close", exact=True).first.click()


def operation(page, name: str):
    """Answer the folded-out operation, ready to be tried."""
    found = page.locator(f"[id$=-{name}]")
    found.get_by_role("button").first.click()
    found.get_by_role("button", name="Try it out").click()
    return found


def fill_in(operation, **fields: str) -> None:
    for name, value in fields.items():
        operation.get_by_placeholder(name, exact=True).fill(value)


def test_it_has_a_title_of_its_own(page):
    assert page.title() == "nbexchange: the API"
    expect(page.get_by_role("heading", name="nbexchange")).to_be_visible()


def test_somebody_signs_in_and_asks_who_they_are(page):
    sign_in(page, "student1")
    me = operation(page, "getMe")
    me.get_by_role("button", name="Execute").click()
    answer = me.locator(".live-responses-table .response")
    expect(answer).to_contain_text("200")
    expect(answer).to_contain_text('"full_name": "Sam Student"')


def test_a_file_goes_up_and_comes_down_again(page, tmp_path):
    archive = tmp_path / "ps1.tar.gz"
    archive.write_bytes(b"\x1f\x8b\x08\x00 an archive")
    sign_in(page, "instructor")
    release = operation(page, "releaseAssignment")
    fill_in(release, course="demo101", assignment="by hand")
    release.locator("input[type=file]").set_input_files(archive)
    release.get_by_role("button", name="Execute").click()
    expect(release.locator(".live-responses-table .response")).to_contain_text('"version": 1')
    fetch = operation(page, "downloadRelease")
    fill_in(fetch, course="demo101", assignment="by hand", version="latest")
    fetch.get_by_role("button", name="Execute").click()
    with page.expect_download() as download:
        fetch.get_by_role("link", name="Download file").click()
    assert download.value.path().read_bytes() == archive.read_bytes()
