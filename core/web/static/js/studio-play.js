// Playing a route: the clock goes where the slider is let go; after each click the reader is where they were.

const form = document.querySelector("form[data-play]");
const slider = form?.querySelector('input[type="range"]');
let waiting = 0;

slider?.addEventListener("change", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => form.requestSubmit(form.querySelector('button[value="clock"]')), 350);
});
const kept = "studio-play-y";
form?.addEventListener("submit", () => sessionStorage.setItem(kept, String(scrollY)));
const before = sessionStorage.getItem(kept);
if (form && before !== null && !document.querySelector('[role="alert"]')) scrollTo(0, Number(before));
sessionStorage.removeItem(kept);
