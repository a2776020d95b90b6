/* Draws the level of a pair over time: a line in its 90 % interval, alerts and changes as markers. */
"use strict";
(() => {
  const place = document.getElementById("plot");
  const given = JSON.parse(document.getElementById("course-data").textContent);
  if (!place || !given.series.length) return;

  const seconds = (day) => Date.parse(day) / 1000;
  const data = [0, 1, 2, 3].map((column) => given.series.map((row) => (column ? row[column] : seconds(row[0]))));
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const triangle = (ctx, x, y, size, up) => {
    ctx.beginPath();
    ctx.moveTo(x, y + (up ? -size : size));
    ctx.lineTo(x - size, y + (up ? size * 0.75 : -size * 0.75));
    ctx.lineTo(x + size, y + (up ? size * 0.75 : -size * 0.75));
    ctx.closePath();
    ctx.fill();
  };

  const marks = (plot) => {
    const ctx = plot.ctx;
    const ratio = devicePixelRatio || 1;
    const { left, top, width, height } = plot.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - 8 * ratio, width, height + 16 * ratio);
    ctx.clip();
    for (const [day, direction] of given.changes) {
      const x = plot.valToPos(seconds(day), "x", true);
      ctx.fillStyle = colour(direction === "tension" ? "--bad" : "--well");
      ctx.globalAlpha = 0.75;
      ctx.fillRect(x - ratio, top + height - 7 * ratio, 2 * ratio, 7 * ratio);
    }
    for (const [day, direction] of given.alerts) {
      const x = plot.valToPos(seconds(day), "x", true);
      ctx.globalAlpha = 0.4;
      ctx.strokeStyle = ctx.fillStyle = colour(direction === "tension" ? "--bad" : "--well");
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.globalAlpha = 1;
      ctx.setLineDash([]);
      triangle(ctx, x, top + (direction === "tension" ? 9 : 10) * ratio, 5 * ratio, direction !== "tension");
    }
    ctx.restore();
  };

  const axis = () => ({
    stroke: colour("--faint"),
    font: "12px " + colour("--sans"),
    grid: { stroke: colour("--rule"), width: 1 },
    ticks: { show: false },
  });

  const spoken = (plot, value) => (value == null ? "" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(1));

  let plot = null;
  const draw = () => {
    if (plot) plot.destroy();
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: 300,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC"),
        cursor: { y: false, points: { size: 7 } },
        legend: { show: true, live: true },
        scales: { y: { range: [-9, 9] } },
        axes: [
          axis(),
          { ...axis(), size: 36, splits: () => [-9, -6, -3, 0, 3, 6, 9], values: (u, vs) => vs.map((v) => (v < 0 ? "−" + -v : "" + v)) },
        ],
        series: [
          { label: "day", value: "{YYYY}-{MM}-{DD}" },
          { label: "level", stroke: colour("--line"), width: 2, points: { show: false }, value: spoken },
          { label: "low", stroke: "transparent", points: { show: false }, value: spoken },
          { label: "high", stroke: "transparent", points: { show: false }, value: spoken },
        ],
        bands: [{ series: [3, 2], fill: colour("--ribbon") }],
        hooks: { draw: [marks], ready: [(u) => u.setLegend({ idx: given.series.length - 1 })] },
      },
      data,
      place,
    );
  };
  draw();
  addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 300 }));
  dark.addEventListener("change", draw);
})();
