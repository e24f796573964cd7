/* Draws the charts and keeps the page up to date. All figures come from the server;
   nothing is computed here. An update replaces the content only: scroll position,
   focus, open details and the order of tables stay as they are. */
"use strict";

const POLL_MS = 5000;
const SERIES = { cost: ["#7c5cff", "Cost (USD)"], runs: ["#1f9d63", "Runs"] };
const content = document.getElementById("content");
const live = document.querySelector(".live");
const pause = document.getElementById("pause");
const dark = matchMedia("(prefers-color-scheme: dark)");
let charts = [];
let paused = false;

function gradient(context, colour) {
  const area = context.chart.chartArea;
  if (!area) return "transparent"; // the first call comes before the layout
  const fill = context.chart.ctx.createLinearGradient(0, area.top, 0, area.bottom);
  fill.addColorStop(0, colour + "66");
  fill.addColorStop(1, colour + "05");
  return fill;
}

function amount(kind, value) {
  const digits = kind === "cost" ? (value > 0 && value < 0.1 ? 4 : 2) : 0;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return kind === "cost" ? "$" + text : text;
}

function options(kind, days) {
  const line = dark.matches ? "#2c3340" : "#e6e9ef";
  const text = dark.matches ? "#a5adbd" : "#565f70";
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: { callbacks: {
        title: (items) => days[items[0].dataIndex].date,
        label: (item) => amount(kind, item.parsed.y),
      } },
    },
    scales: {
      x: { grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 16 } },
      y: { beginAtZero: true, grid: { color: line }, ticks: {
        color: text, precision: kind === "runs" ? 0 : undefined, callback: (value) => amount(kind, value),
      } },
    },
  };
}

function draw() {
  charts.forEach((chart) => chart.destroy());
  charts = [];
  const source = document.getElementById("series");
  if (!source || typeof Chart === "undefined") return;
  const days = JSON.parse(source.textContent);
  document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
    const kind = canvas.dataset.chart;
    const [colour, label] = SERIES[kind];
    charts.push(new Chart(canvas, {
      type: "line",
      data: {
        labels: days.map((day) => day.date.slice(5)),
        datasets: [{
          label, data: days.map((day) => day[kind]), borderColor: colour, borderWidth: 2, fill: true,
          backgroundColor: (context) => gradient(context, colour), cubicInterpolationMode: "monotone",
          pointRadius: days.length > 60 ? 0 : 2, pointBackgroundColor: colour,
        }],
      },
      options: options(kind, days),
    }));
  });
}

function viewState() {
  return {
    open: [...content.querySelectorAll("details")].map((item) => item.open),
    sorted: [...content.querySelectorAll("table.sortable")].map((table) => {
      const head = table.querySelector("th[aria-sort]");
      return head && { index: head.cellIndex, order: head.getAttribute("aria-sort") };
    }),
    focus: [...content.querySelectorAll("a,button,summary,[tabindex]")].indexOf(document.activeElement),
    x: scrollX,
    y: scrollY,
  };
}

function restore(state) {
  content.querySelectorAll("details").forEach((item, place) => { item.open = Boolean(state.open[place]); });
  content.querySelectorAll("table.sortable").forEach((table, place) => {
    const wanted = state.sorted[place];
    if (!wanted) return;
    const head = table.tHead.rows[0].cells[wanted.index];
    const now = head.getAttribute("aria-sort");
    if (now === wanted.order) return;
    head.click();
    if (head.getAttribute("aria-sort") !== wanted.order) head.click();
  });
  if (state.focus >= 0) {
    const targets = content.querySelectorAll("a,button,summary,[tabindex]");
    if (targets[state.focus]) targets[state.focus].focus({ preventScroll: true });
  }
  scrollTo(state.x, state.y);
}

async function update() {
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("content");
  if (!fresh.querySelector("#series") || !content.querySelector("#series")) {
    location.reload(); // from or to a page without figures: other scripts are needed
    return;
  }
  const state = viewState();
  charts.forEach((chart) => chart.destroy());
  charts = [];
  content.replaceChildren(...fresh.childNodes);
  content.dataset.snapshot = fresh.dataset.snapshot;
  const told = page.getElementById("live-text");
  if (told) document.getElementById("live-text").replaceChildren(...told.childNodes);
  draw();
  restore(state);
}

async function poll() {
  if (paused || document.hidden) return;
  try {
    const response = await fetch(document.querySelector("link[rel=icon]").href.replace(/static\/.*$/, "api/analytics/version"), { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const { snapshot } = await response.json();
    if (String(snapshot ?? "") !== content.dataset.snapshot) {
      content.setAttribute("aria-busy", "true");
      await update();
    }
    lost(false);
  } catch {
    lost(true);
  } finally {
    content.removeAttribute("aria-busy");
  }
}

function lost(is) {
  if (!live) return;
  live.classList.toggle("lost", is);
  let note = document.getElementById("lost");
  if (is && !note) {
    note = document.createElement("span");
    note.id = "lost";
    note.setAttribute("role", "alert");
    note.textContent = "Connection lost, trying again";
    live.prepend(note);
  } else if (!is && note) {
    note.remove();
  }
}

async function loop() {
  await poll();
  setTimeout(loop, POLL_MS);
}

if (pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) poll();
  });
}
dark.addEventListener("change", draw);
addEventListener("beforeprint", () => charts.forEach((chart) => chart.resize()));
addEventListener("afterprint", () => charts.forEach((chart) => chart.resize()));
document.addEventListener("visibilitychange", poll);
draw();
setTimeout(loop, POLL_MS);
