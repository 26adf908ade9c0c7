// What Flask-AppBuilder's generated pages leave nameless for screen readers gets its name from what stands beside it.
const english = document.documentElement.lang === "en";

function name(root) {
  for (const box of root.querySelectorAll("input[type=checkbox]:not([aria-label])")) {
    if (box.id === "check_all") box.setAttribute("aria-label", english ? "Choose all" : "全选");
    else if (box.closest("td") && !box.labels?.length) box.setAttribute("aria-label", `${english ? "Choose" : "选择"} ${box.closest("tr")?.querySelector("td:nth-child(3)")?.textContent.trim() || ""}`);
  }
  for (const search of root.querySelectorAll(".select2-search__field:not([aria-label])")) {
    const field = search.closest(".select2")?.previousElementSibling;
    search.setAttribute("aria-label", field?.labels?.[0]?.textContent.trim() || search.closest("tr")?.querySelector("label")?.textContent.trim() || (english ? "Search" : "查找"));
  }
  for (const wide of root.querySelectorAll(".table-responsive:not([tabindex])")) wide.tabIndex = 0; // scrolls sideways with the keyboard, too
  // select2 puts a “clear” span among its list items: a list it is only to the eye
  for (const part of root.querySelectorAll("ul.select2-selection__rendered:not([role=presentation]), .select2-selection__rendered > li:not([role])")) part.setAttribute("role", "presentation");
}

name(document);
addEventListener("load", () => name(document));
new MutationObserver(() => name(document)).observe(document.body, { childList: true, subtree: true });
