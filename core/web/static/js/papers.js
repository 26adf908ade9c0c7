// The document designer: a paragraph is written on the sheet itself – what stands for the case's own values is one piece there –, moved by hand or by keys.
// The text lives in the form's own box, which saves as every editor of the studio does; the sheet is drawn anew from the server, so its lines are those of paper.

const main = document.querySelector("main[data-draft]");
const sheet = document.querySelector("[data-sheet]");
const names = JSON.parse(sheet.dataset.names);
const forms = [...sheet.querySelectorAll("form[data-para]")];
const NAMED = /\{\{([^{}]*)\}\}/;
let last = null; // where the caret was, for who inserts from the menu
for (const part of document.querySelectorAll("[data-with-js]")) part.hidden = false;
for (const part of document.querySelectorAll("[data-without-js]")) part.hidden = true;

// ---- text ↔ what one sees of it

function piece(name) {
  const made = document.createElement("span");
  made.className = names[name] ? "name-in" : "name-in odd";
  made.contentEditable = "false";
  made.dataset.name = name;
  made.textContent = names[name] || name;
  return made;
}

function build(set, text) {
  const parts = text.split(NAMED); // every second one is a name
  set.replaceChildren(...parts.map((part, n) => (n % 2 ? piece(part.trim()) : document.createTextNode(part))));
}

function read(node) {
  let text = "";
  for (const each of node.childNodes) {
    if (each.nodeType === Node.TEXT_NODE) text += each.data;
    else if (each.dataset?.name !== undefined) text += `{{${each.dataset.name}}}`;
    else if (each.tagName === "BR") text += "\n";
    else text += (each.tagName === "DIV" && text ? "\n" : "") + read(each);
  }
  return text.replaceAll("\u00a0", " ");
}

/** Put *nodes* where the caret is, and the caret behind them. */
function insert(nodes) {
  const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
  if (!range) return;
  range.deleteContents();
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes);
  range.insertNode(fragment);
  range.collapse(false);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

// ---- one paragraph

function writable(form) {
  const set = form.querySelector(".set"), box = form.querySelector("textarea");
  let drawn = null;
  for (const rest of form.querySelectorAll(".rest")) rest.hidden = true;
  if (box.readOnly) return;
  Object.assign(set, { contentEditable: "true", role: "textbox", ariaMultiLine: "true", ariaLabel: box.getAttribute("aria-label"), spellcheck: false });
  const wrote = () => { box.value = read(set).replace(/\n+$/, ""); box.dispatchEvent(new Event("input", { bubbles: true })); };
  set.addEventListener("focus", () => {
    drawn = { html: [...set.childNodes], text: box.value };
    build(set, box.value);
    set.classList.add("live");
    choose(form.dataset.para);
  });
  set.addEventListener("blur", () => {
    if (drawn && drawn.text === box.value) { set.replaceChildren(...drawn.html); set.classList.remove("live"); } else if (drawn) build(set, box.value);
    drawn = null;
    if (main.dataset.stale) refresh();
  });
  set.addEventListener("mousedown", (event) => { // the words are set anew for writing; the caret goes to where the mouse is then
    if (drawn || event.button) return;
    event.preventDefault();
    set.focus();
    const at = document.caretPositionFromPoint ? document.caretPositionFromPoint(event.clientX, event.clientY) : null;
    const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    const [node, offset] = at ? [at.offsetNode, at.offset] : [range?.startContainer, range?.startOffset];
    if (node && set.contains(node)) getSelection().collapse(node, offset);
  });
  set.addEventListener("input", wrote);
  set.addEventListener("wrote", wrote);
  box.addEventListener("change", (event) => { if (event.detail === "studio" && drawn) build(set, box.value); });
  set.addEventListener("paste", (event) => { event.preventDefault(); insert([document.createTextNode(event.clipboardData.getData("text/plain"))]); wrote(); });
  set.addEventListener("keydown", (event) => {
    if (event.key === "Escape") set.blur();
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") event.stopPropagation(); // of the words here, not of the draft
    if (event.key === "Enter") { event.preventDefault(); if (form.dataset.para) { document.execCommand("insertLineBreak"); } }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && form.dataset.para) { event.preventDefault(); send({ do: event.key === "ArrowUp" ? "up" : "down", block: form.dataset.para }); }
  });
}
forms.forEach(writable);

document.addEventListener("selectionchange", () => {
  const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
  const set = range && (range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer).closest(".set.live");
  if (set) last = { set, range: range.cloneRange() };
});

/** A name is put in where the caret was; else at the end of the chosen paragraph. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const set = last?.set.isConnected ? last.set : (sheet.querySelector(".para.sel .set") || sheet.querySelector(".para[data-movable] .set"));
  if (!set) return;
  const range = last?.set === set ? last.range : null;
  set.focus();
  const selection = getSelection();
  if (range && set.contains(range.startContainer)) { selection.removeAllRanges(); selection.addRange(range); } else { selection.selectAllChildren(set); selection.collapseToEnd(); }
  insert([piece(document.getElementById("insert").value)]);
  set.dispatchEvent(new Event("wrote"));
});
document.addEventListener("mousedown", (event) => { if (event.target.closest("[data-insert]")) event.preventDefault(); }); // the caret stays where it is

// ---- which paragraph the panel is about, and the sheet as it is on the server

function choose(block) {
  const address = new URL(location.href);
  if ((address.searchParams.get("block") || "") === block) return;
  if (block) address.searchParams.set("block", block); else address.searchParams.delete("block");
  address.hash = "";
  history.replaceState(null, "", address);
  for (const form of forms) form.classList.toggle("sel", form.dataset.para === block && block !== "");
  refresh();
}

let asked = 0;
async function refresh() {
  const mine = ++asked;
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected || mine !== asked) return; // a later one asks again
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  delete main.dataset.stale;
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    const filling = [...part.querySelectorAll("textarea:not(.rest),input[type=text]")].some((box) => box.value !== box.defaultValue);
    if (filling || part.contains(document.activeElement)) { main.dataset.stale = "yes"; continue; }
    if (!now || now.innerHTML === part.innerHTML) continue;
    part.replaceChildren(...now.childNodes);
    part.classList.remove("live");
  }
  for (const form of forms) {
    const now = fresh.getElementById(form.id);
    if (now) form.className = now.className;
  }
}
main.addEventListener("studio:saved", refresh);

// ---- moving: by hand at the number beside a paragraph, by Alt and the arrows in it

function send(given) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: `${main.dataset.draft}/documents/`, hidden: true });
  const all = new URLSearchParams(location.search).get("all") || "";
  const known = { csrf_token: document.querySelector("input[name=csrf_token]").value, command_id: crypto.randomUUID(), kind: sheet.dataset.kind, all };
  for (const [name, value] of Object.entries({ ...known, ...given })) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.requestSubmit(); // what is being written is saved first
}

let dragged = "";
const targets = [...sheet.querySelectorAll("form[data-movable]"), sheet.querySelector(".s-signed")];
for (const form of forms) {
  const grip = form.querySelector(".grip[draggable]");
  grip?.addEventListener("dragstart", (event) => { dragged = form.dataset.para; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", dragged); });
  grip?.addEventListener("dragend", () => { dragged = ""; });
  grip?.addEventListener("click", (event) => { event.preventDefault(); form.querySelector(".set[contenteditable]")?.focus(); });
}
for (const target of targets) {
  target.addEventListener("dragover", (event) => { if (dragged && dragged !== target.dataset.para) { event.preventDefault(); target.classList.add("over"); } });
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    if (dragged && dragged !== target.dataset.para) send({ do: "move", block: dragged, before: target.dataset.para || "" });
  });
}
// whoever was sent to a paragraph goes on writing in it
document.querySelector(".para.sel .set[contenteditable]")?.focus({ preventScroll: true });
