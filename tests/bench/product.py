"""What people do in the hall, as the HTTP calls their browser makes."""

from collections.abc import Callable, Sequence

from tests.bench.bench_hall import CODE
from tests.bench.client import Browser, hidden
from tests.bench.fields import FIELDS, VALUES
from tests.bench.measure import Rate, load
from tests.bench.servers import Server

FORM = f"/items/{CODE}/apply"
EMPTY = "/bench/empty"


def posted() -> list[tuple[str, str]]:
    """One filled form as our page posts it: dates in three boxes, a ticked box as what its control says."""
    values: list[tuple[str, str]] = []
    for name, kind in FIELDS:
        if kind == "date":
            values += list(zip((f"{name}-year", f"{name}-month", f"{name}-day"), VALUES["date"].split("-"), strict=True))
        else:
            values.append((name, "true" if kind == "check" else VALUES[kind]))
    return values


def form_page(browser: Browser) -> None:
    """The blank form."""
    browser.get(FORM)


def submit(browser: Browser) -> None:
    """From the blank form to the receipt: every dynamic call of a browser without script."""
    page = browser.get(FORM)
    check = browser.post(FORM, [*hidden(page).items(), *posted()])
    action = check.split("/submit", 1)[0].rsplit('"', 1)[1] + "/submit"
    browser.post(action, {**form_of(check, action), "_agree": "1"})
    if not browser.location.endswith("/receipt"):
        raise RuntimeError("the hall refused the form")
    browser.get(browser.location)


def form_of(page: str, action: str) -> dict[str, str]:
    """The hidden inputs of the form that posts to *action*."""
    return hidden(page.split(f'action="{action}"', 1)[1].split("</form>", 1)[0])


def empty(browser: Browser) -> None:
    """The empty view."""
    browser.get(EMPTY)


def empty_submit(browser: Browser) -> None:
    """The calls of a submission with what they carry, all answered by the empty view."""
    browser.get(EMPTY)
    browser.post(EMPTY, [("csrf_token", browser.token), *posted()])
    browser.post(EMPTY, [("csrf_token", browser.token), ("_agree", "1")])
    browser.get(EMPTY)


def press(button: str, tasks: list[tuple[str, int]]) -> Callable[[Browser], None]:
    """Open the case, press *button* of its open task, see the page after. *tasks* is shared by the clients and used up."""

    def pressed(browser: Browser) -> None:
        case_id, no = tasks.pop()
        page = browser.get(f"/office/cases/{case_id}")
        action = f"/office/cases/{case_id}/tasks/{no}"
        browser.post(action, {**form_of(page, action), "action": button})
        if not browser.location:
            raise RuntimeError(f"{button} was refused")
        browser.get(browser.location)

    return pressed


def worklist(browser: Browser) -> None:
    """The first page of what waits for me."""
    browser.get("/office/?light=")


def rate(server: Server, browsers: Sequence[Browser], operation: Callable[[Browser], None], seconds: float, *others: int, most: int | None = None) -> Rate:
    """Measure *operation* by *browsers*, with the CPU of the server and of the process trees *others*."""

    def make(n: int) -> Callable[[], int]:
        browser = browsers[n]

        def once() -> int:
            before = browser.calls
            operation(browser)
            return browser.calls - before

        return once

    return load(make, seconds=seconds, roots=(server.process.pid, *others), clients=len(browsers), most=most)
