// Forms with JavaScript: conditions and computed values at once, rows without a page load, drafts that save by themselves.
// Everything here is a convenience: the same form works without it, and only the server's answer counts.
import { evaluate, value as compute } from "./rules.js";

const json = (root, name) => JSON.parse(root.querySelector(`script[${name}]`)?.textContent || "null");
const fold = (text) => text.normalize("NFKC").trim();
const at = (form, name) => form.querySelector(`[data-f="${CSS.escape(name)}"]`);

/** Say something to screen readers without moving anybody. */
function announcer(form) {
  const line = document.createElement("p");
  line.className = "vh";
  line.setAttribute("role", "status");
  form.append(line);
  return (text) => { line.textContent = ""; setTimeout(() => { line.textContent = text; }, 60); };
}

// ---- answers as facts

const number = (text) => {
  const bare = fold(text).replace(/(\d)[, ](?=\d{3})/g, "$1");
  return bare !== "" && Number.isFinite(Number(bare)) ? Number(bare) : null;
};

function day(field, name) {
  const part = (p) => fold(field.querySelector(`[name="${CSS.escape(name)}-${p}"]`)?.value || "");
  const [y, m, d] = ["year", "month", "day"].map(part);
  if (!/^\d{4}$/.test(y) || !/^\d{1,2}$/.test(m) || !/^\d{1,2}$/.test(d)) return null;
  const iso = `${y}-${m.padStart(2, "0")}-${d.padStart(2, "0")}`;
  const real = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(real.valueOf()) && real.toISOString().startsWith(iso) ? iso : null;
}

function read(field) {
  const name = field.dataset.f;
  const picked = (type) => [...field.querySelectorAll(`input[type=${type}][name="${CSS.escape(name)}"]:checked`)].map((box) => box.value);
  const text = () => fold(field.querySelector(`[name="${CSS.escape(name)}"]`)?.value || "") || null;
  switch (field.dataset.k) {
    case "number": case "integer": { const typed = text(); return typed === null ? null : number(typed); }
    case "money": {
      const amount = number((text() || "").replace(/[¥￥元]/g, ""));
      return amount === null ? null : Math.round(amount * 100);
    }
    case "date": return day(field, name);
    case "yes_no": { const [key] = [...picked("radio"), field.querySelector("select")?.value].filter(Boolean); return key ? key === "true" : null; }
    case "statement": return picked("checkbox").length ? true : null;
    case "choice": return picked("radio")[0] ?? text();
    case "choices": return picked("checkbox");
    case "computed": return field.dataset.v === undefined ? null : JSON.parse(field.dataset.v);
    case "file": case "photo": return [...field.querySelectorAll(`input[name^="${CSS.escape(name)}-"][name$="-id"]`)].map((ref) => ({ id: ref.value }));
    default: return text();
  }
}

/** The page's answers, nested as the server nests them; rows in their order whatever their numbers. */
function answers(form) {
  const root = {};
  for (const field of form.querySelectorAll("[data-f]")) {
    if (["group", "rows", "union", "map"].includes(field.dataset.k)) continue;
    const found = read(field);
    const parts = field.dataset.f.split("-");
    let here = root;
    parts.forEach((part, i) => {
      if (i === parts.length - 1) { if (found !== null) here[part] = found; return; }
      here = here[part] ??= {};
    });
  }
  for (const rows of [...form.querySelectorAll("[data-k=rows]")].reverse()) {
    const parts = rows.dataset.f.split("-");
    const last = parts.pop();
    const holder = parts.reduce((here, part) => here?.[part], root);
    const numbered = holder?.[last];
    if (!holder) continue;
    holder[last] = [];
    for (const [key, row] of Object.entries(numbered || {})) {
      if (typeof row === "object") Object.defineProperty(row, "_n", { value: key });
      holder[last].push(row);
    }
  }
  return root;
}

/** Every container that a rule's way leads to: the prefix of its names, its answers, the row it lies in. */
function places(root, way) {
  let found = [{ prefix: "", held: root, row: null }];
  for (const step of way) {
    found = found.flatMap(({ prefix, held, row }) => {
      if (step === "[]") return (Array.isArray(held) ? held : []).map((each) => ({ prefix: `${prefix}${each._n}-`, held: each, row: each }));
      return held && typeof held === "object" ? [{ prefix: `${prefix}${step}-`, held: (held[step] ??= {}), row }] : [];
    });
  }
  return found;
}

// ---- conditions

function live(form, words, say) {
  const { rules, facts } = json(form, "data-form-live") || { rules: [], facts: {} };
  const show = (result, field) => {
    const out = field.querySelector("[data-computed]");
    if (out) out.textContent = result === null ? "" : field.dataset.money ? (result / 100).toFixed(2) : typeof result === "number" ? result.toLocaleString("zh-CN") : String(result);
    if (result === null) delete field.dataset.v; else field.dataset.v = JSON.stringify(result);
  };
  let first = true;
  const run = () => {
    const own = answers(form);
    const world = { ...facts, form: { ...facts.form, ...own } };
    let appeared = false;
    for (const rule of rules) {
      for (const { prefix, held, row } of places(world.form, rule.at)) {
        const field = at(form, prefix + rule.id);
        if (!field) continue;
        const here = row ? { ...world, row } : world;
        if (rule.visible !== undefined) {
          const visible = evaluate(rule.visible, here) === true;
          appeared ||= visible && field.hidden;
          field.hidden = !visible;
          if (!visible) { delete held[rule.id]; continue; }
        }
        if (rule.computed !== undefined) {
          const result = compute(rule.computed, here);
          if (rule.money) field.dataset.money = "1";
          show(result, field);
          if (result === null) delete held[rule.id]; else held[rule.id] = result;
        }
        if (rule.required !== undefined) {
          const needed = evaluate(rule.required, here) === true;
          for (const input of field.querySelectorAll("input:not([type=hidden],[type=checkbox]),select,textarea")) input.required = needed;
        }
      }
    }
    if (appeared && !first) say(words.shown);
    first = false;
  };
  for (const sentence of form.querySelectorAll("[data-condition]")) sentence.hidden = true;
  run();
  return run;
}

// ---- rows

const box = (rows) => rows.querySelector("[data-rows]");
const focusIn = (node) => (node.querySelector("input:not([type=hidden]),select,textarea") || node).focus();

/** Give rows their numbers again, in what is shown and what is read out. The posted numbers may keep their gaps. */
function renumber(rows) {
  const title = rows.dataset.row;
  const pattern = new RegExp(`${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")} \\d+`);
  [...box(rows).children].forEach((row, i) => {
    const name = `${title} ${i + 1}`;
    for (const node of row.querySelectorAll("[aria-label]")) node.setAttribute("aria-label", node.getAttribute("aria-label").replace(pattern, name));
    for (const node of row.querySelectorAll("legend,.vh")) if (!node.children.length) node.textContent = node.textContent.replace(pattern, name);
    for (const button of row.querySelectorAll("button[name=_op]")) {
      const [verb, list] = button.value.split(":");
      if (list === rows.dataset.f) button.value = `${verb}:${list}:${i}`;
    }
  });
  const add = rows.querySelector(`button[value="add:${CSS.escape(rows.dataset.f)}"]`);
  if (add) add.disabled = box(rows).children.length >= Number(rows.dataset.max || 200);
}

function addRow(rows) {
  const template = rows.querySelector(":scope > template");
  const mark = template.innerHTML.match(/__n(\d+)__/)[1];
  rows.dataset.next = Math.max(Number(rows.dataset.next || 0), box(rows).children.length, ...[...box(rows).children].map((r) => Number(r.id.split("-").pop()) + 1 || 0));
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll(`__n${mark}__`, rows.dataset.next).replaceAll(`__m${mark}__`, box(rows).children.length + 1);
  const row = holder.content.firstElementChild;
  for (const sentence of row.querySelectorAll("[data-condition]")) sentence.hidden = true;
  rows.dataset.next = Number(rows.dataset.next) + 1;
  box(rows).append(row);
  renumber(rows);
  focusIn(row);
}

function rowsOf(form, words, say, changed) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=_op]");
    if (!button) return;
    const [verb, name] = button.value.split(":");
    const rows = at(form, name);
    if (rows?.dataset.k !== "rows" || !rows.querySelector(":scope > template")) return;
    const row = button.closest("[data-entry]");
    if (verb === "add") { addRow(rows); say(words.added); }
    else if (verb === "remove" && row) {
      const near = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      renumber(rows);
      focusIn(near || rows.querySelector(`button[value^="add:"]`));
      say(words.removed);
    } else return;
    event.preventDefault();
    changed();
  });
}

// ---- what goes out beside the page itself

/** Drafts and files go one after the other, so that each finds the draft as the one before left it; the page goes out after them. */
function queue(form, say) {
  const underWay = new Map();
  let line = Promise.resolve();
  form.addEventListener("submit", (event) => {
    if (!underWay.size) return;
    event.preventDefault();
    delete form.dataset.sent; // it has not gone out yet
    const notice = [...underWay.values()].find(Boolean);
    if (notice) say(notice);
    Promise.allSettled([...underWay.keys()]).then(() => { if (!form.querySelector(".files .err")) form.requestSubmit(event.submitter); });
  });
  return {
    /** Run the job when everything before it is over. */
    inLine(job) {
      const turn = line.then(job);
      line = turn.catch(() => {});
      return turn;
    },
    /** The form stays until the promise is settled; whoever wants it to go out meanwhile is told why. */
    hold(promise, notice) {
      const over = () => underWay.delete(promise);
      underWay.set(promise, notice);
      promise.then(over, over);
    },
  };
}

// ---- drafts

/** Longer than this no save may keep a page from going out, in ms. */
const PATIENCE = 10000;

function autosave(form, words, { inLine, hold }) {
  const status = document.querySelector("[data-saved]");
  const version = form.querySelector("input[name=_version]");
  let dirty = false, timer = 0, wait = 1500, busy = false, stopped = false;
  const tell = (text) => { if (status) { status.hidden = false; status.textContent = text; } };
  status?.setAttribute("role", "status");

  const conflict = (mine) => {
    stopped = true;
    tell(words.conflict);
    const button = (text, run) => { const b = document.createElement("button"); b.type = "button"; b.className = "btn sm"; b.textContent = text; b.onclick = run; status?.append(" ", b); };
    button(words.reload, () => { dirty = false; location.reload(); });
    if (mine) button(words.mine, () => { version.value = mine; stopped = false; save(); });
  };

  function save() {
    if (busy || stopped) return;
    busy = true;
    hold(inLine(post));
  }
  async function post() {
    dirty = false;
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", signal: patience.signal });
      const told = await answer.json().catch(() => ({}));
      if (answer.status === 409) { dirty = true; conflict(told.version); }
      else if (!answer.ok) throw new Error(String(answer.status));
      else {
        if (version && told.version) version.value = told.version;
        wait = 1500;
        tell(told.saved || words.saved);
      }
    } catch {
      dirty = true;
      wait = Math.min(wait * 2, 60000);
      tell(words.unsaved);
    }
    clearTimeout(late);
    busy = false;
    if (dirty && !stopped) later();
  }
  function later() { clearTimeout(timer); timer = setTimeout(save, wait); }

  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  form.addEventListener("submit", () => { clearTimeout(timer); dirty = false; stopped = true; setTimeout(() => { stopped = false; }, 9000); });
  return () => { dirty = true; if (!stopped) later(); };
}

// ---- all together

async function start(form) {
  const words = json(form, "data-form-words") || {};
  const say = announcer(form);
  const out = queue(form, say);
  const touched = form.dataset.autosave ? autosave(form, words, out) : () => {};
  const run = live(form, words, say);
  const changed = () => { run(); touched(); };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  rowsOf(form, words, say, changed);
  const more = [];
  if (form.querySelector("[data-cascade]")) more.push(import("./form-cascade.js").then((module) => module.start(form, words)));
  if (form.dataset.uploads && form.querySelector("[data-drop],[data-material],[data-sign]")) more.push(import("./form-upload.js").then((module) => module.start(form, words, say, changed, out)));
  await Promise.all(more);
  form.dataset.started = "yes"; // from here on everything answers; who drives the page by program waits for this
}

for (const form of document.querySelectorAll("form")) if (form.querySelector("script[data-form-live]") || form.dataset.uploads) start(form);
