/* Saved views: parts move by buttons instead of numbers, and are hidden for other pages. */
"use strict";

const list = document.querySelector(".parts");
const page = document.getElementById("view-page");

function number() {
  [...list.children].forEach((item, place) => {
    item.querySelector("input[type=number]").value = place + 1;
    item.querySelector("[data-move='-1']").disabled = place === 0;
    item.querySelector("[data-move='1']").disabled = place === list.children.length - 1;
  });
}

function button(item, step, sign, word) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "outline secondary";
  made.dataset.move = step;
  made.textContent = sign;
  made.setAttribute("aria-label", `Move ${item.querySelector("label").textContent.trim()} ${word}`);
  item.append(made);
}

function move(event) {
  const pressed = event.target.closest("[data-move]");
  if (!pressed) return;
  const item = pressed.closest("li");
  if (pressed.dataset.move === "-1") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  number();
  (pressed.disabled ? item.querySelector("[data-move]:not(:disabled)") : pressed).focus();
}

function show_parts() {
  const parts = document.getElementById("parts");
  parts.hidden = parts.disabled = page.value !== "/analytics";
}

for (const item of list.children) {
  button(item, "-1", "↑", "up");
  button(item, "1", "↓", "down");
}
list.classList.add("moved");
list.addEventListener("click", move);
page.addEventListener("change", show_parts);
number();
show_parts();
