/* Draws what the server describes: each canvas[data-chart] has beside it a JSON
   description with labels, series, units and addresses, and nothing is computed here.
   Parts of the page that were replaced (see live.js) are drawn anew, and all of it when
   the colours of the system change. For paper all are drawn once more, in light colours and
   for its width, because the page is not laid out anew before it is printed. */
"use strict";

(() => {
  // Name of a colour: on light, on dark.
  const COLOURS = {
    violet: ["#6d4aed", "#a08bff"],
    green: ["#1f9d63", "#5ecb93"],
    yellow: ["#c98a0c", "#f0c05a"],
    red: ["#cf3f37", "#ff8a80"],
    grey: ["#8891a3", "#7d889c"],
    c1: ["#6d4aed", "#a08bff"],
    c2: ["#1c7fc7", "#5db5f5"],
    c3: ["#0e9384", "#45cfc0"],
    c4: ["#cb7a0a", "#f2b04f"],
    c5: ["#c93d86", "#f585bb"],
    c6: ["#4f8f1d", "#9bd46a"],
    c7: ["#8a5a3c", "#d3a384"],
    c8: ["#8891a3", "#98a3b8"],
    c9: ["#b6bdc9", "#5a6375"],
  };
  const dark = matchMedia("screen and (prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const COLUMN = [330, 190]; // CSS pixels of a chart on paper: half as wide as A4, or all of it
  const PAGE = [680, 200];
  const content = document.getElementById("content");
  const specs = new WeakMap(); // canvas -> its description
  let charts = [];
  let printing = paper.matches;

  const is_dark = () => dark.matches && !printing;
  const colour = (name) => COLOURS[name][is_dark() ? 1 : 0];

  function number(value, digits) {
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function shown(value, unit) {
    if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
    if (unit === "usd") {
      const size = Math.abs(value);
      if (size > 0 && size < 0.00005) return value > 0 ? "<$0.0001" : ">-$0.0001";
      return (value < 0 ? "-$" : "$") + number(size, size > 0 && size < 0.1 ? 4 : 2);
    }
    if (unit === "rate") return number(value * 100, 1) + "%";
    if (unit === "seconds") return number(value, 1) + " s";
    return number(value, 0);
  }

  function tick(value, unit) {
    if (unit === "rate") return number(value * 100, 0) + "%";
    if (unit === "count") return Number.isInteger(value) ? Intl.NumberFormat("en-US", { notation: "compact" }).format(value) : "";
    return shown(value, unit);
  }

  function fade(context, base) {
    const area = context.chart.chartArea;
    if (!area) return "transparent"; // the first call comes before the layout
    const fill = context.chart.ctx.createLinearGradient(0, area.top, 0, area.bottom);
    fill.addColorStop(0, base + "66");
    fill.addColorStop(1, base + "05");
    return fill;
  }

  function dataset(spec, series) {
    const kind = series.type || spec.type;
    const base = series.colour && colour(series.colour);
    const made = { label: series.name, data: series.values, unit: series.unit || spec.unit };
    if (spec.type === "doughnut") {
      return { ...made, backgroundColor: series.colours.map(colour), borderWidth: 2, borderColor: is_dark() ? "#181c25" : "#ffffff", hoverOffset: 4 };
    }
    if (kind === "bar") {
      return { ...made, type: "bar", order: 2, backgroundColor: series.colours ? series.colours.map(colour) : base, borderRadius: spec.stacked ? 0 : 3, maxBarThickness: 28, stack: spec.stacked ? "all" : undefined };
    }
    if (series.band) {
      return { ...made, type: "line", cubicInterpolationMode: "monotone", borderWidth: 0, pointRadius: 0, backgroundColor: base + "33", fill: series.band === "top" ? "+1" : false, spanGaps: false, order: 2 };
    }
    const dots = series.dots || spec.labels.length <= 60;
    return {
      ...made, type: "line", borderColor: base, borderWidth: series.dots ? 1 : spec.stacked ? 1 : 2, cubicInterpolationMode: spec.stacked ? "default" : "monotone",
      backgroundColor: series.dots ? base : spec.stacked ? base + "cc" : (context) => fade(context, base),
      fill: series.dots ? false : spec.stacked ? "stack" : series.fill !== false, yAxisID: series.axis === "right" ? "right" : "y",
      pointRadius: series.dash ? 0 : series.dots ? 5 : spec.stacked ? 0 : dots ? 2 : 0, pointHitRadius: 8, pointBackgroundColor: base, pointStyle: series.dots ? "rectRot" : "circle",
      showLine: !series.dots, borderDash: series.dash ? [6, 4] : undefined, spanGaps: false, order: series.axis === "right" ? 0 : 1,
    };
  }

  function axes(spec) {
    if (spec.type === "doughnut") return {};
    const line = is_dark() ? "#2c3340" : "#e6e9ef";
    const text = is_dark() ? "#a5adbd" : "#565f70";
    const names = { grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkip: !spec.horizontal, autoSkipPadding: 16 }, stacked: Boolean(spec.stacked) };
    const values = {
      beginAtZero: true, grid: { color: line }, stacked: Boolean(spec.stacked), suggestedMax: spec.most,
      ticks: { color: text, maxTicksLimit: 6, maxRotation: 0, precision: spec.unit === "count" ? 0 : undefined, callback: (value) => tick(value, spec.unit) },
    };
    if (spec.horizontal) {
      names.ticks.callback = (_, index) => { const label = spec.labels[index]; return short(label, 22); };
      return { y: names, x: values };
    }
    const made = { x: names, y: values };
    const right = spec.series.find((series) => series.axis === "right");
    if (right) {
      made.right = {
        position: "right", beginAtZero: true, grid: { display: false }, suggestedMax: right.most,
        title: { display: true, text: right.name, color: text },
        ticks: { color: text, maxTicksLimit: 6, precision: right.unit === "count" ? 0 : undefined, callback: (value) => tick(value, right.unit) },
      };
    }
    return made;
  }

  function follow(spec, chart, event) {
    if (!spec.links) return null;
    const hit = chart.getElementsAtEventForMode(event, spec.type === "doughnut" ? "nearest" : "index", { intersect: spec.type === "doughnut", axis: spec.horizontal ? "y" : "x" }, false)[0];
    return hit ? spec.links[hit.index] : null;
  }

  function options(spec, width) {
    const text = is_dark() ? "#c7cedb" : "#3d4553";
    return {
      responsive: !printing,
      devicePixelRatio: printing ? 3 : undefined,
      maintainAspectRatio: false,
      animation: false,
      indexAxis: spec.horizontal ? "y" : "x",
      cutout: spec.type === "doughnut" ? "62%" : undefined,
      interaction: spec.type === "doughnut" ? { mode: "nearest", intersect: true } : { mode: "index", intersect: false, axis: spec.horizontal ? "y" : "x" },
      onClick: (event, _, chart) => { const link = follow(spec, chart, event); if (link) location.assign(link); },
      onHover: (event, _, chart) => { chart.canvas.style.cursor = follow(spec, chart, event) ? "pointer" : "default"; },
      plugins: {
        legend: {
          display: spec.type === "doughnut" || spec.series.length > 1, position: spec.type === "doughnut" && (printing || width >= 400) ? "right" : "bottom",
          labels: { filter: (item) => spec.type === "doughnut" || spec.series[item.datasetIndex].band !== "bottom", color: text, boxWidth: 12, boxHeight: 12, padding: 10, generateLabels: spec.type === "doughnut" ? parts : legend },
          onClick: spec.type === "doughnut" ? (_, item) => { if (spec.links[item.index]) location.assign(spec.links[item.index]); } : undefined,
        },
        tooltip: { filter: (item) => spec.series.length < 6 || item.raw !== 0, callbacks: {
          title: (items) => items.length ? (spec.titles || spec.labels)[items[0].dataIndex] : "",
          label: (item) => (spec.series.length > 1 ? item.dataset.label + ": " : "") + shown(item.raw, item.dataset.unit),
        } },
      },
      scales: axes(spec),
    };
  }

  const short = (text, size) => (text.length > size ? text.slice(0, size - 1) + "…" : text);

  // The shares come from the server, as everything else does.
  function parts(chart) {
    const spec = specs.get(chart.canvas);
    return Chart.overrides.doughnut.plugins.legend.labels.generateLabels(chart).map((item) =>
      ({ ...item, text: `${shown(spec.shares[item.index], "rate")}  ${short(spec.labels[item.index], 26)}` }));
  }

  function legend(chart) {
    return Chart.defaults.plugins.legend.labels.generateLabels(chart).map((item) => {
      const base = chart.data.datasets[item.datasetIndex];
      const fill = base.borderColor && base.type === "line" ? base.borderColor : base.backgroundColor;
      return { ...item, text: short(item.text, 32), fillStyle: fill, strokeStyle: fill, lineWidth: 0 };
    });
  }

  function draw(canvas) {
    const spec = JSON.parse(canvas.parentElement.querySelector("script[type='application/json']").textContent);
    specs.set(canvas, spec);
    const size = canvas.closest(".charts > :not(.wide)") ? COLUMN : PAGE;
    const chart = new Chart(canvas, {
      type: spec.type,
      data: { labels: spec.labels, datasets: spec.series.map((series) => dataset(spec, series)) },
      options: options(spec, printing ? size[0] : canvas.parentElement.clientWidth),
    });
    if (printing) chart.resize(...size);
    return chart;
  }

  function update() {
    charts = charts.filter((chart) => chart.canvas.isConnected || chart.destroy());
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      if (!Chart.getChart(canvas)) charts.push(draw(canvas));
    }
  }

  function redraw() {
    charts.forEach((chart) => chart.destroy());
    charts = [];
    update();
  }

  function print(begins) {
    if (printing === begins) return;
    printing = begins;
    redraw();
  }

  content.addEventListener("runmeter:swapped", update);
  document.addEventListener("click", (event) => {
    const place = event.target.closest("svg [data-href]");
    if (place) location.assign(place.dataset.href);
  });
  dark.addEventListener("change", redraw);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  paper.addEventListener("change", () => print(paper.matches));
  update();
})();
