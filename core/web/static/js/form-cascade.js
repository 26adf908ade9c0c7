// One long list becomes a select for each level; a list that hangs on another answer shows only what goes with it.

function levels(select, words) {
  const options = [...select.options].slice(1).map((o) => ({ key: o.value, up: o.dataset.up || "", title: o.textContent.replace(/^　+/, "") }));
  if (!options.some((o) => o.up)) return;
  const box = document.createElement("div");
  box.className = "row";
  const label = select.labels[0]?.textContent || "";
  const trail = (key) => { const one = options.find((o) => o.key === key); return one ? [...trail(one.up), one.key] : []; };

  const draw = (chosen, focus) => {
    box.replaceChildren();
    ["", ...chosen].forEach((up, depth) => {
      const below = options.filter((o) => o.up === up);
      if (!below.length) return;
      const one = document.createElement("select");
      one.setAttribute("aria-label", `${label} ${depth + 1}`);
      one.append(new Option(words.choose, ""), ...below.map((o) => new Option(o.title, o.key)));
      one.value = chosen[depth] || "";
      one.addEventListener("change", () => {
        const next = one.value ? [...chosen.slice(0, depth), one.value] : chosen.slice(0, depth);
        select.value = next.at(-1) || "";
        draw(next, depth);
        select.dispatchEvent(new Event("change", { bubbles: true }));
      });
      box.append(one);
    });
    if (focus !== undefined) (box.children[focus + 1] || box.children[focus]).focus();
  };
  draw(trail(select.value));
  select.after(box);
  // The summary of errors links to the select: the first level answers to its id.
  select.hidden = true;
  select.addEventListener("focus", () => box.firstElementChild.focus());
  box.firstElementChild.id = select.id;
  select.removeAttribute("id");
}

function depends(form, select) {
  const by = JSON.parse(select.dataset.by || "{}");
  const all = [...select.options];
  const parent = () => {
    const boxes = [...form.querySelectorAll(`[name="${CSS.escape(select.dataset.parent)}"]`)];
    return (boxes.find((b) => b.checked) || boxes.find((b) => b.type !== "radio"))?.value || "";
  };
  const filter = () => {
    const allowed = (by[parent()] || []).map(String);
    const chosen = select.value;
    select.replaceChildren(...all.filter((o) => !o.value || allowed.includes(o.value)));
    select.value = allowed.includes(chosen) ? chosen : "";
  };
  form.addEventListener("change", (event) => { if (event.target.name === select.dataset.parent) filter(); });
  filter();
}

export function start(form, words) {
  for (const select of form.querySelectorAll("select[data-cascade]")) {
    if (select.dataset.parent) depends(form, select);
    else levels(select, words);
  }
}
