// Wakes the islands of a page, where there are any: fetches the script and the wasm of the build,
// and hands each island its element, in the order of the document. That waits until the page
// stands, for it is whole without: what leptos puts into a page's head for this asks for the wasm
// before the style, and on a telephone the page then waits for both.

/** Lets the browser do what it has to before this goes on: a tap, a scroll. */
const rest = () => new Promise((go) => setTimeout(go));

async function wake(within, built) {
  const found = [...within.querySelectorAll("leptos-island")];
  if (within.localName === "leptos-island") found.unshift(within);
  for (const island of found) {
    await rest();
    // What the island around it, if there is one, does before those that it holds are woken.
    island.parentElement?.closest("leptos-children")?.$$on_hydrate?.();
    await built[island.dataset.component]?.(island);
  }
}

async function begin() {
  const built = await import("./feedgate.js");
  await rest();
  await built.default();
  await rest();
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
