// A drawing as a PNG: beside every link to its SVG (a[data-png]) a button that draws it at twice its size. Without it there is the SVG.

/** The most that browsers draw: a side of a canvas, and its whole area. */
const SIDE = 16000;
const AREA = 200_000_000;

/** The SVG at *url* as a picture with its own size. */
async function load(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  const [, width, height] = text.match(/<svg[^>]* width="(\d+)" height="(\d+)"/); // parsed as a document its style would be the page's to refuse
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const picture = new Image(Number(width), Number(height));
  picture.src = address;
  try {
    await picture.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
  return picture;
}

/** *picture* on white paper at twice its size, or as large as a canvas may be. */
function draw(picture) {
  const { width, height } = picture;
  const scale = Math.min(2, SIDE / Math.max(width, height), Math.sqrt(AREA / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("canvas"))), "image/png"));
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const link of document.querySelectorAll("a[data-png]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = link.className;
  button.textContent = link.dataset.png;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      save(await draw(await load(link.href)), `${link.dataset.name}.png`);
    } catch {
      button.textContent = link.dataset.failed;
    } finally {
      button.disabled = false;
    }
  });
  link.after(" ", button);
}
