// Looks at the progress of work in the background every two seconds while the page is seen, and loads the page once when it is over.
const place = document.querySelector("[data-progress]");

async function look() {
  if (document.hidden) return;
  const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { done, total, state, rate } = await answer.json();
  const words = new Intl.NumberFormat(document.documentElement.lang);
  const bar = place.querySelector("progress");
  bar.max = total || 1;
  bar.value = done;
  place.querySelector("[data-done]").textContent = words.format(done);
  place.querySelector("[data-rate]").textContent = words.format(rate);
  if (state !== "running") location.reload();
}

if (place) setInterval(() => look().catch(() => {}), 2000);
