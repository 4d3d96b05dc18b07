"""A whole deal: a customer's phone in Arabic, an agent's desk in English, and the letters between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage

from playwright.sync_api import Locator, Page, expect

from support.servers import PortalFolder
from support.smtp import MailServer
from support.stripe_fake import Stripe

SOON = (date.today() + timedelta(days=20)).isoformat()
PLACE = "Obere Str. 57\n12209 Berlin"


@dataclass
class Dealing:
    """Both sides of a deal. `name` and `address` are the customer's."""

    folder: PortalFolder
    smtp: MailServer
    customer: Page
    agent: Page
    name: str
    address: str
    scripts: bool
    seen: int = 0
    """How many of the letters are older than the last one whose link was followed."""

    # --- what both do ---

    def see(self, path: str) -> Locator:
        """Open a page on the phone: it reads from right to left and is no wider than the screen."""
        self.customer.goto(path if "://" in path else self.folder.origin() + path)
        return self.fits()

    def fits(self) -> Locator:
        """Look at the page that is open on the phone; give what is in it."""
        expect(self.customer.locator("html")).to_have_attribute("dir", "rtl")
        wide = self.customer.locator("html").evaluate("page => page.scrollWidth - page.clientWidth")
        assert wide <= 0, f"{self.customer.url} is {wide} pixels too wide"
        return self.customer.locator("#main")

    def send(self, page: Page, form: str, path: str) -> str:
        """Send the form whose action ends with `form`; give the number of the record that it leads to."""
        page.locator(f"form[action$='{form}'] .actions button:not([name])").last.click()
        return self.arrived(page, path)

    def arrived(self, page: Page, path: str) -> str:
        """Wait for the page of a record; give its number."""
        page.wait_for_url(re.compile(rf"{path}/[A-Z]+-\d+(\?|#|$)"))
        found = re.search(rf"{path}/([A-Z]+-\d+)", page.url)
        assert found
        return found[1]

    def link(self, path: str, words: str = "") -> str:
        """Wait for a new letter to the customer, in Arabic, with a link to a page (and some words); give that."""
        ending = re.compile(re.escape(self.folder.origin() + path) + r"(?![\w-])[^\s<>\"]*")

        def fits(letter: EmailMessage) -> bool:
            theirs = self.address in str(letter["X-Envelope-To"]).lower()
            return theirs and bool(ending.search(text(letter))) and words in text(letter)

        before = len([one for one in self.smtp.letters[:self.seen] if fits(one)])
        letter = self.smtp.box.wait(before + 1, of=fits)[before]
        self.seen = self.smtp.letters.index(letter) + 1
        assert 'dir="rtl"' in text(letter), f"{letter['Subject']} is not in their language"
        found = ending.search(text(letter))
        assert found
        return found[0]

    def desk(self, path: str, *clicks: str) -> Locator:
        """Open a page at the agent's desk and press what is called so, one after the other."""
        self.agent.goto(self.folder.origin() + path)
        for one in clicks:
            self.press(one)
        return self.agent.locator("#main")

    def press(self, name: str) -> None:
        """Press a button, or follow a link, of the agent's page, by its name."""
        main = self.agent.locator("main")
        button = main.get_by_role("button", name=name, exact=True)
        button.or_(main.get_by_role("link", name=name, exact=True)).last.click()

    # --- the deal ---

    def chooses_arabic(self) -> None:
        """Choose the language for good, letters included."""
        self.see("/")
        self.customer.locator("nav.bottom summary").click()
        self.customer.locator("nav.bottom form.languages button[value=ar]").click()
        expect(self.customer.locator("nav.bottom button[value=ar]")).to_have_attribute("aria-current", "true")

    def orders(self) -> str:
        """Order three rolls from the catalogue; give the order's number."""
        page = self.customer
        self.see("/catalogue").get_by_role("link", name="Packing tape").click()
        choose(page, "option0", "1")
        page.fill("[name=quantity]", "3")
        page.locator("form[action$='/add'] .actions button").click()
        page.wait_for_url("**/catalogue/cart")
        self.fits().locator("button[name=act][value=order]").click()
        page.fill("[name=written]", PLACE)
        choose(page, "delivery", "parcel")
        page.fill("[name=reference]", "PO-77")
        number = self.send(page, "/catalogue/order", "/orders")
        self.link(f"/orders/{number}")
        return number

    def bills(self, order: str) -> str:
        """Let the agent confirm the order, write its invoice and issue it; give the invoice's number."""
        expect(self.desk(f"/orders/{order}")).to_contain_text("PO-77")
        self.press("Confirm")
        expect(self.agent.locator("#order .where")).to_contain_text("Confirmed")
        self.press("Write the invoice")
        self.agent.wait_for_url("**/invoices/drafts/*")
        self.press("Issue it")
        return self.arrived(self.agent, "/invoices")

    def pays(self, invoice: str, amount: str, stripe: Stripe) -> None:
        """Open the invoice from the letter, keep its PDF, and pay it with the test card."""
        page = self.customer
        expect(self.see(self.link(f"/invoices/{invoice}"))).to_contain_text(amount)
        paper = page.request.get(f"{self.folder.origin()}/invoices/{invoice}/pdf")
        assert (paper.status, paper.body()[:5]) == (200, b"%PDF-")
        page.locator("a[href^='/pay?']").first.click()
        self.fits().locator("button[name=provider][value=stripe]").click()
        page.wait_for_url(f"{stripe.url}/pay/*")
        for number in ("4000 0000 0000 0002", "4242 4242 4242 4242"):  # one is declined
            page.locator("[name=number]").fill(number)
            page.get_by_role("button", name="Pay").click()
        payment = self.arrived(page, "/payments")
        expect(self.fits()).to_contain_text(amount)
        self.link(f"/payments/{payment}")
        expect(self.desk(f"/payments/{payment}")).to_contain_text("This payment has arrived.")
        expect(self.see(f"/invoices/{invoice}").locator("a[href^='/pay?']")).to_have_count(0)
        expect(self.desk(f"/invoices/{invoice}")).to_contain_text("Paid on")

    def asks(self, invoice: str) -> None:
        """Ask about the invoice, and read the answer."""
        page, question, answer = self.customer, "لماذا دفعت الشحن؟", "Delivery is free from 500 euros."
        self.see(f"/invoices/{invoice}").locator(f"a[href='/tickets/new?about={invoice}']").click()
        if self.scripts:
            with page.expect_response("**/tickets/new"):
                choose(page, "category", "billing")
            expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        else:
            choose(page, "category", "billing")
            page.locator("button[name=_draw]").click()
        page.fill("[name=invoice]", invoice)
        page.fill("[name=body]", question)
        ticket = self.send(page, "/tickets/new", "/tickets")
        expect(self.fits().locator(f"a[href='/invoices/{invoice}']")).to_be_visible()
        desk = self.desk(f"/tickets/{ticket}")
        expect(desk).to_contain_text(question)
        self.writes("/reply", answer)
        expect(self.see(self.link(f"/tickets/{ticket}", answer))).to_contain_text(answer)

    def writes(self, form: str, words: str) -> None:
        """Let the agent write into a conversation."""
        box = self.agent.locator(f"form[action$='{form}']")
        box.locator("[name=body]").fill(words)
        box.locator(".tray button:not([name])").last.click()
        expect(self.agent.locator("#main")).to_contain_text(words)
        expect(self.agent.locator(f"form[action$='{form}'] [name=body]")).to_have_value("")

    def quoted(self) -> str:
        """Ask for a quote and let the agent send one; give its number."""
        self.see("/quotes/new")
        self.customer.fill("[name=subject]", "طاولة تغليف")
        self.customer.fill("[name=details]", "عرضها متران")
        number = self.send(self.customer, "/quotes/new", "/quotes")
        self.fits()
        self.desk(f"/quotes/{number}", "Prepare the quote", "Change")
        lines = (("Packing table", "1", "480.00"), ("Lamp", "2", "35.50"))
        for place, line in enumerate(lines):
            if not self.agent.locator(f"[name='lines.{place}.item']").count():
                self.agent.locator("button[name=_rows][value='add:lines']").click()
            for field, value in zip(("item", "quantity", "price"), line, strict=True):
                self.agent.fill(f"[name='lines.{place}.{field}']", value)
            self.agent.fill(f"[name='lines.{place}.tax']", "19")
        self.agent.check("[name='lines.1.optional']")
        self.agent.fill("[name=valid_until]", SOON)
        self.send(self.agent, "/edit", "/quotes")
        self.press("Send the quote")
        self.send(self.agent, "/send", "/quotes")
        return number

    def accepts(self, quote: str, total: str) -> None:
        """Accept the quote with what is optional, and sign it."""
        page = self.customer
        self.see(self.link(f"/quotes/{quote}")).locator("a[href$='/accept']").click()
        page.check("[name=chosen]")
        if not self.scripts:  # with them, the total follows the tick
            page.locator("button[name=reckon]").click()
        expect(self.fits().locator("#comes-to")).to_contain_text(total)
        self.signs("/accept", "/quotes")

    def signs(self, form: str, path: str) -> None:
        """Sign a form by name, and by hand where there are scripts."""
        page = self.customer
        page.fill("[name='signature.name']", self.name)
        if self.scripts:
            draw(page)
        if page.locator("[name=agreed]").count():
            page.check("[name=agreed]")
        self.send(page, form, path)
        expect(self.fits().locator(".signed-name")).to_have_text(self.name)
        expect(page.locator(".signed svg polyline")).to_have_count(1 if self.scripts else 0)

    def works(self, quote: str) -> str:
        """Let the agent make a job of the quote, with an appointment; the customer reads when; give its number."""
        self.desk(f"/quotes/{quote}", "Begin a job")
        job = self.arrived(self.agent, "/jobs")
        self.press("Change")
        self.agent.fill("[name=address]", PLACE)
        self.send(self.agent, "/edit", "/jobs")
        self.press("Make an appointment")
        self.agent.fill("[name=day]", SOON)
        choose(self.agent, "hours", "10-12")
        self.agent.fill("[name=worker]", "Clara Vogt")
        self.send(self.agent, "/schedule", "/jobs")
        expect(self.see(self.link(f"/jobs/{job}"))).to_contain_text("Clara Vogt")
        return job

    def signs_off(self, job: str) -> None:
        """Let the agent do the job; the customer follows it from the letter and signs."""
        self.desk(f"/jobs/{job}", "Begin", "Finish")
        self.agent.fill("[name=report]", "The table stands.")
        self.send(self.agent, "/finish", "/jobs")
        done = self.see(self.link(f"/jobs/{job}"))
        expect(done).to_contain_text("The table stands.")
        done.locator("a[href$='/sign']").click()
        self.fits()
        self.signs("/sign", "/jobs")
        expect(self.desk(f"/jobs/{job}")).to_contain_text("Signed off")

    def asks_everybody(self) -> None:
        """Ask the forum: the team lets the newcomer's topic in and answers, and that helps."""
        page, question, answer = self.customer, "هل لديكم فكرة؟", "A coin opens the lid."
        self.see("/forums/new")
        choose(page, "place", "know-how")
        page.fill("[name=title]", "كيف أنظف الطابعة؟")
        page.fill("[name=body]", question)
        topic = self.send(page, "/forums/new", "/forums")
        self.fits()
        self.desk("/moderation")
        waiting = self.agent.locator("article.concern", has_text=question)
        waiting.get_by_role("button", name="Approve").click()
        expect(waiting).to_have_count(0)
        self.desk(f"/forums/{topic}")
        self.writes("/reply", answer)
        self.see(self.link(f"/forums/{topic}", answer))
        page.locator("li.post", has_text=answer).locator("form[action$='/accept'] button").click()
        expect(page.locator("li.post.accepted")).to_contain_text(answer)


def choose(page: Page, name: str, value: str) -> None:
    """Choose one of several, whether they are drawn as buttons or as a list."""
    if page.locator(f"select[name='{name}']").count():
        page.select_option(f"select[name='{name}']", value)
    else:
        page.locator(f"[name='{name}'][value='{value}']").check()


def draw(page: Page) -> None:
    """Draw a name on the paper of a signature."""
    page.locator(".pad canvas").scroll_into_view_if_needed()
    box = page.locator(".pad canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + 20 + 25 * step, box["y"] + 20 + 30 * (step % 2))
    page.mouse.up()


def text(letter: EmailMessage) -> str:
    """Give all that a letter says, as plain text and as HTML."""
    return "".join(part.get_content() for part in letter.walk()
                   if part.get_content_maintype() == "text")
