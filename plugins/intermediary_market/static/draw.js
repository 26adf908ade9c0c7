// Computes a draw again in the reader's own browser: the same documented algorithm as the server's, written a second time, with WebCrypto.
// Works as a module of node, too: import { recompute } from "./draw.js".
const FORMAT = "wangting-draw/1";
const WORDS = 1n << 64n;
const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => [...new Uint8Array(buffer)].map((each) => each.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export const sha256 = async (data) => hex(await crypto.subtle.digest("SHA-256", data));

async function hmac(key, text) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(text)));
}

/** One stream of evenly spread numbers for each label, under one key. */
class Randomness {
  #streams = new Map();
  #key;

  constructor(key) { this.#key = key; }

  async #word(label) {
    const stream = this.#streams.get(label) ?? { block: 0, left: [] };
    this.#streams.set(label, stream);
    if (!stream.left.length) {
      const block = new DataView((await hmac(this.#key, `${label}\n${stream.block++}`)).buffer);
      stream.left = [0, 8, 16, 24].map((at) => block.getBigUint64(at));
    }
    return stream.left.shift();
  }

  async below(label, limit) {
    const n = BigInt(limit);
    const fair = WORDS - (WORDS % n);
    let word;
    do word = await this.#word(label); while (word >= fair);
    return Number(word % n);
  }

  async shuffled(label, items) {
    const order = [...items];
    for (let place = order.length - 1; place > 0; place--) {
      const other = await this.below(label, place + 1);
      [order[place], order[other]] = [order[other], order[place]];
    }
    return order;
  }
}

/** The rules and registrations of a frozen list. Prices are BigInt: they are multiplied. */
export function read(text) {
  const [head, ...lines] = text.replace(/\n$/, "").split("\n").map((line) => line.split("|"));
  const [format, project, method, fund, minimum, long, short, lower] = head;
  if (format !== FORMAT) throw new Error(`not a list of ${FORMAT}`);
  const bids = lines.map(([no, agency, name, price, score, fault]) => ({ no: Number(no), agency, name, price: BigInt(price || 0), score: Number(score), fault }));
  return { project, method, fund, minimum: Number(minimum), long: Number(long), short: Number(short), lowerFirst: lower === "1", bids };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const abs = (n) => (n < 0n ? -n : n);

async function ranked(bids, by, randomness) {
  const groups = new Map();
  const measured = bids.map((bid) => [by(bid), bid.no]).sort(([a, x], [b, y]) => a.map((part, at) => compare(part, b[at])).find(Boolean) || x - y);
  for (const [value, no] of measured) {
    const label = `tie/${value.join("/")}`;
    groups.set(label, [...(groups.get(label) ?? []), no]);
  }
  const ranking = [];
  for (const [label, nos] of groups) ranking.push(...(nos.length > 1 ? await randomness.shuffled(label, nos) : nos));
  return ranking;
}

const METHODS = {
  random: async (bids, _rules, randomness) => ({ ranking: await randomness.shuffled("order", bids.map((bid) => bid.no)) }),
  lowest: async (bids, _rules, randomness) => ({ ranking: await ranked(bids, (bid) => [bid.price], randomness) }),
  best: async (bids, rules, randomness) => {
    const base = 95 + (await randomness.below("base", 4));
    const prices = bids.map((bid) => bid.price).sort(compare);
    const kept = prices.length >= 3 ? prices.slice(1, -1) : prices;
    const sum = kept.reduce((a, b) => a + b, 0n);
    const away = (bid) => abs(100n * BigInt(kept.length) * bid.price - BigInt(base) * sum);
    return { base, ranking: await ranked(bids, (bid) => (rules.lowerFirst ? [away(bid), bid.price] : [away(bid)]), randomness) };
  },
  credit: async (bids, rules, randomness) => {
    const order = [...bids].sort((a, b) => b.score - a.score || a.no - b.no);
    const cut = order.length > rules.long ? order[rules.long - 1].score : -1;
    const left = order.filter((bid) => bid.score >= cut);
    if (left.length <= rules.short) return { shortlist: left.map((bid) => bid.no) };
    const lots = (bid) => Math.max(1, bid.score);
    const shortlist = [];
    while (shortlist.length < rules.short) {
      let ticket = await randomness.below("numbers", left.reduce((sum, bid) => sum + lots(bid), 0));
      const at = left.findIndex((bid) => (ticket -= lots(bid)) < 0);
      shortlist.push(left.splice(at, 1)[0].no);
    }
    return { shortlist };
  },
};

/** What a package comes to: { sound, ranking | shortlist | failed, base? }. `sound` says whether seed and list are those that were published. */
export async function recompute({ list, seed, value, commitment, list_sha256: digest }) {
  const listed = await sha256(bytes(list));
  const sound = (await sha256(unhex(seed))) === commitment && listed === digest;
  const rules = read(list);
  const valid = rules.bids.filter((bid) => !bid.fault);
  if (valid.length < Math.max(1, rules.minimum)) return { sound, failed: true };
  const key = await hmac(unhex(seed), [FORMAT, rules.project, listed, value.trim().split(/\s+/).join(" ")].join("\n"));
  return { sound, ...(await METHODS[rules.method](valid, rules, new Randomness(key))) };
}

/** The place on the page: <section data-draw="address of the package"> with a form, an <output> and the words as data-…. */
function attach(place) {
  const form = place.querySelector("form");
  if (!form) return; // nothing is revealed yet
  const output = place.querySelector("output");
  const field = (name) => form.elements.namedItem(name);
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!globalThis.crypto?.subtle) { output.textContent = place.dataset.insecure; return; }
    try {
      const response = await fetch(place.dataset.draw);
      const published = await response.json();
      const found = await recompute({ ...published, seed: field("seed").value.trim(), value: field("value").value });
      const nos = found.ranking ?? found.shortlist ?? [];
      const same = nos.join() === (published.result.ranking.length ? published.result.ranking : published.result.shortlist).join();
      const words = place.dataset[!found.sound ? "unsound" : same ? "same" : "other"];
      output.textContent = words.replace("{no}", String(found.ranking ? nos[0] : nos.join(place.dataset.comma)));
      output.dataset.result = found.sound && same ? "same" : "other";
    } catch (error) {
      output.textContent = `${place.dataset.broken} ${error.message}`;
    }
  });
}

if (globalThis.document) document.querySelectorAll("[data-draw]").forEach(attach);
