import type { Supervisor } from "../supervisor/supervisor.js";
import type { Worker, WorkerState } from "../supervisor/worker.js";
import type { Counts } from "../worker/counts.js";
import type { EndState } from "../worker/messages.js";

/** The body of `/healthz`. */
export interface HealthReport {
  readonly status: "ok" | "failing" | "stopping";
  readonly destination: string;
  readonly shardId: string | undefined;
  readonly workers: readonly WorkerHealth[];
}

interface WorkerHealth extends Counts {
  readonly worker: number;
  readonly state: WorkerState | "blocked";
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly lastExit: string | undefined;
  readonly stream: EndState;
  readonly destination: EndState;
  readonly queued: number;
}

const unknown: EndState = { ok: false, detail: "unknown" };

export function healthReport(
  { workers, stopping }: Supervisor,
  names: Pick<HealthReport, "destination" | "shardId">,
): HealthReport {
  const isOk = workers.every(isHealthy);
  return {
    status: stopping ? "stopping" : isOk ? "ok" : "failing",
    ...names,
    workers: workers.map((worker) => ({
      worker: worker.id,
      state: worker.isBlocked ? "blocked" : worker.state,
      pid: worker.pid,
      restarts: worker.restarts,
      lastExit: worker.lastExit,
      stream: worker.report?.stream ?? unknown,
      destination: worker.report?.destination ?? unknown,
      queued: worker.report?.queued ?? 0,
      ...worker.counts,
    })),
  };
}

/** Whether the stream of a worker is accepted, and its destination accepts data. */
export function isHealthy({ state, isBlocked, report }: Worker): boolean {
  return (
    state === "running" &&
    !isBlocked &&
    report?.stream.ok === true &&
    report.destination.ok === true
  );
}
