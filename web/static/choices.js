/* Fields for one of very many names, such as the projects of a filter: when one is entered,
   all names are asked for once and offered while somebody types. Without this, whatever is
   typed counts all the same. */
"use strict";

let known = null; // names by filter, as soon as they were asked for

async function names(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const found = {};
  for (const row of (await response.json()).rows) (found[row.filter] ||= []).push(row.value);
  return found;
}

async function offer(field) {
  known ||= names(field.dataset.choicesUrl);
  const list = document.createElement("datalist");
  list.id = `all-${field.dataset.choices}`;
  list.append(...((await known)[field.dataset.choices] || []).map((name) => new Option("", name)));
  document.getElementById(list.id)?.remove();
  document.body.append(list);
  field.setAttribute("list", list.id);
}

document.addEventListener("focusin", (event) => {
  const field = event.target.closest("[data-choices]");
  if (!field || field.list) return;
  offer(field).catch(() => { known = null; }); // asked for again with the next focus
});
