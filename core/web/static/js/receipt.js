// Check a receipt in the browser, without a server: an Ed25519 signature (JWS, EdDSA) over what the receipt says, by the hall's public key.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const json = (text) => JSON.parse(new TextDecoder().decode(bytes(text)));

// → {state: "sound", content} | {state: "altered"} | {state: "other-key"} | {state: "cannot"} (this browser does not know Ed25519)
export const check = async (text, key) => {
  let key_object;
  try {
    key_object = await crypto.subtle.importKey("jwk", { kty: key.kty, crv: key.crv, x: key.x }, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return { state: "cannot" };
  }
  try {
    const outer = JSON.parse(text);
    const header = json(outer.protected);
    if (header.alg !== "EdDSA" || header.typ !== "wangting-receipt") return { state: "altered" };
    if (header.kid !== key.kid) return { state: "other-key" };
    const signed = new TextEncoder().encode(`${outer.protected}.${outer.payload}`);
    if (!(await crypto.subtle.verify({ name: "Ed25519" }, key_object, bytes(outer.signature), signed))) return { state: "altered" };
    const content = json(outer.payload);
    const last = content.events.at(-1);
    const counted = content.events.every((each, index) => each.seq === index + 1);
    return counted && last.seq === content.chain.seq && last.hash === content.chain.head ? { state: "sound", content } : { state: "altered" };
  } catch {
    return { state: "altered" };
  }
};

const form = typeof document === "undefined" ? null : document.querySelector("form[data-receipt]");
form?.addEventListener("change", async () => {
  const file = form.querySelector("input[type=file]").files[0];
  for (const box of document.querySelectorAll("[data-says]")) box.hidden = true;
  if (!file) return;
  const found = await check(await file.text(), JSON.parse(form.dataset.receipt));
  const box = document.querySelector(`[data-says="${found.state}"]`);
  for (const spot of box.querySelectorAll("[data-of]")) {
    const value = spot.dataset.of.split(".").reduce((inside, name) => inside?.[name], found.content);
    spot.textContent = spot.dataset.as === "at" ? new Date(value).toLocaleString(document.documentElement.lang, { timeZone: "Asia/Shanghai" }) : value;
  }
  box.hidden = false;
  box.focus();
});
