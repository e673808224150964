// Counts by day as small bars, for a row of a table. What it says in numbers stands beside it.
import { number, t } from "../text";

const WIDTH = 112;
const HEIGHT = 22;

export function Spark({ counts, begin }: { counts: readonly number[]; begin: string }) {
  const most = Math.max(1, ...counts);
  const step = WIDTH / Math.max(1, counts.length);
  const best = counts.indexOf(most);
  const at = new Date(Date.parse(begin) + 86_400_000 * Math.max(0, best)).toISOString().slice(0, 10);
  return (
    <svg role="img" aria-label={t("spark", { days: counts.length, most: number(most), at })} width={WIDTH} height={HEIGHT} className="text-accent block">
      {counts.map((count, n) => {
        const tall = count === 0 ? 0 : Math.max(1, (HEIGHT * count) / most);
        return <rect key={n} x={n * step} y={HEIGHT - tall} width={Math.max(0.5, step * 0.8)} height={tall} fill="currentColor" />;
      })}
    </svg>
  );
}
