import uPlot from "uplot";
import { cssColor, onColorChange } from "./cssColor.js";

/** A line of a chart. */
export interface ChartLine {
  /** A custom property with its colour: see the style sheet. */
  readonly color: string;
  /** In seconds since the UNIX epoch, in ascending order. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export interface ChartOptions {
  /** Formats a value of the vertical axis. */
  readonly format: (value: number) => string;
  /** Called with the time under the pointer, in seconds, or undefined if it has left. */
  readonly onPointer?: ((time: number | undefined) => void) | undefined;
}

/** The height of a chart in CSS pixels. */
const height = 220;

/** A line chart over time. It fills the width of its element. */
export class Chart {
  readonly #parent: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #colors: readonly string[] = [];
  #range: { readonly from: number; readonly to: number } = { from: 0, to: 1 };
  #format: (value: number) => string;

  constructor(parent: HTMLElement, options: ChartOptions) {
    this.#parent = parent;
    this.#options = options;
    this.#format = options.format;
    new ResizeObserver(() => {
      this.#plot?.setSize({ width: this.#width, height });
    }).observe(parent);
    onColorChange(() => this.#plot?.redraw(false));
  }

  /**
   * Draws these lines instead of the previous ones.
   *
   * @param range The times at the left and right end, in seconds.
   */
  draw(
    lines: readonly ChartLine[],
    range: { readonly from: number; readonly to: number },
    format: (value: number) => string = this.#options.format,
  ): void {
    this.#range = range;
    this.#format = format;
    const colors = lines.map(({ color }) => color);
    const data = dataOf(lines);
    if (this.#plot === undefined || colors.join() !== this.#colors.join()) {
      this.#colors = colors;
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#uPlotOptions(), data, this.#parent);
    } else {
      this.#plot.setData(data);
    }
  }

  get #width(): number {
    return Math.max(this.#parent.clientWidth, 100);
  }

  #uPlotOptions(): uPlot.Options {
    const axis = {
      stroke: () => cssColor("--muted"),
      grid: { stroke: () => cssColor("--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    return {
      width: this.#width,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: () => [this.#range.from, this.#range.to] },
        y: { range: (_, min, max) => verticalRange(min, max) },
      },
      axes: [
        {
          ...axis,
          values: (_, splits) => splits.map(clock),
          space: () => (this.#width > 500 ? 90 : 44),
          size: 28,
        },
        { ...axis, values: (_, splits) => splits.map((value) => this.#format(value)), size: 72 },
      ],
      series: [
        {},
        ...this.#colors.map((color) => ({
          stroke: () => cssColor(color),
          width: 1.5,
          spanGaps: true,
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor, data }) => {
            const { idx } = cursor;
            this.#options.onPointer?.(typeof idx === "number" ? data[0][idx] : undefined);
          },
        ],
      },
    };
  }
}

function dataOf(lines: readonly ChartLine[]): uPlot.AlignedData {
  if (lines.length === 0) {
    return [[]];
  }
  return uPlot.join(lines.map(({ times, values }) => [[...times], [...values]]));
}

/** From 0, unless there are negative values. */
function verticalRange(min: number | null, max: number | null): uPlot.Range.MinMax {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(max ?? 0, 0);
  return [low * 1.1, high === low ? low + 1 : high * 1.1];
}

/** `14:30`, with seconds if they are not 0. */
function clock(seconds: number): string {
  const text = new Date(seconds * 1_000).toTimeString().slice(0, 8);
  return text.endsWith(":00") ? text.slice(0, 5) : text;
}
