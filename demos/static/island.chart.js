// The chart of the island: uPlot draws, the server says what.
const { uPlot } = window;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = matchMedia("(prefers-color-scheme: dark)");
const colour = (at) => `hsl(${(130 + at * 137) % 360} 55% ${isDark.matches ? 70 : 34}%)`;

/** What uPlot wants: a column of places, and one of each curve. */
function columns(curves) {
  const most = Math.max(1, ...curves.map(([, degrees]) => degrees.length));
  const places = Array.from({ length: most }, (_, at) => at + 1);
  return [places, ...curves.map(([, degrees]) => places.map((_, at) => degrees[at] ?? null))];
}

function draw(el, curves) {
  const axis = { stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: el.clientWidth,
      height: 240,
      scales: { x: { time: false } },
      axes: [{ ...axis, incrs: [1, 2, 5, 10] }, { ...axis, size: 40 }],
      series: [
        { label: "Reading" },
        ...curves.map(([label], at) => ({ label, stroke: colour(at), width: 2, points: { size: 6 } })),
      ],
    },
    columns(curves),
    el,
  );
}

document.addEventListener("htealeaf:mount", ({ target, detail }) => {
  if (target.id !== "chart") return;
  let curves = JSON.parse(detail.curves);
  let chart;
  const anew = () => {
    chart?.destroy();
    target.replaceChildren();
    chart = draw(target, curves);
  };
  anew();
  const sized = new ResizeObserver(() => chart.setSize({ width: target.clientWidth, height: 240 }));
  sized.observe(target);
  isDark.addEventListener("change", anew);

  target.addEventListener("htealeaf:update", ({ detail }) => {
    const names = JSON.stringify(curves.map(([name]) => name));
    curves = JSON.parse(detail.curves);
    // Other curves are another chart; more of the same are not.
    if (names === JSON.stringify(curves.map(([name]) => name))) chart.setData(columns(curves));
    else anew();
  });
  target.addEventListener("htealeaf:unmount", () => {
    sized.disconnect();
    isDark.removeEventListener("change", anew);
    chart.destroy();
  });
});
