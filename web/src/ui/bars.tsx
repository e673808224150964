// Counts over time as bars (uPlot draws them); dragging over them chooses a range. Colours are the theme's.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { number } from "../text";

export type Bucket = { at: string; count: number };

function color(name: string, box: HTMLElement): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--color-${name})`;
  box.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** A time on the axis: the hour, or the day where the marks are days apart. */
function mark(x: number, apart: number, i: number): string {
  const iso = new Date(x * 1000).toISOString();
  return apart >= 86400 ? iso.slice(5, 10) : i === 0 ? iso.slice(5, 16).replace("T", " ") : iso.slice(11, apart < 60 ? 19 : 16);
}

/** Every bucket of a range, also those in which nothing was. */
export function filled(buckets: readonly Bucket[], seconds: number): [number[], number[]] {
  const first = buckets[0], last = buckets.at(-1);
  if (!first || !last || seconds <= 0) return [[], []];
  const counts = new Map(buckets.map((each) => [Date.parse(each.at) / 1000, each.count]));
  const xs: number[] = [];
  for (let x = Date.parse(first.at) / 1000; x <= Date.parse(last.at) / 1000 && xs.length < 2000; x += seconds) xs.push(x);
  return [xs, xs.map((x) => counts.get(x) ?? 0)];
}

export function Bars({ buckets, seconds, label, height = 110, onRange }: { buckets: readonly Bucket[]; seconds: number; label: string; height?: number; onRange?: (since: string, until: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const chosen = useRef(onRange);
  chosen.current = onRange;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const [ink, grid, accent] = [color("soft", element), color("line", element), color("accent", element)];
      const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "11px Inter, sans-serif" };
      plot = new uPlot(
        {
          width: element.clientWidth,
          height,
          legend: { show: false },
          cursor: { drag: { x: !!chosen.current, y: false, setScale: false }, points: { show: false } },
          tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
          // To the end of the last bar: one bar alone has no other range.
          scales: { x: { range: (_plot, low, high) => [low, high + seconds] }, y: { range: (_plot, _low, high) => [0, Math.max(high, 1)] } },
          axes: [{ ...axis, size: 22, values: (_plot, xs) => xs.map((x, i) => mark(x, (xs[1] ?? x) - (xs[0] ?? x), i)) }, { ...axis, size: (_plot, ys) => Math.max(44, ...(ys ?? []).map((y) => 12 + 7 * y.length)), splits: (_plot, _axis, low, high) => [low, high], values: (_plot, ys) => ys.map((y) => number(y)) }],
          series: [{}, { stroke: accent, fill: accent, width: 0, paths: uPlot.paths.bars!({ size: [0.8, 40], align: 1 }), points: { show: false } }],
          hooks: {
            setSelect: [
              (each) => {
                if (each.select.width < 2) return;
                const time = (x: number) => new Date(each.posToVal(x, "x") * 1000).toISOString();
                chosen.current?.(time(each.select.left), time(each.select.left + each.select.width));
              },
            ],
          },
        },
        filled(buckets, seconds),
        element,
      );
    };
    draw();
    const size = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
    size.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("vedette:theme", draw);
    scheme.addEventListener("change", draw);
    return () => {
      removeEventListener("vedette:theme", draw);
      scheme.removeEventListener("change", draw);
      size.disconnect();
      plot?.destroy();
    };
  }, [buckets, seconds, height]);
  return <div ref={box} role="img" aria-label={label} className="min-w-0 overflow-hidden" style={{ height }} />;
}
