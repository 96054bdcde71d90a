// Helps forms that would work without it: those with data-upload are sent in sight, with a bar;
// filters lead to short addresses; nothing is sent twice.
"use strict";

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

// Sends the forms that are marked with data-upload, and shows how far it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.upload === undefined) return;
  const file = form.querySelector("input[type=file]").files[0];
  if (!file) return;
  event.preventDefault();
  const [bar, words, button] = ["progress", "output", "button"].map((name) => form.querySelector(name));
  const stop = (sentence) => {
    bar.hidden = true;
    button.disabled = false;
    words.textContent = sentence;
    words.className = "wrong";
  };
  const limit = Number(form.dataset.upload);
  if (file.size > limit) {
    stop(`${file.name} has ${megabytes(file.size)}; ${megabytes(limit)} is the most that is taken here.`);
    return;
  }
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (sent) => {
    if (!sent.lengthComputable) return;
    bar.value = (100 * sent.loaded) / sent.total;
    words.textContent = `${megabytes(sent.loaded)} of ${megabytes(sent.total)} sent`;
  });
  request.addEventListener("load", () => {
    const answer = request.response ?? {};
    if (request.status === 202 && answer.href) {
      window.location.assign(answer.href);
    } else if (request.status === 401) {
      stop("You are signed out. Sign in and send the file again.");
    } else {
      stop(answer.message ?? "The file was not taken. Load the page again and send it once more.");
    }
  });
  request.addEventListener("error", () => stop("The line broke off. Nothing of the file was kept; send it again."));
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  words.className = "";
  request.send(new FormData(form));
});

// A form that is marked with data-watched goes its usual way, and its answer is a page; until that
// comes, this one asks how far its file is, and says so.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.watched) return;
  const file = form.querySelector("input[type=file]").files[0];
  if (!file) return;
  const [bar, words] = ["progress", "output"].map((name) => form.querySelector(name));
  const ticket = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  form.action = `${form.getAttribute("action").split("?")[0]}?ticket=${ticket}`;
  bar.hidden = false;
  words.textContent = `${megabytes(file.size)} on their way`;
  // A page that was stopped before its answer came stays, and does not ask for ever.
  let left = 4000;
  const asking = setInterval(async () => {
    if (left-- === 0) clearInterval(asking);
    const answer = await fetch(`${form.dataset.watched}?ticket=${ticket}`).catch(() => undefined);
    if (!answer?.ok) return;
    const { bytes, records } = await answer.json();
    if (records > 0) {
      bar.removeAttribute("value");
      words.textContent = `${records.toLocaleString("en")} records checked`;
    } else {
      bar.value = (100 * bytes) / file.size;
      words.textContent = `${megabytes(bytes)} of ${megabytes(file.size)} sent`;
    }
  }, 300);
  const stop = () => {
    clearInterval(asking);
    bar.hidden = true;
    words.textContent = "";
  };
  window.addEventListener("pagehide", stop, { once: true });
});

// Keeps fields that were left empty out of the address that a filter leads to.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

// A second click sends nothing twice. The button is still asked what was chosen, so it stays
// usable until the form is on its way, and again when the page is come back to.
document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => {
    if (!event.defaultPrevented) for (const button of buttons) button.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const button of buttons) button.disabled = false;
  });
});
