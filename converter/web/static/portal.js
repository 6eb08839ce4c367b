// What the pages do better with a script; without it they do the same.
"use strict";

const upload = document.getElementById("upload");
if (upload) {
  const file = upload.querySelector("input[type=file]");
  const drop = upload.querySelector(".drop");
  const button = upload.querySelector("button");
  const busy = document.getElementById("busy");
  const largest = Number(upload.dataset.largest) * 1024 * 1024;
  const tell = (text) => { busy.textContent = text; busy.hidden = !text; };

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change"));
  });
  file.addEventListener("change", () => {
    const large = Array.from(file.files).some((one) => one.size > largest);
    file.setCustomValidity(large ? upload.dataset.toolarge : "");
    tell(large ? upload.dataset.toolarge : "");
  });
  upload.addEventListener("submit", () => {
    button.disabled = true;
    tell(upload.dataset.busy);
  });
  // Coming back by the browser's button finds the page as it was left.
  window.addEventListener("pageshow", () => { button.disabled = false; tell(""); });
}
