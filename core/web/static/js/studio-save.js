// Saving as one types, and losing nothing: what was sent is sent again until it is answered, what others wrote comes into the boxes that one did not touch,
// what both wrote is shown side by side, and what is not saved yet outlives the page, the log-in and the server.

const main = document.querySelector("main[data-draft]");
const base = main?.dataset.draft;
const line = document.querySelector("[data-saved]");
const words = document.documentElement.lang.startsWith("zh")
  ? { saving: "正在保存…", saved: "已保存", failed: "没有存上，正在再试；写的都还在", out: "登录已过期，写的都还在。重新登录以后接着存：", login: "重新登录", now: "现在：", yours: "你写的：", use_mine: "用我的", use_theirs: "用现在的", gone: "这里已经被移除", kept: "上次没有存上的，还在这里：", moved: "有几处没有存上，别人在这期间也改了" }
  : { saving: "Saving…", saved: "Saved", failed: "Not saved, trying again; what you wrote is kept", out: "Your log-in has ended; what you wrote is kept. Log in again and it is saved: ", login: "Log in again", now: "Now: ", yours: "Yours: ", use_mine: "Use mine", use_theirs: "Use what is there", gone: "This was removed", kept: "Not saved last time, still here:", moved: "Some of it was not saved, and somebody else changed it meanwhile" };
const tell = (text, ...more) => line?.replaceChildren(text, ...more);
/** Whether something that was written is not on the server yet. */
const waiting = (yes) => { if (line) line.ariaBusy = String(yes); };

// ---- the boxes of a form

/** Names that say which form it is, not what is in it. */
const OWN = new Set(["csrf_token", "command_id", "_version", "at", "part", "only", "back"]);
const ticks = (box) => box.type === "radio" || box.type === "checkbox";
const keyOf = (box) => (ticks(box) ? `${box.name}=${box.value}` : box.name);
const valueOf = (box) => (ticks(box) ? box.checked : box.value);
const boxes = (form) => [...form.elements].filter((box) => box.name && !OWN.has(box.name) && box.tagName !== "BUTTON" && box.tagName !== "FIELDSET" && box.type !== "file");
const stateOf = (form) => new Map(boxes(form).map((box) => [keyOf(box), valueOf(box)]));
const hidden = (form, name) => form.querySelector(`input[name="${name}"]`);
const nameOf = (form) => ["at", "part", "only"].map((name) => hidden(form, name)?.value || "").join("|");

function put(box, value) {
  if (ticks(box)) box.checked = value; else box.value = value;
  box.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: "studio" })); // conditions see it; nobody typed it
}

const labelOf = (box) => box.labels?.[0]?.textContent.trim() || box.getAttribute("aria-label") || box.closest("fieldset")?.querySelector("legend")?.textContent.trim() || box.name;

// ---- what is not saved yet, kept beside the page

const shelf = (form) => `studio:${main.dataset.me}:${base}:${nameOf(form)}`;
function store(form, unsaved) {
  try {
    if (unsaved.size) sessionStorage.setItem(shelf(form), JSON.stringify([...unsaved])); else sessionStorage.removeItem(shelf(form));
  } catch { /* full or forbidden: the page itself still holds it */ }
}
function stored(form) {
  try { return new Map(JSON.parse(sessionStorage.getItem(shelf(form)) || "[]")); } catch { return new Map(); }
}

// ---- two versions side by side

const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
const button = (text, run) => { const made = make("button", text, { type: "button", className: "btn sm" }); made.addEventListener("click", run); return made; };

/** Somebody else changed the same spots: both are shown, and the reader says which stays. Nothing of theirs or of mine is lost meanwhile. */
function sideBySide(text, clashes, choices) {
  const box = document.querySelector("[data-clashes]");
  if (!box) return;
  const lines = clashes.map((each) => {
    const item = document.createElement("li");
    item.append(make("b", each.name, { lang: "zh-CN" }));
    if (each.gone && !each.theirs) item.append(` ${words.gone}`); else item.append(` ${words.now}`, make("ins", each.theirs, { lang: "zh-CN" }));
    if (each.who) item.append(" ", make("span", `${each.who} ${each.when}`, { className: "small muted" }));
    item.append(` ${words.yours}`, make("del", each.yours, { lang: "zh-CN" }));
    return item;
  });
  const list = document.createElement("ul");
  list.append(...lines);
  const row = make("p", "", { className: "row" });
  row.append(...choices.map(([label, run]) => button(label, () => { box.hidden = true; run(); })));
  box.replaceChildren(make("p", text), list, row);
  box.hidden = false;
  box.focus();
}

// ---- one form

const keepers = [];

/** Save a form of the studio as it is filled. *shown* is called after each save. */
export function keep(form, shown) {
  let timer = 0, busy = false, dirty = false, stopped = false, behind = false, leaving = false, wait = 500, choice = "", held = null;
  let pending = null; // what went out and was not answered: it may have been saved, so it goes out again as it was
  let synced = stateOf(form); // what the page knew when it last heard from the server
  const unsaved = new Map(); // box → [what it held, what was typed]

  /** The page as it is now; null where there is none any more. Throws without a server or a log-in. */
  const fresh = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected || answer.status >= 500) throw new Error("later");
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  };

  /** What others wrote comes into the boxes that were not touched here. Where both wrote nothing is taken: the next save is told by the server. */
  const catchUp = async (quietly) => {
    const page = await fresh();
    const other = page && [...page.querySelectorAll("form[data-studio]")].find((each) => nameOf(each) === nameOf(form));
    if (!other) return;
    const theirs = stateOf(other), mine = stateOf(form);
    if (theirs.size !== mine.size || [...theirs.keys()].some((key) => !mine.has(key))) { // rows came or went
      if (quietly) return;
      sessionStorage.setItem("studio:focus", document.activeElement?.name || "");
      leaving = true;
      location.reload();
      return;
    }
    const touched = (key) => mine.get(key) !== synced.get(key) && mine.get(key) !== theirs.get(key);
    if ([...theirs].some(([key, value]) => value !== synced.get(key) && touched(key))) return;
    for (const box of boxes(form)) if (!touched(keyOf(box)) && valueOf(box) !== theirs.get(keyOf(box))) put(box, theirs.get(keyOf(box)));
    synced = theirs;
    hidden(form, "_version").value = main.dataset.version = hidden(other, "_version").value;
    shown();
  };

  /** The log-in or its token is over: the page read anew brings a new token once somebody has logged in – here or in another tab. */
  const signedIn = async () => {
    const token = (await fresh().catch(() => null))?.querySelector("input[name=csrf_token]")?.value;
    if (token) for (const each of document.querySelectorAll("input[name=csrf_token]")) each.value = token;
    return Boolean(token);
  };

  const failed = () => { tell(words.failed); wait = Math.min(wait * 2, 15000); dirty = true; };

  const answered = (told) => {
    synced = pending.sent;
    pending = null;
    hidden(form, "command_id").value = told.command_id;
    behind = Boolean(told.stale);
    if (!behind) hidden(form, "_version").value = main.dataset.version = told.version;
    for (const [key, [, text]] of unsaved) if (!synced.has(key) || synced.get(key) === text) unsaved.delete(key);
    store(form, unsaved);
    tell(`${words.saved} ${told.saved}`);
    const title = document.querySelector("[data-title]");
    if (title) title.textContent = told.title;
    const undo = document.querySelector("[data-verb=undo]");
    if (undo) undo.disabled = false;
    wait = 500;
    shown(told);
  };

  const refused = async (answer, told) => {
    if ([400, 401, 403].includes(answer.status)) {
      dirty = true;
      if (await signedIn()) { wait = 500; return; }
      wait = Math.min(wait * 2, 15000);
      tell(words.out, make("a", words.login, { href: `/office/login/?next=${encodeURIComponent(location.pathname)}`, target: "_blank", rel: "noopener" }));
      return;
    }
    pending = null; // nothing of it was written
    stopped = true;
    const chosen = (which) => () => { choice = which; send(); };
    tell(told.clashes?.length ? "" : told.error || words.failed);
    if (told.clashes?.length) sideBySide(told.error, told.clashes, [[words.use_mine, chosen("_mine")], [words.use_theirs, chosen("_theirs")]]);
  };

  const outgoing = () => {
    const body = new FormData(form);
    if (choice) body.append(choice, "1");
    choice = "";
    return { body, sent: stateOf(form) };
  };

  async function send() {
    if (busy) { dirty = true; return; }
    const owed = dirty || pending || choice;
    [busy, dirty, stopped] = [true, false, false];
    if (owed) tell(words.saving);
    try {
      if (behind) { await catchUp(false); behind = false; }
      if (owed && !leaving) {
        pending ??= outgoing();
        pending.body.set("csrf_token", hidden(form, "csrf_token").value);
        const answer = await fetch(form.action, { method: "POST", body: pending.body, headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (answer.status >= 500) throw new Error("later");
        const told = await answer.json();
        if (!answer.ok) await refused(answer, told);
        else answered(told);
      }
    } catch { failed(); }
    busy = false;
    if (!pending && !stopped && !dirty) dirty = unsaved.size > 0; // typed while an older text was on its way
    waiting(dirty || Boolean(pending));
    if (held && !stopped) { const { submitter } = held; held = null; form.requestSubmit(submitter); } else if (dirty || behind) later(behind && !dirty ? 0 : wait);
  }

  const later = (delay = wait) => { clearTimeout(timer); timer = setTimeout(send, delay); };
  const touched = () => { dirty = true; waiting(true); later(); };
  const typed = (event) => {
    if (event.detail === "studio") return;
    const box = event.target;
    if (box.name && !OWN.has(box.name) && box.type !== "file") {
      const key = keyOf(box);
      if (valueOf(box) === synced.get(key) && !pending && !dirty && !unsaved.size) return; // left as it was
      if (valueOf(box) === synced.get(key)) unsaved.delete(key); else unsaved.set(key, [synced.get(key) ?? null, valueOf(box)]);
      store(form, unsaved);
    }
    touched();
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("click", (event) => { if (event.target.closest("button[name=_op]") && event.defaultPrevented) touched(); }); // rows came or went here; other shapes are the server's
  form.addEventListener("submit", (event) => { // a save under way carries the same command: what is sent beside it would be taken for the same once more
    if (busy) { event.preventDefault(); held = event; return; }
    clearTimeout(timer);
    if (pending) hidden(form, "command_id").value = crypto.randomUUID(); // what is on its way has the other one
    [pending, dirty, leaving] = [null, false, true];
  });
  window.addEventListener("beforeunload", (event) => { if ((dirty || busy || pending) && !leaving) event.preventDefault(); });
  for (const sign of ["online", "focus"]) window.addEventListener(sign, () => { if (dirty && !stopped) later(0); });

  /** What was typed as the server keeps it: it drops spaces around, full-width forms, noughts before a number – that is no other's version. */
  const tidied = (value) => String(value).normalize("NFKC").trim().replace(/^0+(?=\d)/, "");

  /** What was typed before the page went away – a server or a log-in that was lost, a closed lid – comes back, or is shown beside what is there now. */
  const bringBack = () => {
    const found = boxes(form), apart = [];
    for (const [key, [was, text]] of stored(form)) {
      const box = found.find((each) => keyOf(each) === key);
      if (box && tidied(valueOf(box)) === tidied(text)) continue;
      if (box && valueOf(box) === was) { put(box, text); unsaved.set(key, [was, text]); } else apart.push({ box, text, name: box ? labelOf(box) : key, gone: !box, theirs: box ? String(valueOf(box)) : "", yours: String(text) });
    }
    if (unsaved.size) touched();
    const mine = () => { for (const { box, text } of apart) if (box) { unsaved.set(keyOf(box), [valueOf(box), text]); put(box, text); } touched(); };
    if (apart.length) sideBySide(words.moved, apart, [[words.use_mine, mine], [words.use_theirs, () => store(form, unsaved)]]);
    else store(form, unsaved);
  };
  bringBack();

  keepers.push({
    idle: () => !dirty && !busy && !pending,
    /** Everything typed is saved; false where it could not be. */
    async flush() {
      clearTimeout(timer);
      if (dirty && !busy) await send();
      while (busy) await new Promise((done) => { setTimeout(done, 30); });
      return !stopped && !dirty && !pending;
    },
    /** Others changed the draft. */
    news: async () => { if (!dirty && !busy && !pending && !stopped) await catchUp(true).catch(() => {}); },
  });
}

/** Others changed the draft: what they wrote is shown where nothing is on its way. */
export const news = () => Promise.all(keepers.map((each) => each.news()));

const settled = () => keepers.every((each) => each.idle());

// whoever goes on – to another part, by a button, by undoing – has what was typed saved first
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-studio]") || form.method !== "post" || settled() || event.defaultPrevented) return;
  event.preventDefault();
  const { submitter } = event;
  const saved = await Promise.all(keepers.map((each) => each.flush()));
  if (!saved.every(Boolean)) return;
  form.requestSubmit(submitter);
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || settled() || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.pathname === location.pathname && link.search === location.search) return;
  event.preventDefault();
  await Promise.all(keepers.map((each) => each.flush()));
  location.href = link.href;
});

const last = sessionStorage.getItem("studio:focus");
if (last) { sessionStorage.removeItem("studio:focus"); document.querySelector(`form[data-studio] [name="${CSS.escape(last)}"]`)?.focus(); }
