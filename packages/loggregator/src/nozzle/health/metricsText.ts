import type { Worker } from "../supervisor/worker.js";
import { dropReasons } from "../worker/counts.js";

type Sample = readonly [labels: string, value: number];

/** Returns the metrics of the workers in the text format of Prometheus. */
export function metricsText(workers: readonly Worker[]): string {
  const each = (value: (worker: Worker) => number): Sample[] =>
    workers.map((worker) => [`worker="${worker.id}"`, value(worker)]);
  const dropped = workers.flatMap(({ id, counts }) =>
    dropReasons.map(
      (reason): Sample => [`worker="${id}",reason="${reason}"`, counts.dropped[reason]],
    ),
  );
  const upOf = (end: "stream" | "destination") => each(({ report }) => Number(report?.[end].ok));
  return [
    family(
      "received_total",
      "counter",
      "Envelopes read from the stream.",
      each(({ counts }) => counts.received),
    ),
    family(
      "filtered_total",
      "counter",
      "Envelopes excluded by filters.",
      each(({ counts }) => counts.filtered),
    ),
    family(
      "sent_total",
      "counter",
      "Envelopes that the destination accepted.",
      each(({ counts }) => counts.sent),
    ),
    family("dropped_total", "counter", "Envelopes that were dropped, by reason.", dropped),
    family(
      "queued",
      "gauge",
      "Envelopes that are neither sent nor dropped.",
      each(({ report }) => report?.queued ?? 0),
    ),
    family(
      "rejected_records_total",
      "counter",
      "Records rejected from accepted requests.",
      each(({ counts }) => counts.rejected),
    ),
    family(
      "retries_total",
      "counter",
      "Failures of the destination that were retried.",
      each(({ counts }) => counts.retries),
    ),
    family(
      "reconnects_total",
      "counter",
      "Failures of the stream that were retried.",
      each(({ counts }) => counts.reconnects),
    ),
    family(
      "worker_restarts_total",
      "counter",
      "Restarts of the worker after it died.",
      each(({ restarts }) => restarts),
    ),
    family(
      "worker_up",
      "gauge",
      "Whether the worker runs and reports.",
      each(({ state, isBlocked }) => Number(state === "running" && !isBlocked)),
    ),
    family("stream_up", "gauge", "Whether the server accepts the stream.", upOf("stream")),
    family(
      "destination_up",
      "gauge",
      "Whether the destination accepts envelopes.",
      upOf("destination"),
    ),
    family(
      "resident_memory_bytes",
      "gauge",
      "The resident memory of the worker in bytes.",
      each(({ report }) => report?.rss ?? 0),
    ),
  ].join("");
}

function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
): string {
  const full = `loggregator_nozzle_${name}`;
  const lines = samples.map(([labels, value]) => `${full}{${labels}} ${value || 0}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}
