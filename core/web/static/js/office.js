// Keyboard for the worklist, focus for errors, and forms that go out once. Everything works without it.
import "./unfold.js";

for (const spot of document.querySelectorAll("[data-focus]")) spot.focus();

// Where one is stays in sight among doors that do not fit on a phone.
const door = document.querySelector(".bar .nav [aria-current]");
if (door) door.parentElement.scrollLeft = door.offsetLeft - (door.parentElement.clientWidth - door.offsetWidth) / 2;

// The doors behind the last one shut when one goes elsewhere, and with Escape.
const more = document.querySelector(".bar .more");
if (more) {
  document.addEventListener("click", (event) => { if (!more.contains(event.target)) more.open = false; });
  more.addEventListener("focusout", (event) => { if (event.relatedTarget && !more.contains(event.relatedTarget)) more.open = false; });
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary").focus();
  });
}

// A route wider than its place is shown where the case stands.
for (const way of document.querySelectorAll(".scroll:has(> svg.route .here)")) {
  const here = way.querySelector(".here").getBoundingClientRect();
  const seen = way.getBoundingClientRect();
  way.scrollLeft += here.left + here.width / 2 - seen.left - seen.width / 2;
}

const table = document.querySelector("table[data-keys]");
if (table) {
  const links = [...table.querySelectorAll("tbody a")];
  let at = -1;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const step = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!step || !links.length) return;
    at = Math.min(Math.max(at + step, 0), links.length - 1);
    links[at].focus();
    event.preventDefault();
  });
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault(); // the command id makes a second one harmless; this spares the wait
    form.dataset.sent = "yes"; // form.js takes it off a form that waits for its files
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; }); // back again, the form may go out once more
  form.addEventListener("keydown", (event) => {
    const main = form.querySelector("button.main[name=action]");
    if (event.key === "Enter" && event.ctrlKey && main) form.requestSubmit(main);
  });
}

// Work under way: the part that shows it is read again until it says that it is done. Without this, the link beside it does the same.
const again = async () => {
  const shown = document.querySelector("[data-going]");
  if (!shown) return;
  if (!document.hidden) {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(shown.id);
      if (fresh && !shown.contains(document.activeElement)) shown.replaceWith(fresh);
    }
  }
  setTimeout(again, 2000);
};
setTimeout(again, 2000);

// What the worker does is shown while it does it; without a script the page has a link that loads it anew.
const live = document.querySelector("[data-live]");
if (live) {
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
      if (!answer.ok || !fresh) return location.reload(); // over, or something to decide: the whole page is another
      live.replaceChildren(...fresh.childNodes);
    } catch {
      // no connection for the moment: the next look tells
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}
