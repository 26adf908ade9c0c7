// What every citizens' page gains with JavaScript: suggestions while typing, focus on the error summary, one submit a form.
// Everything works without it.
import "./unfold.js";

/** Turn a search form into a combobox with a listbox (ARIA 1.2 pattern, list autocomplete with manual selection). */
function combobox(form) {
  const input = form.querySelector("input[type=search]");
  const list = document.createElement("div");
  const status = document.createElement("p");
  list.id = `${input.id}-list`;
  list.className = "suggest";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  status.className = "vh";
  status.setAttribute("role", "status");
  form.classList.add("js");
  form.append(list, status);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }

  let chosen = -1;
  let asked = "";
  let timer = 0;
  let running = null;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(next) {
    const all = options();
    if (!all.length) return;
    chosen = (next + all.length) % all.length;
    all.forEach((each, i) => each.setAttribute("aria-selected", String(i === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  /** Text with the matching parts marked; built from text nodes, so nothing from the server becomes markup. */
  function marked(parts) {
    return parts.map(([text, hit]) => {
      if (!hit) return document.createTextNode(text);
      const mark = document.createElement("mark");
      mark.textContent = text;
      return mark;
    });
  }

  function show(groups) {
    list.replaceChildren();
    let n = 0;
    for (const group of groups) {
      const box = document.createElement("div");
      const title = document.createElement("h2");
      box.setAttribute("role", "group");
      title.id = `${list.id}-g${n}`;
      title.textContent = group.title;
      box.setAttribute("aria-labelledby", title.id);
      box.append(title);
      for (const hit of group.hits) {
        const option = document.createElement("div");
        const name = document.createElement("span");
        const why = document.createElement("span");
        option.id = `${list.id}-${n++}`;
        option.className = "opt2";
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.href = hit.href;
        name.append(...marked(hit.parts));
        why.className = "why";
        why.textContent = hit.why;
        option.append(name, why);
        box.append(option);
      }
      list.append(box);
    }
    status.textContent = n ? `${n} ${form.dataset.count}` : form.dataset.none;
    list.hidden = !n;
    input.setAttribute("aria-expanded", String(Boolean(n)));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    const text = input.value.trim();
    if (!text) return close();
    if (text === asked && !list.hidden) return undefined;
    asked = text;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: running.signal, headers: { Accept: "application/json" } });
      if (answer.ok && input.value.trim() === text && document.activeElement === input) show((await answer.json()).groups);
    } catch (error) {
      if (error.name !== "AbortError") close(); // offline: the plain search still works
    }
    return undefined;
  }

  input.addEventListener("input", (event) => {
    if (event.isComposing) return; // wait for the input method to finish the word
    clearTimeout(timer);
    timer = setTimeout(ask, 160);
  });
  input.addEventListener("compositionend", ask);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask();
      else choose(event.key === "ArrowDown" ? chosen + 1 : chosen - 1);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      location.assign(options()[chosen].dataset.href);
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.href);
  });
  input.addEventListener("blur", close);
}

/** A second press of a submit button sends nothing; the server would recognise it anyway by its key. */
function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
}

/** The checklist of a guide remembers what is ready, on this device only. */
function checklist(list) {
  const key = `ready:${list.dataset.remember}`;
  const ready = new Set(JSON.parse(localStorage.getItem(key) || "[]"));
  for (const box of list.querySelectorAll("input[type=checkbox]")) {
    box.checked = ready.has(box.id);
    box.addEventListener("change", () => {
      ready[box.checked ? "add" : "delete"](box.id);
      localStorage.setItem(key, JSON.stringify([...ready]));
    });
  }
}

/** The table of contents shows where the reader is. */
function contents(nav) {
  const links = new Map([...nav.querySelectorAll("a[href^='#']")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((e) => e.isIntersecting)) {
        links.forEach((a) => a.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-10% 0px -75% 0px" },
  );
  links.forEach((_a, id) => {
    const section = document.getElementById(id);
    if (section) seen.observe(section);
  });
}

document.querySelectorAll("form.find[data-suggest]").forEach(combobox);
document.querySelectorAll("form[data-once]").forEach(once);
document.querySelectorAll("[data-remember]").forEach(checklist);
document.querySelectorAll("nav.toc").forEach(contents);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
document.querySelectorAll("form[data-auto] :is(input[type=radio], select)").forEach((control) => {
  control.addEventListener("change", () => control.form.requestSubmit());
});
document.querySelector("[data-focus]")?.focus();
