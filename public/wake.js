// Wakes the islands of a page, where there are any: fetches the script and the wasm of the build,
// and hands each island its element, in the order of the document. That waits until the page
// stands, for it is whole without: what leptos puts into a page's head for this asks for the wasm
// before the style, and on a telephone the page then waits for both.

// What an island that holds others does before these are woken, innermost last.
const around = [];

async function wake(element, built) {
  const island = element.localName === "leptos-island";
  const children = element.localName === "leptos-children";
  if (island) {
    around.at(-1)?.();
    await built[element.dataset.component]?.(element);
  }
  if (children) around.push(element.$$on_hydrate);
  for (const child of [...element.children]) await wake(child, built);
  if (children) around.pop();
}

async function begin() {
  const built = await import("./feedgate.js");
  await built.default();
  built.hydrate();
  // For what comes into the page later: see src/app/islands/morph.rs.
  window.wakeIslands = (element) => wake(element, built);
  await wake(document.body, built);
}

const soon = () => ("requestIdleCallback" in window ? requestIdleCallback(begin) : begin());
if (document.querySelector("leptos-island")) {
  if (document.readyState === "complete") soon();
  else addEventListener("load", soon, { once: true });
}
