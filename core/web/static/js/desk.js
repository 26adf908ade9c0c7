// A desk's devices (docs/devices.md): card reader, document camera, scanner, signature pad, receipt printer, through the service on this very machine.
// Everything works without it: numbers are typed, files chosen, signatures scanned, receipts printed by the browser.

const status = document.querySelector("[data-devices]");
const words = status ? JSON.parse(status.dataset.words) : {};
const origin = status?.dataset.devices;

function say(text) {
  status.textContent = text;
  status.hidden = false;
}

/** One use of a device: a token, then the device. Rejects when the service does not answer as it should. */
async function use(device, asked = {}) {
  const post = (path, headers, body) => fetch(`${origin}${path}`, { method: "POST", mode: "cors", credentials: "omit", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
  const given = await post("/v1/token", {}, {});
  if (!given.ok) throw new Error(words.failed);
  const answer = await post(`/v1/${device}`, { "X-Desk-Token": (await given.json()).token }, asked);
  if (!answer.ok) throw new Error(words.failed);
  return answer.json();
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn";
  made.textContent = label;
  made.addEventListener("click", async () => {
    made.disabled = true;
    say(words.reading);
    try {
      say(await act());
    } catch {
      say(words.failed);
    }
    made.disabled = false;
    if (document.activeElement === document.body) made.focus(); // whoever typed on meanwhile is left where they are
  });
  return made;
}

/** What a device pictured, put into a file control as if it had been chosen. */
function place(input, told) {
  const bytes = Uint8Array.from(atob(told.content), (each) => each.charCodeAt(0));
  const held = new DataTransfer();
  if (input.multiple) for (const file of input.files) held.items.add(file);
  held.items.add(new File([bytes], told.name, { type: told.media_type }));
  input.files = held.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return `${words.taken}${told.name}${told.sample ? `　${words.sample}` : ""}`;
}

function identityCard(form) {
  const spot = form.querySelector("[data-card-button]");
  spot?.append(button(words.card, async () => {
    const card = await use("identity-card");
    for (const name of ["name", "document_kind", "number", "address"]) if (card[name] !== undefined) form.elements[name].value = card[name];
    form.elements.way.value = "reader";
    return `${words.taken}${card.name}${card.sample ? `　${words.sample}` : ""}`;
  }));
  // A number that is changed by hand afterwards was not read from the card.
  for (const name of ["name", "number"]) form.elements[name].addEventListener("input", () => { form.elements.way.value = "typed"; });
}

function pictures(holder, devices) {
  const input = holder.querySelector("input[type=file]");
  if (!input) return;
  const row = document.createElement("p");
  row.className = "row";
  const title = holder.querySelector("label")?.textContent || "";
  for (const device of ["camera", "scanner"]) if (devices.includes(device)) row.append(button(words[device], async () => place(input, await use(device, { title }))));
  holder.append(row);
}

function signature(holder, devices) {
  const input = holder.querySelector("input[type=file]");
  const row = holder.querySelector("p.row") || holder;
  if (devices.includes("signature")) row.prepend(button(words.signature, async () => place(input, await use("signature", { title: words.signature }))));
  pictures(holder, devices);
}

function receipt(row, devices) {
  if (!devices.includes("printer")) return;
  row.append(button(words.printer, async () => {
    await use("printer", { lines: JSON.parse(row.dataset.lines) });
    return words.printed;
  }));
}

async function start() {
  if (!origin) return;
  let devices;
  try {
    const answer = await fetch(`${origin}/v1/devices`, { mode: "cors", credentials: "omit" });
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.protocol !== 1) return;
    devices = told.devices.filter((each) => words[`name:${each}`]);
  } catch {
    return; // no service on this machine: typing does
  }
  say(words.ready + devices.map((each) => words[`name:${each}`]).join(" · "));
  for (const form of document.querySelectorAll("form[data-person]")) if (devices.includes("identity-card")) identityCard(form);
  for (const holder of document.querySelectorAll("[data-scan], .drop[data-material], [data-drop]")) pictures(holder, devices);
  for (const holder of document.querySelectorAll("[data-signature]")) signature(holder, devices);
  for (const row of document.querySelectorAll("[data-receipt]")) receipt(row, devices);
}

for (const each of document.querySelectorAll("[data-print]")) {
  each.hidden = false;
  each.addEventListener("click", () => window.print());
}
start();
