// The route editor: after each save the drawing, the outline and what was found are fetched anew; without it a reload shows the same.

const main = document.querySelector("main[data-draft]");
let asked = 0;

async function refresh() {
  const mine = ++asked;
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || mine !== asked) return; // a later save asks again
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!now || now.innerHTML === part.innerHTML) continue;
    const held = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const scrolled = part.querySelector(".scroll")?.scrollLeft ?? 0;
    part.replaceChildren(...now.childNodes);
    if (scrolled) part.querySelector(".scroll")?.scrollTo({ left: scrolled });
    if (held) part.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
  }
}
main?.addEventListener("studio:saved", refresh);
// the chosen station is brought into sight
if (matchMedia("(min-width:64rem)").matches) document.querySelector(".route a.sel")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone it is far below
