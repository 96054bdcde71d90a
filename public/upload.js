// Sends the forms that are marked with data-upload, and shows how far it is. Without this script
// the browser sends them by itself.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.upload === undefined) return;
  const file = form.querySelector("input[type=file]").files[0];
  if (!file) return;
  event.preventDefault();
  const [bar, words, button] = ["progress", "output", "button"].map((name) => form.querySelector(name));
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
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
