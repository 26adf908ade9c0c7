// What is found in the draft, beside the editor: fetched when the page is there and after each save. Without it there is a link to the whole list.

const box = document.querySelector("[data-findings]");
const main = document.querySelector("main[data-draft]");
let timer = 0, asked = 0, waiting = false;

/** The list as it is now – not while somebody is in it with the keyboard: then when they leave it. */
async function look() {
  if (box.contains(document.activeElement)) { waiting = true; return; }
  waiting = false;
  const turn = ++asked;
  const answer = await fetch(`${box.dataset.findings}`, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (box.contains(document.activeElement)) { waiting = true; return; }
  box.replaceChildren(...made.body.childNodes);
  box.dataset.ready = main.dataset.version;
}

if (box) {
  box.addEventListener("focusout", (event) => { if (waiting && !box.contains(event.relatedTarget)) setTimeout(look); });
  main.addEventListener("studio:saved", () => { clearTimeout(timer); timer = setTimeout(look, 400); });
  look();
}
