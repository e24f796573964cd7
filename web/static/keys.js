/* Keys that work on every page: "/" goes to the search, "?" shows what there is, and
   Escape closes an open choice. None works while somebody is typing. */
"use strict";

const help = document.getElementById("help");

function typing(target) {
  return target.closest("input,select,textarea,[contenteditable]") !== null;
}

function search() {
  const field = document.querySelector("[aria-keyshortcuts='/']")
    || document.querySelector("#content input:not([type=hidden]),#content textarea,#content select");
  if (!field) return false;
  field.focus();
  if (field.select) field.select();
  return true;
}

function close_choice() {
  const open = document.querySelector("details.choice[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close_choice();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/" && search()) event.preventDefault();
  if (event.key === "?" && !help.open) help.showModal();
});
