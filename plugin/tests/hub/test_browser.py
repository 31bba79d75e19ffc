"""What people click: JupyterLab's assignment list and formgrader, in Chromium, through a real JupyterHub."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import fill_in, write_source
from .hub import PASSWORD

PATIENCE = 240_000


@pytest.fixture
def page_of(hub, chromium):
    """Answer a function that signs somebody in, and opens a page of their server."""
    contexts = []

    def open_page(user: str, path: str) -> Page:
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{hub.public}/hub/login?next=/user/{user}/{path}")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(rf"/user/{user}/"))
        return page

    yield open_page
    for context in contexts:
        context.close()


def open_assignment_list(page: Page, course: str) -> None:
    """By the menu, then by the list of courses."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Assignment List").click()
    expect(page.locator("#assignments")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#course_list_dropdown")).to_be_enabled(timeout=PATIENCE)
    shown = page.locator("#course_list_default")
    if shown.inner_text() != course:
        page.locator("#course_list_dropdown").click()
        page.locator("#course_list").get_by_text(course, exact=True).click()
    expect(shown).to_have_text(course, timeout=PATIENCE)


def hand_in(page: Page, hub, screenshots) -> None:
    """In JupyterLab: fetch ps1 of bio, answer, submit."""
    open_assignment_list(page, "bio")
    row = page.locator("#released_assignments_list .list_item", has_text="ps1")
    row.get_by_role("button", name="Fetch").click()
    fetched = page.locator("#fetched_assignments_list .list_item", has_text="ps1").first
    expect(fetched).to_be_visible(timeout=PATIENCE)
    screenshots(page, "fetched")
    fill_in(hub.home("ada") / "bio" / "ps1" / "p1.ipynb", "x = 1")
    fetched.get_by_role("button", name="Submit").click()
    submitted = page.locator("#submitted_assignments_list .list_item", has_text="ps1").first
    expect(submitted).to_be_visible(timeout=PATIENCE)
    screenshots(page, "submitted")


def fetch_feedback(page: Page, screenshots) -> None:
    """In JupyterLab, where it was handed in."""
    page.locator("#refresh_assignments_list").click()
    submitted = page.locator("#submitted_assignments_list .list_item", has_text="ps1").first
    submitted.get_by_role("button", name="Fetch Feedback").click()
    expect(page.locator("#submitted_assignments_list").get_by_text("view feedback").first).to_be_visible(
        timeout=PATIENCE
    )
    screenshots(page, "feedback")


def press(page: Page, row, button: str) -> None:
    """In formgrader: a button of the row, and the dialog that tells how it went."""
    row.locator(f".{button} a").click()
    page.get_by_role("button", name="OK").or_(page.get_by_role("button", name="Close")).last.click()


def test_the_cycle_by_clicks_and_beside_it_by_commands(hub, page_of, screenshots):
    """The teacher works in formgrader, ada in JupyterLab's list of assignments, zoe in a terminal."""
    write_source(hub.home("ina") / "bio" / "source" / "ps1")
    hub.nbgrader("ina", "generate_assignment", "ps1")
    formgrader = page_of("ina", "formgrader/manage_assignments")
    row = formgrader.locator("tr", has_text="ps1")
    press(formgrader, row, "release")
    expect(row.locator(".status")).to_have_text(re.compile("released"), timeout=PATIENCE)
    screenshots(formgrader, "released")

    lab = page_of("ada", "lab")
    hand_in(lab, hub, screenshots)
    hub.nbgrader("zoe", "fetch_assignment", "ps1", "--course", "bio")
    fill_in(hub.home("zoe") / "bio" / "ps1" / "p1.ipynb", "x = 1")
    assert "Receipt: " in hub.nbgrader("zoe", "submit", "ps1", "--course", "bio")

    formgrader.reload()
    press(formgrader, row, "collect")
    expect(row.locator(".num-submissions")).to_have_text(re.compile("2"), timeout=PATIENCE)
    screenshots(formgrader, "collected")
    for command in ("autograde", "generate_feedback", "release_feedback"):
        hub.nbgrader("ina", command, "ps1")

    fetch_feedback(lab, screenshots)
    hub.nbgrader("zoe", "fetch_feedback", "ps1", "--course", "bio")
    for student in ("ada", "zoe"):
        (page,) = (hub.home(student) / "bio" / "ps1" / "feedback").glob("*/p1.html")
        own = hub.home("ina") / "bio" / "feedback" / student / "ps1" / "p1.html"
        assert page.read_bytes() == own.read_bytes()
