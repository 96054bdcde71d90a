// Walks from record to record by key: j to the next, k to the one before, as their links say. Not
// while somebody types, and not with a key that means something else to the browser.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const at = event.target;
  if (at instanceof HTMLElement && (at.isContentEditable || at.matches("input, textarea, select"))) return;
  const rel = { j: "next", k: "prev" }[event.key];
  const link = rel && document.querySelector(`main .bar a[rel=${rel}]`);
  if (link) link.click();
});
