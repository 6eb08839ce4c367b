// The clerk's pages: files dropped anywhere, the result after each save, a sign that a page is open.
"use strict";

const LOOK = 300; // milliseconds between two looks at a form
const ALIVE = 10000; // … between two signs of life
const DEAD = 5; // looks without an answer until the page says so

const gone = document.getElementById("gone");
const leaving = document.getElementById("leaving");
let silent = 0;

const answered = (yes) => {
  silent = yes ? 0 : silent + 1;
  if (gone) gone.hidden = silent < DEAD;
};

const later = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

// --- whatever is dropped, wherever on the page --------------------------------------------------

const form = document.getElementById("upload");
if (form && form.hasAttribute("data-auto")) {
  const input = form.querySelector("input[type=file]");
  const send = () => {
    if (!input.files.length || !form.checkValidity()) return;
    document.getElementById("busy").textContent = form.dataset.busy;
    document.getElementById("busy").hidden = false;
    form.submit();
  };
  form.querySelector("button").hidden = true; // choosing sends
  input.addEventListener("change", send);
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (form.contains(event.target) || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });
}

// --- the result after each save ------------------------------------------------------------------

const watch = document.getElementById("watch");

const look = async () => {
  const old = document.getElementById("verdict");
  const seen = encodeURIComponent(old.dataset.version);
  const answer = await fetch(`${watch.dataset.url}?seen=${seen}`, { credentials: "same-origin" });
  if (answer.status !== 200) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = made.getElementById("verdict");
  if (!fresh) return;
  // Only the line that counts down is spoken; where she was reading stays in view.
  const y = window.scrollY;
  const text = old.contains(document.activeElement) ? document.activeElement.textContent : "";
  old.replaceWith(fresh);
  const same = Array.from(fresh.querySelectorAll("a, button")).find((one) => one.textContent === text);
  if (same) same.focus();
  fresh.classList.add("new");
  window.scrollTo(0, y);
  await later(1500);
  fresh.classList.remove("new");
};

const run = async () => {
  for (;;) {
    await later(watch && !document.hidden ? LOOK : ALIVE);
    try {
      if (watch) await look();
      else await fetch("/alive", { credentials: "same-origin" });
      answered(true);
    } catch {
      answered(false);
    }
  }
};

if (leaving) {
  window.addEventListener("pagehide", () => {
    navigator.sendBeacon("/closed", new URLSearchParams());
  });
  if (watch) {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) look().then(() => answered(true), () => answered(false));
    });
  }
  run();
}

// --- print ---------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
