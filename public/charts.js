// Three things that links cannot do: drag over a chart to zoom in, copy a fixed link, and name the
// browser's own time zone. Without this script the range bar's links and form do as much.
"use strict";
(() => {
  /** The range of a bucket: that of the deliveries it leads to. */
  const ends = (link) => new URL(link.href.baseVal, location.href).searchParams.get("range").split("..");
  /** The link of the bucket under a pointer. */
  const bucket = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY)?.closest(".plot a:not(.event)");
    return found instanceof SVGAElement ? found : null;
  };
  const veil = document.createElement("div");
  veil.className = "zooming";
  let from = null;
  let dragged = false;

  document.addEventListener("pointerdown", (event) => {
    dragged = false;
    from = event.button === 0 && event.pointerType === "mouse" ? bucket(event) : null;
  });
  // Links are dragged as links otherwise.
  document.addEventListener("dragstart", (event) => from && event.preventDefault());
  document.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = bucket(event);
    if (!to || to.ownerSVGElement !== from.ownerSVGElement || (to === from && !dragged)) return;
    dragged = true;
    const [a, b] = [from, to].map((link) => link.getBoundingClientRect());
    const [left, right] = [Math.min(a.left, b.left), Math.max(a.right, b.right)];
    Object.assign(veil.style, {
      left: `${left + scrollX}px`,
      top: `${a.top + scrollY}px`,
      width: `${right - left}px`,
      height: `${a.height}px`,
    });
    veil.to = to;
    document.body.append(veil);
  });
  document.addEventListener("pointerup", () => {
    veil.remove();
    if (from && dragged) {
      const [start] = [ends(from), ends(veil.to)].sort();
      const [, end] = [ends(from), ends(veil.to)].sort()[1];
      const address = new URL(location.href);
      ["from", "until"].forEach((name) => address.searchParams.delete(name));
      address.searchParams.set("range", `${start[0]}..${end}`);
      location.assign(address);
    }
    from = null;
  });
  // The click that ends a drag opens nothing.
  document.addEventListener(
    "click",
    (event) => {
      if (dragged) {
        event.preventDefault();
        event.stopPropagation();
        dragged = false;
        return;
      }
      const copied = event.target instanceof Element && event.target.closest("[data-copy]");
      if (copied && navigator.clipboard && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        event.stopPropagation();
        navigator.clipboard.writeText(copied.href).then(() => {
          copied.textContent = "Copied";
        });
      }
    },
    true,
  );
  // An empty zone offers the browser's.
  document.addEventListener("focusin", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.dataset.zone === undefined) return;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const list = field.list;
    if (list && own && ![...list.options].some((option) => option.value === own)) {
      list.prepend(new Option("this browser’s", own));
    }
  });
})();
