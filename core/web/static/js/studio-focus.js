// A button that loads the page anew – up, down, undo – has the focus again afterwards: whoever works with keys goes on where they were.

const KEY = "studio-focus";
const FRESH = ["csrf_token", "command_id", "_version", "landing", "page"];

/** What a button of the page does, said so that the same one is known on the next page: where its form goes and what it asks. */
const meaning = (button) => {
  const asked = [...new FormData(button.form)].filter(([name]) => !FRESH.includes(name));
  return JSON.stringify([new URL(button.form.action).pathname, asked, button.name, button.value, button.textContent.trim()]);
};
/** Forms in which something is written lead to what was made; only bare buttons are pressed twice. */
const bare = (form) => form.method === "post" && !form.querySelector("input:not([type=hidden]),select,textarea");

function back() {
  const held = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (!held || document.querySelector("[data-focus]")) return; // an error has the focus
  const buttons = [...document.querySelectorAll("main form button")].filter((each) => bare(each.form));
  const found = buttons.find((each) => meaning(each) === held);
  if (found && !found.disabled) found.focus();
  else found?.closest(".row")?.querySelector("button:not(:disabled)")?.focus(); // nothing left to undo: redo is beside it
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && bare(event.target) && event.target.closest("main[data-draft]")) sessionStorage.setItem(KEY, meaning(button));
});
if (!location.hash) back();
else addEventListener("load", () => setTimeout(back)); // what the address names is brought into sight first, and takes the focus away
