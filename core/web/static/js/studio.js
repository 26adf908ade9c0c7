// The studio: saves as one types, tells what clashes and who else is there, keeps the preview in step. Everything saves without it too.

const main = document.querySelector("main[data-draft]");
const base = main?.dataset.draft;
const saved = document.querySelector("[data-saved]");
const tell = (text) => { if (saved) saved.textContent = text; };
/** Whether something that was written is not on the server yet. */
const pending = (yes) => { if (saved) saved.ariaBusy = String(yes); };
const words = document.documentElement.lang.startsWith("zh")
  ? { saving: "正在保存…", saved: "已保存", failed: "没有存上，正在再试", theirs: "现在：", mine: "你写的：", use_mine: "用我的", use_theirs: "用现在的", gone: "这里已经被移除" }
  : { saving: "Saving…", saved: "Saved", failed: "Not saved, trying again", theirs: "Now: ", mine: "Yours: ", use_mine: "Use mine", use_theirs: "Use what is there", gone: "This was removed" };

// ---- the preview

const frame = document.querySelector("iframe[data-preview]");
const theme = document.querySelector("[data-preview-theme]");
let face = frame ? new URL(frame.src).pathname.split("/").pop() : "";

function show(next = face) {
  if (!frame) return;
  face = next;
  const address = `${base}/preview/${face}?theme=${theme?.value || ""}`;
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

/** Somebody else changed the same spots: both are shown, and the reader says which stays. Nothing of theirs or of mine is lost meanwhile. */
function clash(form, told, again) {
  const box = document.querySelector("[data-clashes]");
  if (!box) return;
  const line = (each) => {
    const item = document.createElement("li");
    const part = (label, tag, text) => { const node = document.createElement(tag); node.lang = "zh-CN"; node.textContent = text; item.append(` ${label}`, node); };
    const spot = document.createElement("span");
    spot.className = "hash";
    spot.textContent = each.at;
    item.append(spot);
    if (each.gone) item.append(` ${words.gone}`); else part(words.theirs, "ins", each.theirs);
    part(words.mine, "del", each.yours);
    return item;
  };
  const list = document.createElement("ul");
  list.append(...told.clashes.map(line));
  const text = document.createElement("p");
  text.textContent = told.error;
  const button = (label, run) => { const made = document.createElement("button"); made.type = "button"; made.className = "btn sm"; made.textContent = label; made.addEventListener("click", run); return made; };
  const row = document.createElement("p");
  row.className = "row";
  row.append(button(words.use_mine, () => { box.hidden = true; again(true); }), button(words.use_theirs, () => location.reload()));
  box.replaceChildren(text, list, row);
  box.hidden = false;
  box.focus();
}

function keep(form) {
  let timer = 0, busy = false, dirty = false, stopped = false, wait = 500, held = null;
  const hidden = (name) => form.querySelector(`input[name="${name}"]`);
  const send = async (mine = false) => {
    if (busy) { dirty = true; return; }
    busy = true;
    dirty = false;
    stopped = false;
    tell(words.saving);
    const body = new FormData(form);
    if (mine) body.append("_mine", "1");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      const told = await answer.json();
      if (answer.ok) {
        hidden("_version").value = told.version;
        hidden("command_id").value = told.command_id;
        for (const other of document.querySelectorAll('form:not([data-studio]) input[name="_version"]')) other.value = told.version;
        main.dataset.version = told.version;
        tell(`${words.saved} ${told.saved}`);
        const title = document.querySelector("[data-title]");
        if (title) title.textContent = told.title;
        const undo = document.querySelector("[data-verb=undo]");
        if (undo) undo.disabled = false;
        wait = 500;
        show();
        main.dispatchEvent(new CustomEvent("studio:saved", { detail: told }));
      } else if (told.clashes?.length) {
        stopped = true;
        tell("");
        clash(form, told, send);
      } else { stopped = true; tell(told.error || words.failed); }
    } catch {
      tell(words.failed);
      wait = Math.min(wait * 2, 15000);
      dirty = true;
    }
    busy = false;
    pending(dirty);
    if (held) { const button = held.submitter; held = null; form.requestSubmit(button); } else if (dirty) later();
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(() => { if (!stopped || dirty) send(); }, wait); };
  const touched = () => { dirty = true; stopped = false; pending(true); later(); };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("click", (event) => { if (event.target.closest("button[name=_op]") && event.defaultPrevented) touched(); }); // rows came or went here; other shapes are the server's
  form.addEventListener("submit", (event) => { // a save under way carries the same command: what is sent beside it would be taken for the same once more
    if (busy) { event.preventDefault(); held = event; return; }
    clearTimeout(timer);
    dirty = false;
  });
  window.addEventListener("beforeunload", (event) => { if (dirty || busy) event.preventDefault(); });
}
for (const form of document.querySelectorAll("form[data-studio]")) keep(form);

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
}
if (base) setInterval(sit, 20000);
