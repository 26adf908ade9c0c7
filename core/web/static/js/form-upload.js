// Files by drag, camera or picker, each with its progress and a way to stop it; signatures drawn with finger, pen or mouse.

const node = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/** The mark of a file that is no picture, as the server draws it. */
function paper() {
  const drawn = '<svg xmlns="http://www.w3.org/2000/svg" class="th" viewBox="0 0 48 60" aria-hidden="true"><rect width="48" height="60"/><path d="M8 12h20M8 20h32M8 27h32M8 34h32M8 41h24"/></svg>';
  return document.importNode(new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement, true);
}

/** The server saved the draft anew, or began one for the first file: the page goes on from there. */
function keepDraft(form, told) {
  let version = form.querySelector("[name=_version]");
  if (!version && told.version) form.append(version = node("input", { type: "hidden", name: "_version" }));
  if (told.version) version.value = told.version;
  if (!told.draft) return;
  form.querySelector("[name=_draft]").value = told.draft;
  form.action = told.action;
}

/** Send one file. Resolves to the server's JSON; rejects with its words. */
function send(form, fields, file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("csrf_token", form.querySelector("[name=csrf_token]")?.value || "");
    for (const name of ["draft", "item", "case"]) body.append(name, form.querySelector(`[name=_${name}]`)?.value || "");
    body.append("file", file);
    request.upload.onprogress = (event) => event.lengthComputable && progress(Math.round((event.loaded / event.total) * 100));
    request.onload = () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* the status says enough */ }
      if (request.status < 300) { keepDraft(form, told); resolve(told); } else reject(new Error(told.error || told.detail || ""));
    };
    request.onerror = () => reject(new Error(""));
    request.onabort = () => reject(new Error("stopped"));
    request.open("POST", form.dataset.uploads);
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
  return { done, stop: () => request.abort() };
}

/** One drop area with its list of files. */
function area(form, drop, words, say, changed, { inLine, hold }) {
  const picker = drop.querySelector("input[type=file]");
  const field = drop.closest(".field");
  const name = field.dataset.f;
  const material = drop.dataset.material;
  const list = field.querySelector(".files") || (() => { const made = node("ul", { class: "files" }); drop.before(made); return made; })();
  const hint = drop.querySelector("[data-js]");
  if (hint) hint.hidden = false;

  const mended = () => {
    field.classList.remove("bad");
    field.querySelector(".err:not(.files .err)")?.remove();
    picker.removeAttribute("aria-invalid");
  };

  const keep = (item, ref) => {
    const number = Math.max(-1, ...[...list.querySelectorAll("input[type=hidden]")].map((i) => Number(i.name.slice((name || "").length + 1).split("-")[0]) || 0)) + 1;
    const parts = material ? { [`file.${material}`]: ref.id, [`name.${material}`]: ref.name } : Object.fromEntries(["id", "name", "size", "media_type"].filter((k) => ref[k] !== undefined).map((k) => [`${name}-${number}-${k}`, ref[k]]));
    for (const [key, value] of Object.entries(parts)) item.append(node("input", { type: "hidden", name: key, value }));
  };

  const take = (file) => {
    const status = node("p", { class: "small muted" }, `${words.uploading} 0%`);
    const bar = node("progress", { max: 100, value: 0, "aria-label": `${file.name} ${words.uploading}` });
    const text = node("div", {}, node("b", {}, file.name), status, bar);
    const stop = node("button", { type: "button", class: "btn quiet sm" }, words.stop, node("span", { class: "vh" }, ` ${file.name}`));
    const picture = file.type.startsWith("image/") ? node("img", { class: "th", alt: "", width: 48, height: 60, src: URL.createObjectURL(file) }) : paper();
    const item = node("li", {}, picture, text, stop);
    list.append(item);
    const gone = () => { item.remove(); picker.focus(); changed(); };
    if (picker.dataset.maxMb && file.size > picker.dataset.maxMb * 1048576) {
      bar.remove();
      status.textContent = `${words.too_large} (${picker.dataset.maxMb} MB)`;
      stop.firstChild.textContent = words.remove;
      stop.onclick = gone;
      say(`${file.name} ${status.textContent}`);
      return;
    }
    let sending = null;
    let stopped = false;
    stop.onclick = () => { stopped = true; sending?.stop(); };
    const sent = inLine(() => {
      if (stopped) throw new Error("stopped");
      sending = send(form, material ? { material } : { field: name }, file, (percent) => { bar.value = percent; status.textContent = `${words.uploading} ${percent}%`; });
      return sending.done;
    }).then((told) => {
      const ref = told.file || told;
      bar.remove();
      status.textContent = words.uploaded;
      say(`${file.name} ${words.uploaded}`);
      keep(item, ref);
      mended();
      const href = ref.href || ref.preview;
      if (href) text.querySelector("b").replaceChildren(node("a", { href, target: "_blank", rel: "noopener" }, file.name));
      stop.firstChild.textContent = words.remove;
      if (material && !form.querySelector("[name=_case]")) { stop.type = "submit"; stop.name = "_remove"; stop.value = `${material}:${ref.id}`; stop.onclick = null; } else stop.onclick = gone;
      changed();
    }).catch((error) => {
      bar.remove();
      if (error.message === "stopped") { gone(); return; }
      status.textContent = error.message || words.upload_failed;
      status.className = "err small";
      stop.firstChild.textContent = words.remove;
      stop.onclick = gone;
      say(`${file.name} ${status.textContent}`);
    });
    hold(sent, words.uploading);
  };

  const takeAll = (files) => [...files].forEach(take);
  picker.addEventListener("change", () => { takeAll(picker.files); picker.value = ""; });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); takeAll(event.dataTransfer.files); });

  if (/jpg|jpeg|png|image/.test(picker.accept) && matchMedia("(pointer: coarse)").matches) {
    const camera = node("input", { type: "file", accept: "image/*", capture: "environment", hidden: "" });
    const shoot = node("button", { type: "button", class: "btn" }, words.camera);
    shoot.onclick = () => camera.click();
    camera.addEventListener("change", () => { takeAll(camera.files); camera.value = ""; });
    drop.append(shoot, camera);
  }
}

/** A box to sign in. The typed name beside it is enough for those who cannot draw. */
function signature(form, holder, words, say, changed, { inLine, hold }) {
  const canvas = node("canvas", { width: 480, height: 160, role: "img", "aria-label": words.sign_here });
  const clear = node("button", { type: "button", class: "btn sm" }, words.clear);
  const image = form.querySelector(`[name="${CSS.escape(holder.dataset.name)}-image"]`);
  const pen = canvas.getContext("2d");
  pen.lineWidth = 3;
  pen.lineCap = "round";
  let down = false;
  const spot = (event) => [(event.offsetX * canvas.width) / canvas.clientWidth, (event.offsetY * canvas.height) / canvas.clientHeight];
  canvas.style.touchAction = "none";
  canvas.addEventListener("pointerdown", (event) => { down = true; canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...spot(event)); });
  canvas.addEventListener("pointermove", (event) => { if (down) { pen.lineTo(...spot(event)); pen.stroke(); } });
  canvas.addEventListener("pointerup", () => {
    down = false;
    canvas.toBlob((blob) => {
      const file = new File([blob], "signature.png", { type: "image/png" });
      const sent = inLine(() => send(form, { field: holder.dataset.name }, file, () => {}).done)
        .then((told) => { image.value = (told.file || told).id; changed(); })
        .catch(() => say(words.upload_failed));
      hold(sent, words.uploading);
    });
  });
  clear.onclick = () => { pen.clearRect(0, 0, canvas.width, canvas.height); image.value = ""; changed(); };
  holder.append(node("p", { class: "help" }, words.sign_here), canvas, clear);
  holder.hidden = false;
}

export function start(form, given, say, changed, out) {
  const words = { uploading: "正在上传", uploaded: "已上传", stop: "停止", remove: "移除", upload_failed: "没有传上去，请再试一次", too_large: "文件太大", camera: "拍照", ...given };
  for (const drop of form.querySelectorAll("[data-drop],[data-material]")) area(form, drop, words, say, changed, out);
  for (const holder of form.querySelectorAll("[data-sign]")) signature(form, holder, words, say, changed, out);
}
