import { cut } from "../../terminal/textWidth.js";
import { escapeControls } from "../../text/escapeControls.js";
import { bytes, duration, grouped, percent, rate } from "../../text/formatNumbers.js";
import { sparkline } from "../../text/sparkline.js";
import { sumOf } from "../counts/containers.js";
import type { SourceRow } from "../counts/sourceEntry.js";
import { fitLeft, fitRight } from "./frame.js";
import type { SortKey } from "./sortKey.js";

interface Column {
  readonly head: string;
  readonly width: number;
  readonly sort?: SortKey;
  readonly cell: (row: SourceRow) => string;
}

/** The columns in the order of their importance: a narrow screen has no room for the last ones. */
const columns: readonly Column[] = [
  { head: "ALL/S", width: 7, sort: "rate", cell: ({ perSecond }) => rate(perSecond) },
  { head: "TOTAL", width: 9, sort: "total", cell: ({ total }) => grouped(total) },
  { head: "LOG/S", width: 7, sort: "logs", cell: ({ perSecondOf }) => rate(perSecondOf.log) },
  {
    head: "CPU",
    width: 7,
    sort: "cpu",
    cell: ({ containers }) => text(sumOf(containers, "cpu"), percent),
  },
  {
    head: "MEMORY",
    width: 8,
    sort: "memory",
    cell: ({ containers }) => text(sumOf(containers, "memory"), bytes),
  },
  {
    head: "REQ/S",
    width: 7,
    sort: "requests",
    cell: ({ requests }) => text(requests?.perSecond, rate),
  },
  { head: "P95", width: 7, sort: "latency", cell: ({ requests }) => text(requests?.p95Ms, inMs) },
  {
    head: "5XX/S",
    width: 7,
    sort: "errors",
    cell: ({ requests }) => text(requests?.perSecondOf["5xx"], rate),
  },
  { head: "HISTORY", width: 15, cell: ({ history }) => sparkline(history, 15) },
];

/** The order on the screen: the total is last. */
const order = ["HISTORY", "ALL/S", "LOG/S", "CPU", "MEMORY", "REQ/S", "5XX/S", "P95", "TOTAL"];
const minNameWidth = 18;

/** Writes sources as lines of a table for a width. */
export class SourceTable {
  readonly #width: number;
  readonly #columns: readonly Column[];
  readonly #nameWidth: number;

  constructor(width: number) {
    this.#width = width;
    let room = width - minNameWidth;
    const fitting: Column[] = [];
    for (const column of columns) {
      room -= column.width + 1;
      if (room < 0) {
        break;
      }
      fitting.push(column);
    }
    this.#columns = fitting.sort((a, b) => order.indexOf(a.head) - order.indexOf(b.head));
    const taken = fitting.reduce((sum, column) => sum + column.width + 1, 0);
    this.#nameWidth = Math.max(width - taken, 1);
  }

  head(sort: SortKey): string {
    const name = sort === "name" ? "SOURCE ▾" : "SOURCE";
    return this.#line(name, ({ head, sort: key }) => (key === sort ? `▾${head}` : head));
  }

  row(row: SourceRow): string {
    return this.#line(escapeControls(row.name) || "(none)", ({ cell }) => cell(row));
  }

  #line(name: string, cell: (column: Column) => string): string {
    const cells = this.#columns.map((column) => fitRight(cell(column), column.width));
    return cut([fitLeft(name, this.#nameWidth), ...cells].join(" "), this.#width);
  }
}

function text(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "" : format(value);
}

export function inMs(ms: number): string {
  return duration(BigInt(Math.round(ms * 1e6)));
}
