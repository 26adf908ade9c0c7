// The studio: a new row gets a number of its own, which nobody has to invent, and the caret stands behind it; who wants another number writes it.
// Without this the server does it when the page is saved.

function number(form) {
  for (const box of form.querySelectorAll("[data-rows] > [data-entry] input[name$='-id']")) {
    if (box.value) continue;
    const entry = box.closest("[data-entry]");
    const stem = entry.closest("[data-k=rows]").dataset.f.split("-").pop();
    const taken = [...entry.parentElement.querySelectorAll(":scope > [data-entry] input[name$='-id']")].map((each) => each.value);
    for (let n = 1; !box.value; n += 1) if (!taken.includes(`${stem}${n}`)) box.value = `${stem}${n}`;
    const boxes = [...entry.querySelectorAll("input:not([type=hidden]),select,textarea")];
    if (document.activeElement === box) boxes[boxes.indexOf(box) + 1]?.focus();
  }
}

// the row is there when this hears of the press: whoever adds it listens at the form
document.addEventListener("click", (event) => {
  const form = event.target.closest("button[name=_op]")?.closest("form[data-studio]");
  if (form && event.defaultPrevented) number(form);
});
