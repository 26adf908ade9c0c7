// A colour is written as text; the browser's own picker stands beside it and says the same. What is empty is inherited, and shown as what it is then.

const inherited = JSON.parse(document.querySelector("[data-inherited]")?.dataset.inherited || "{}");
const six = (text) => (/^#[0-9a-f]{3}$/i.test(text) ? `#${[...text.slice(1)].map((each) => each + each).join("")}` : /^#[0-9a-f]{6}$/i.test(text) ? text : "");

for (const field of document.querySelectorAll("form[data-studio] [data-f]")) {
  const text = field.querySelector("input[type=text]");
  const known = inherited[field.dataset.f];
  if (text && known) text.placeholder = known;
  if (!text || field.dataset.k !== "colour") continue;
  const picker = document.createElement("input");
  picker.type = "color";
  picker.className = "picker";
  picker.setAttribute("aria-label", field.querySelector("label")?.textContent.trim() || "");
  const show = () => { picker.value = six(text.value.trim()) || six(known || "") || "#000000"; };
  const row = document.createElement("span");
  row.className = "row picking";
  text.replaceWith(row);
  row.append(text, picker);
  show();
  text.addEventListener("input", show);
  picker.addEventListener("input", () => { text.value = picker.value; text.dispatchEvent(new Event("input", { bubbles: true })); });
}
