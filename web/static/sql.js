/* The SQL page without a reload: the form is sent, and the result put in its place. A query
   runs only when somebody presses Run or Ctrl+Enter. The chart shows cells of the result as
   they are; nothing is summed here. */
"use strict";

const form = document.getElementById("query-form");
const editor = document.getElementById("query");
const share = document.getElementById("share");
const dark = matchMedia("screen and (prefers-color-scheme: dark)");
const MOST_POINTS = 500;
const PAPER = [680, 260]; // CSS pixels of the chart on paper
let printing = false;
let chart = null;
let data = null;

function link() {
  const url = new URL(share.href);
  url.searchParams.delete("query");
  if (editor.value.trim()) url.searchParams.set("query", editor.value);
  return url;
}

async function run() {
  const result = document.getElementById("result");
  result.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("result");
    if (!fresh) throw new Error(page.querySelector("main p")?.textContent || `the server answered ${response.status}`);
    result.replaceWith(fresh);
    history.replaceState(null, "", link());
    share.href = link();
    show(fresh);
  } catch (error) {
    fail(result, error);
  }
}

function fail(result, error) {
  result.removeAttribute("aria-busy");
  const note = document.createElement("pre");
  note.className = "problem";
  note.setAttribute("role", "alert");
  note.textContent = error instanceof TypeError ? "Connection lost; press Run to try again." : error.message;
  result.querySelectorAll(".problem").forEach((old) => old.remove());
  result.prepend(note);
}

function show(result) {
  const problem = result.querySelector("[data-line]");
  editor.toggleAttribute("aria-invalid", Boolean(result.querySelector(".problem")));
  if (problem) place_caret(Number(problem.dataset.line), Number(problem.dataset.column));
  draw_new();
}

function place_caret(line, column) {
  const lines = editor.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start + column - 1, start + column - 1);
}

/* Which columns can be drawn: numbers as values, anything else along the axis. */
function draw_new() {
  const source = document.getElementById("result-data");
  data = source && JSON.parse(source.textContent);
  if (chart) chart.destroy();
  chart = null;
  if (!data || data.rows.length < 2) return;
  const places = data.columns.map((name, place) => place);
  const values = places.filter((place) => data.rows.some((row) => typeof row[place] === "number"));
  const along = places.filter((place) => !values.includes(place));
  if (!values.length) return;
  fill("chart-along", along.length ? along.concat(values) : values);
  fill("chart-value", values.length > 1 && !along.length ? values.slice(1).concat(values[0]) : values);
  const first = along.length ? data.rows.map((row) => row[along[0]]) : [];
  const dates = first.length && first.every((text) => /^\d{4}-\d\d(-\d\d)?/.test(text ?? ""));
  document.getElementById("chart-kind").value = dates ? "line" : "bar";
  document.getElementById("chart-panel").hidden = false;
  for (const id of ["chart-kind", "chart-along", "chart-value"]) {
    document.getElementById(id).addEventListener("change", draw);
  }
  draw();
}

function fill(id, places) {
  const options = places.map((place) => new Option(data.columns[place].slice(0, 60), place));
  document.getElementById(id).replaceChildren(...options);
}

function draw() {
  if (!data || typeof Chart === "undefined") return;
  const chosen = ["chart-kind", "chart-along", "chart-value"].map((id) => document.getElementById(id)?.value);
  if (!chosen[2]) return;
  const [kind, along, value] = chosen;
  const rows = data.rows.slice(0, MOST_POINTS);
  const is_dark = dark.matches && !printing;
  const text = is_dark ? "#a5adbd" : "#565f70";
  const line = is_dark ? "#2c3340" : "#e6e9ef";
  if (chart) chart.destroy();
  chart = new Chart(document.querySelector("canvas[data-chart=result]"), {
    type: kind,
    data: {
      labels: rows.map((row) => String(row[along] ?? "null").slice(0, 40)),
      datasets: [{
        label: data.columns[value], data: rows.map((row) => (typeof row[value] === "number" ? row[value] : null)),
        backgroundColor: kind === "bar" ? "#7b61e8" : "#7b61e833", borderColor: "#7b61e8", borderWidth: kind === "bar" ? 0 : 2,
        pointRadius: rows.length > 60 ? 0 : 2, fill: kind === "line", maxBarThickness: 48,
      }],
    },
    options: {
      responsive: !printing, devicePixelRatio: printing ? 3 : undefined, maintainAspectRatio: false, animation: false,
      plugins: { legend: { display: false } },
      scales: {
        x: { grid: { display: false }, ticks: { color: text, maxRotation: 45, autoSkipPadding: 12 } },
        y: { beginAtZero: true, grid: { color: line }, ticks: { color: text } },
      },
    },
  });
}

function print(begins) {
  printing = begins;
  draw();
  if (begins && chart) chart.resize(...PAPER);
}

form.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.name === "kind") return; // a download is a form of its own
  event.preventDefault();
  run();
});
editor.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  run();
});
editor.addEventListener("input", () => { share.href = link(); });
share.addEventListener("click", (event) => {
  event.preventDefault();
  share.href = link();
  history.replaceState(null, "", share.href);
  const told = document.getElementById("share-told");
  told.classList.remove("unseen");
  const say = (text) => { told.textContent = text; };
  if (!navigator.clipboard) return say("The address of this page is the link.");
  navigator.clipboard.writeText(share.href).then(
    () => say("Copied. Whoever opens it sees the query and runs it with a click."),
    () => say("The address of this page is the link."),
  );
});
document.getElementById("content").addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-query]");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  editor.value = chosen.dataset.query;
  share.href = link();
  editor.focus();
});
dark.addEventListener("change", draw);
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
draw_new();
