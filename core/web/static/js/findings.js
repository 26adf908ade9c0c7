// What is found in the draft, beside the editor: fetched when the page is there and after each save. Without it there is a link to the whole list.
import "./studio-focus.js";

const box = document.querySelector("[data-findings]");
const main = document.querySelector("main[data-draft]");
const words = document.documentElement.lang.startsWith("zh") ? (count) => `${count} 处要改` : (count) => `${count} to mend`;
let timer = 0, asked = 0, waiting = false;

/** In the list of parts: how much of each keeps the item from being published, in place of how much is in it. */
function count(told) {
  for (const link of document.querySelectorAll(".parts [data-part]")) {
    link.querySelector(".stop")?.remove();
    const found = told.split(" ").find((each) => each.startsWith(`${link.dataset.part}:`));
    const measure = link.querySelector(".tag");
    if (measure) measure.hidden = Boolean(found);
    if (!found) continue;
    const tag = document.createElement("span");
    tag.className = "tag stop";
    tag.textContent = words(found.split(":")[1]);
    link.append(" ", tag);
  }
}

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
  count(box.querySelector("[data-counts]")?.dataset.counts || "");
  box.dataset.ready = main.dataset.version;
}

if (box) {
  box.addEventListener("focusout", (event) => { if (waiting && !box.contains(event.relatedTarget)) setTimeout(look); });
  main.addEventListener("studio:saved", () => { clearTimeout(timer); timer = setTimeout(look, 400); });
  look();
}
