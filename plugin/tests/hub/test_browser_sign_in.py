"""Who has no token, but a browser: the service's own sign-in, through a real JupyterHub."""

import json
import re

from .hub import PASSWORD

SERVICE = "/services/nbexchange/"


def test_a_browser_signs_in_at_the_hub_and_may_read(hub, chromium, screenshots):
    context = chromium.new_context()
    context.set_default_timeout(240_000)
    page = context.new_page()
    page.goto(f"{hub.public}{SERVICE}sign-in?next={SERVICE}api/v1/me")
    page.get_by_label("Username").fill("zoe")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(re.compile(rf"{SERVICE}api/v1/me$"))
    screenshots(page, "signed-in")
    assert json.loads(page.locator("body").inner_text())["name"] == "zoe"

    (cookie,) = [one for one in context.cookies() if one["name"] == "nbexchange_hub_token"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == SERVICE
    assert cookie["value"] not in page.url
    assert cookie["value"] not in hub.log()

    # Another page of the same origin: the servers of all users have it, too.
    page.goto(f"{hub.public}/hub/home")
    path = f"{SERVICE}api/v1/courses/bio/assignments/none"
    script = "async ([path, method]) => (await fetch(path, { method })).status"
    assert page.evaluate(script, [path, "GET"]) == 404
    assert page.evaluate(script, [path, "DELETE"]) == 401
    context.close()
