// Correcting a workbook on a page: a cell is checked again when it is left. Enter leads to the next
// fault. Without this script the form's button checks all cells.
"use strict";

const formNow = () => document.getElementById("correcting");

if (formNow()) {
  const status = document.getElementById("correcting-status");
  let waiting = new Map(); // by name: what is still to be sent
  let sent = new Map(); // … and what is under way
  let busy = false;
  let submitting = false;
  let replacing = false;

  const cells = () => Array.from(formNow().querySelectorAll("[data-cell]"));
  const isCell = (element) => element instanceof HTMLElement && element.hasAttribute("data-cell");
  const isLeft = (event) => isCell(event.target) && !replacing;
  const isChanged = (cell) => cell.value !== cell.dataset.was;

  const focusOn = (cell) => {
    cell.focus();
    if (cell instanceof HTMLInputElement) cell.select();
  };

  const nextFault = (cell) => {
    const all = cells();
    const at = all.indexOf(cell) + 1;
    const after = [...all.slice(at), ...all.slice(0, at)];
    for (const level of ["error", "warning"]) {
      // What was changed but not checked yet is no fault to go back to.
      const found = after.find((one) => one.dataset.fault === level && !isChanged(one));
      if (found) return found;
    }
    return formNow().querySelector("button[value=finish]");
  };

  const sendCell = (cell) => {
    if (!isChanged(cell) || cell.dataset.sent === cell.value) return;
    cell.dataset.sent = cell.value;
    send(cell.name, cell.value);
  };

  // A browser lists only choices that fit what stands in a field: something else makes room, and
  // comes back unless it was deleted on purpose.
  const isChoice = (cell) => Array.from(cell.list.options).some((one) => one.value === cell.value);
  const makeRoom = (cell) => {
    if (!cell.list || !cell.value || isChanged(cell) || isChoice(cell)) return;
    cell.placeholder = cell.value;
    cell.dataset.room = "1";
    cell.value = "";
  };
  const endRoom = (cell) => {
    if (cell.dataset.room && !cell.value) cell.value = cell.dataset.was;
    delete cell.dataset.room;
  };

  const isTyped = (cell) => isChanged(cell) && (cell.value || !cell.dataset.room);

  const send = (name, value) => {
    waiting.set(name, value);
    next();
  };

  const next = async () => {
    if (busy || !waiting.size) return;
    busy = true;
    sent = waiting;
    waiting = new Map();
    const body = new URLSearchParams([["token", formNow().elements.token.value], ...sent]);
    try {
      const answer = await fetch(formNow().action, {
        method: "POST", body, headers: { "x-fragment": "1" }, credentials: "same-origin",
      });
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      const form = made.getElementById("correcting");
      if (!answer.ok || !form) throw new Error(String(answer.status));
      show(form);
      sent = new Map();
    } catch {
      waiting = new Map([...sent, ...waiting]); // goes with the next cell
      sent = new Map();
      status.textContent = formNow().dataset.failed;
      busy = false;
      return;
    }
    busy = false;
    next();
  };

  const show = (form) => {
    const active = document.activeElement;
    const name = isCell(active) ? active.name : active && active.value;
    const whole = active instanceof HTMLInputElement && active.selectionStart === 0
      && active.selectionEnd === active.value.length;
    const range = active instanceof HTMLInputElement ? [active.selectionStart, active.selectionEnd] : null;
    // What is being typed meanwhile stays.
    const typed = cells().filter((one) => isTyped(one) && sent.get(one.name) !== one.value);
    replacing = true; // a browser may say that cells which go away are left
    formNow().replaceWith(form);
    replacing = false;
    for (const one of typed) {
      const cell = form.elements.namedItem(one.name);
      if (cell) cell.value = one.value;
    }
    const again = isCell(active) ? form.elements.namedItem(name)
      : Array.from(form.querySelectorAll("button")).find((button) => button.value === name);
    if (again && active !== document.body) {
      again.focus();
      if (again instanceof HTMLInputElement && range) {
        if (whole) again.select();
        else again.setSelectionRange(range[0], range[1]);
      }
    } else if (name) {
      focusOn(nextFault(null));
    }
    status.textContent = form.dataset.left;
  };

  document.addEventListener("change", (event) => {
    if (isLeft(event)) sendCell(event.target);
  });
  document.addEventListener("focusout", (event) => {
    if (!isLeft(event)) return;
    endRoom(event.target);
    sendCell(event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (!isCell(event.target) || !(event.target instanceof HTMLInputElement)) return;
    makeRoom(event.target);
    event.target.select();
  });
  document.addEventListener("keydown", (event) => {
    if (!isCell(event.target)) return;
    if (event.key === "Delete" || event.key === "Backspace") delete event.target.dataset.room;
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    focusOn(nextFault(event.target)); // leaving the cell sends it
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button || button.form !== formNow()) return;
    if (button.name !== "remove" && button.value !== "check") return;
    event.preventDefault();
    send(button.name, button.value);
  });

  // A page that is closed takes along what was typed into a cell that was never left.
  document.addEventListener("input", () => { submitting = false; });
  document.addEventListener("submit", () => { submitting = true; });
  window.addEventListener("pagehide", () => {
    const typed = cells().filter(isTyped).map((one) => [one.name, one.value]);
    const left = new Map([...sent, ...waiting, ...typed]);
    left.delete("do");
    if (submitting || !left.size) return;
    const kept = [["token", formNow().elements.token.value], ["do", "leave"], ...left];
    navigator.sendBeacon(formNow().action, new URLSearchParams(kept));
  });

  const first = nextFault(null);
  if (first) focusOn(first);
}
