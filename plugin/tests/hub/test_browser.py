"""What people click: JupyterLab's assignment list and formgrader, in Chromium, through a real JupyterHub."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import fill_in, write_source
from .hub import PASSWORD

PATIENCE = 60_000


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


def test_students_fetch_and_submit_and_see_feedback(hub, page_of, screenshots):
    hub.configure_nbgrader("ina", "bio")
    write_source(hub.home("ina") / "bio" / "source" / "clicked")
    hub.nbgrader("ina", "generate_assignment", "clicked")
    hub.nbgrader("ina", "release_assignment", "clicked")

    page = page_of("ada", "lab")
    open_assignment_list(page, "bio")
    row = page.locator("#released_assignments_list .list_item", has_text="clicked")
    row.get_by_role("button", name="Fetch").click()
    fetched = page.locator("#fetched_assignments_list .list_item", has_text="clicked").first
    expect(fetched).to_be_visible(timeout=PATIENCE)
    screenshots(page, "fetched")
    fill_in(hub.home("ada") / "bio" / "clicked" / "p1.ipynb", "x = 1")
    fetched.get_by_role("button", name="Submit").click()
    submitted = page.locator("#submitted_assignments_list .list_item", has_text="clicked").first
    expect(submitted).to_be_visible(timeout=PATIENCE)
    screenshots(page, "submitted")

    hub.nbgrader("ina", "collect", "clicked")
    hub.nbgrader("ina", "autograde", "clicked")
    hub.nbgrader("ina", "generate_feedback", "clicked")
    hub.nbgrader("ina", "release_feedback", "clicked")
    page.locator("#refresh_assignments_list").click()
    submitted.get_by_role("button", name="Fetch Feedback").click()
    expect(page.locator("#submitted_assignments_list").get_by_text("view feedback").first).to_be_visible(
        timeout=PATIENCE
    )
    screenshots(page, "feedback")
    assert list((hub.home("ada") / "bio" / "clicked" / "feedback").glob("*/p1.html"))


@pytest.mark.parametrize("course", ["bio", "chem"])
def test_who_teaches_releases_and_collects_in_formgrader(hub, page_of, screenshots, course):
    hub.configure_nbgrader("ina", course)
    assignment = f"graded-{course}"
    write_source(hub.home("ina") / course / "source" / assignment)
    hub.nbgrader("ina", "generate_assignment", assignment)
    hub.stop_server("ina")
    hub.start_server("ina")

    page = page_of("ina", "formgrader/manage_assignments")
    row = page.locator("tr", has_text=assignment)
    row.locator(".release a").click()
    page.get_by_role("button", name="OK").or_(page.get_by_role("button", name="Close")).last.click()
    expect(row.locator(".status")).to_have_text(re.compile("released"), timeout=PATIENCE)
    screenshots(page, "released")

    hub.nbgrader("zoe", "fetch_assignment", assignment, "--course", course)
    hub.nbgrader("zoe", "submit", assignment, "--course", course)
    page.reload()
    row.locator(".collect a").click()
    page.get_by_role("button", name="OK").or_(page.get_by_role("button", name="Close")).last.click()
    expect(row.locator(".num-submissions")).to_have_text(re.compile("1"), timeout=PATIENCE)
    screenshots(page, "collected")
    assert (hub.home("ina") / course / "submitted" / "zoe" / assignment / "p1.ipynb").exists()
