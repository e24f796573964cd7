/* Draws the charts, anew after each update of the page (see live.js). All figures come
   from the server; nothing is computed here. */
"use strict";

const SERIES = { cost: ["#7c5cff", "Cost (USD)"], runs: ["#1f9d63", "Runs"] };
const dark = matchMedia("(prefers-color-scheme: dark)");
let charts = [];

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

dark.addEventListener("change", draw);
addEventListener("beforeprint", () => charts.forEach((chart) => chart.resize()));
addEventListener("afterprint", () => charts.forEach((chart) => chart.resize()));
document.getElementById("content").addEventListener("runmeter:swapped", draw);
draw();
