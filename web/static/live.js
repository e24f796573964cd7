/* Keeps every page up to date. It asks a tiny route for the number of the newest snapshot,
   every five seconds and every two while jobs run, and only while the page can be seen, so
   that many tabs cost next to nothing. When there is a newer one, the page is fetched once
   more and those of its parts are replaced whose HTML differs from what the server sent
   before. Parts are the children of #content and, within an element marked data-parts, its
   children. Focus, scroll position, open details and the order of tables stay; a form that
   somebody is using is left alone. After a replacement #content gets "runmeter:swapped".
   Nothing is computed here. */
"use strict";

const content = document.getElementById("content");
const bar = document.querySelector(".live");
const FOCUSABLE = "a[href],button,summary,input,select,textarea,[tabindex]";
const TIMEOUT_MS = 20000;
const DIM_AFTER_MS = 300;
const sent = new WeakMap(); // part -> its HTML as the server sent it
let paused = false;
let failures = 0;
let timer = 0;
let under_way = null;

function remember(parent) {
  for (const part of parent.children) {
    sent.set(part, part.outerHTML);
    if (part.hasAttribute("data-parts")) remember(part);
  }
}

function in_use(part) {
  const field = document.activeElement;
  const typing = part.contains(field) && field.matches("input,select,textarea");
  return typing || Boolean(part.querySelector("details.choice[open],dialog[open]"));
}

function state_of(part) {
  return {
    open: [...part.querySelectorAll("details")].map((item) => item.open),
    sorted: [...part.querySelectorAll("table.sortable")].map((table) => {
      const head = table.querySelector("th[aria-sort]");
      return head && { index: head.cellIndex, order: head.getAttribute("aria-sort") };
    }),
    scrolled: [...part.querySelectorAll(".scroll")].map((item) => [item.scrollLeft, item.scrollTop]),
    focus: [part, ...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement),
  };
}

function restore(part, state) {
  part.querySelectorAll("details").forEach((item, place) => {
    if (place in state.open) item.open = state.open[place];
  });
  part.querySelectorAll("table.sortable").forEach((table, place) => sort_again(table, state.sorted[place]));
  part.querySelectorAll(".scroll").forEach((item, place) => {
    if (state.scrolled[place]) [item.scrollLeft, item.scrollTop] = state.scrolled[place];
  });
  const target = [part, ...part.querySelectorAll(FOCUSABLE)][state.focus];
  if (state.focus >= 0 && target) target.focus({ preventScroll: true });
}

function sort_again(table, wanted) {
  const head = wanted && table.tHead.rows[0].cells[wanted.index];
  if (!head || head.getAttribute("aria-sort") === wanted.order) return;
  head.click();
  if (head.getAttribute("aria-sort") !== wanted.order) head.click();
}

/* Replaces what differs below `old` by what lies below `fresh`; tells whether anything did. */
function patch(old, fresh) {
  const before = [...old.children];
  const after = [...fresh.children];
  const alike = before.length === after.length && before.every((part, place) =>
    part.tagName === after[place].tagName && part.id === after[place].id);
  if (!alike) {
    const state = state_of(old);
    const used = new Map(before.filter((part) => part.id && in_use(part)).map((part) => [part.id, part]));
    old.replaceChildren(...after.map((part) => used.get(part.id) || part));
    remember(old);
    restore(old, state);
    return true;
  }
  return before.map((part, place) => patch_part(part, after[place])).some(Boolean);
}

function patch_part(part, fresh) {
  const html = fresh.outerHTML;
  if (html === sent.get(part) || in_use(part)) return false;
  if (part.hasAttribute("data-parts") && fresh.hasAttribute("data-parts")) {
    sent.set(part, html);
    return patch(part, fresh);
  }
  const state = state_of(part);
  part.replaceWith(fresh);
  sent.set(fresh, html);
  if (fresh.hasAttribute("data-parts")) remember(fresh);
  restore(fresh, state);
  return true;
}

async function ask(url) {
  const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status === 401) throw new Error("the dashboard asks for its token again; reload the page");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response;
}

async function fetch_page(asked) {
  // What comes by itself disturbs nobody who is reading.
  const dim = asked && setTimeout(() => content.setAttribute("aria-busy", "true"), DIM_AFTER_MS);
  try {
    const text = await (await ask(location.href)).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("content");
    if (!fresh || fresh.dataset.page !== content.dataset.page) {
      location.reload(); // another kind of page needs other scripts
      return;
    }
    const [x, y] = [scrollX, scrollY];
    content.dataset.snapshot = fresh.dataset.snapshot;
    content.dataset.follow = fresh.dataset.follow;
    if (patch(content, fresh)) content.dispatchEvent(new CustomEvent("runmeter:swapped"));
    scrollTo(x, y);
  } finally {
    clearTimeout(dim);
    content.removeAttribute("aria-busy");
  }
}

async function look(always) {
  const version = await (await ask(content.dataset.version)).json();
  const newer = String(version.snapshot ?? "") !== content.dataset.snapshot;
  const moving = content.dataset.follow === "jobs" && version.jobs_running > 0;
  const left_alone = content.dataset.follow === "never"; // a page of somebody's own work
  if (!left_alone && (always || newer || moving)) await fetch_page(always);
  tell(version);
  ring(version.open_alerts);
  return version.jobs_running > 0 ? 2000 : 5000;
}

function tell(version) {
  const text = document.getElementById("live-text");
  const time = text && text.querySelector("time");
  if (!time || !version.data_as_of || "fixed" in text.dataset) return;
  time.dateTime = version.data_as_of;
  time.textContent = version.data_as_of.slice(0, 19).replace("T", " ");
}

/* The bell is outside of what is replaced. */
function ring(waiting) {
  const bell = document.getElementById("bell");
  if (!bell || waiting === null) return;
  const text = `${waiting.toLocaleString("en")} open ${waiting === 1 ? "alert" : "alerts"}`;
  if (bell.title === text) return;
  bell.title = text;
  bell.classList.toggle("rings", waiting > 0);
  const [count, unseen] = bell.querySelectorAll("span");
  count.textContent = waiting || "";
  unseen.textContent = text;
}

/* Looks once, and plans the next time. Whoever comes while it is under way waits for it. */
function update(always) {
  clearTimeout(timer);
  under_way = under_way || look(always).then(
    (pause) => { complain(null); return pause; },
    (error) => { complain(error); return Math.min(5000 * 2 ** failures, 60000); },
  ).then((pause) => {
    under_way = null;
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(update, pause, false);
  });
  return under_way;
}

function complain(error) {
  failures = error ? failures + 1 : 0;
  bar.classList.toggle("lost", Boolean(error));
  const note = document.getElementById("lost");
  const text = error ? `Not up to date: ${error instanceof TypeError ? "connection lost" : error.message}` : "";
  if (note.textContent !== text) note.textContent = text;
  document.getElementById("refresh").textContent = error ? "Retry" : "Refresh";
}

function pause_or_resume(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume" : "Pause";
  clearTimeout(timer);
  if (!paused) update(false);
}

function start() {
  remember(content);
  for (const button of bar.querySelectorAll("button")) button.hidden = false;
  document.getElementById("pause").addEventListener("click", (event) => pause_or_resume(event.target));
  document.getElementById("refresh").addEventListener("click", () => update(true));
  content.addEventListener("click", (event) => {
    if (!event.target.closest("[data-retry]")) return;
    event.preventDefault();
    update(true);
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && !paused) update(false);
  });
  timer = setTimeout(update, 0, false); // a kept page may be older than it says
}

if (content.dataset.page && bar) start();
