// The studio: keeps the preview in step, tells who else is there and what they changed. Everything saves without it too.
import { keep, news } from "./studio-save.js";

const main = document.querySelector("main[data-draft]");
const base = main?.dataset.draft;

document.querySelector("nav.parts [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone the parts are one line

// ---- the preview

const frame = document.querySelector("iframe[data-preview]");
const theme = document.querySelector("[data-preview-theme]");
let face = frame ? new URL(frame.src).pathname.split("/").pop() : "";

/** Which of the documents the preview was at. */
function within(next) {
  const here = [frame.contentWindow.location.href, frame.src].map((each) => new URL(each, location)).find((each) => each.pathname.endsWith(`/${next}`));
  return here ? ["kind", "licence"].filter((name) => here.searchParams.get(name)).map((name) => `&${name}=${encodeURIComponent(here.searchParams.get(name))}`).join("") : "";
}

function show(next = face) {
  if (!frame) return;
  face = next;
  const address = `${base}/preview/${face}?theme=${theme?.value || ""}${within(next)}`;
  frame.contentWindow.location.replace(address);
  const open = document.querySelector("[data-preview-open]");
  if (open) open.href = address;
  for (const link of document.querySelectorAll("[data-face]")) {
    if (link.dataset.face === face) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
}
for (const link of document.querySelectorAll("[data-face]")) link.addEventListener("click", (event) => { event.preventDefault(); show(link.dataset.face); });
theme?.addEventListener("change", () => show());
if (frame) show();

// ---- saving

const shown = (told) => {
  show();
  main.dispatchEvent(new CustomEvent("studio:saved", { detail: told }));
};
for (const form of document.querySelectorAll("form[data-studio]")) keep(form, shown);

// ---- fields are dragged to where they belong; the buttons beside them do the same

let dragged = null;
for (const block of document.querySelectorAll("[data-field]")) {
  block.addEventListener("dragstart", (event) => { dragged = block; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", block.dataset.field); });
  block.addEventListener("dragend", () => { dragged = null; });
  block.addEventListener("dragover", (event) => { if (dragged && dragged !== block) { event.preventDefault(); block.classList.add("over"); } });
  block.addEventListener("dragleave", () => block.classList.remove("over"));
  block.addEventListener("drop", (event) => { event.preventDefault(); block.classList.remove("over"); if (dragged && dragged !== block) place(dragged.dataset.field, block.closest("[data-section]").dataset.section, block.dataset.field); });
}

function place(field, section, before) {
  const form = document.querySelector("form input[name=do]")?.form.cloneNode(false);
  if (!form) return;
  const given = { csrf_token: document.querySelector("input[name=csrf_token]").value, command_id: crypto.randomUUID(), do: "place", field, section, before, page: new URLSearchParams(location.search).get("page") || "" };
  form.action = `${base}/form/`;
  form.method = "post";
  for (const [name, value] of Object.entries(given)) { const input = document.createElement("input"); input.type = "hidden"; input.name = name; input.value = value; form.append(input); }
  document.body.append(form);
  form.submit();
}

// ---- keys

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
  const button = document.querySelector(`[data-verb=${event.shiftKey ? "redo" : "undo"}]`);
  if (button && !button.disabled) { event.preventDefault(); button.form.requestSubmit(button); }
});

// ---- who else is here

const line = document.querySelector("[data-others]");
async function sit() {
  if (document.hidden || !line) return;
  const body = new FormData();
  body.append("at", main.dataset.at || "");
  body.append("csrf_token", document.querySelector("input[name=csrf_token]")?.value || "");
  const answer = await fetch(`${base}/seat`, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  line.replaceChildren(...told.others.flatMap((text) => { const tag = document.createElement("span"); tag.className = "tag"; tag.textContent = text; return [tag, " "]; }));
  if (Number(told.version) > Number(main.dataset.version)) news();
}
if (base) {
  setInterval(sit, 10000);
  window.addEventListener("focus", sit);
  document.addEventListener("visibilitychange", sit);
}
