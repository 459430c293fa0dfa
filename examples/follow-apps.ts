// Follows apps and appends their logs to a file, without gaps or repetitions, even across
// restarts of this program: it stores a checkpoint next to the file, every second and on exit. The
// first run starts after the logs that are stored. Press Ctrl-C to stop it.
//
//   LOGGREGATOR_LOG_CACHE_URL  log-cache: https://log-cache.<system domain>
//   CF_TOKEN                   a token; default: the token of the user who is logged in with cf
//   LOGGREGATOR_SOURCE_IDS     GUIDs of the apps, separated by commas
//   LOG_FILE                   the file; default: apps.log

import { open, readFile, rename, writeFile } from "node:fs/promises";
import { type Envelope, isLog, logText, toDate } from "@loggregator/api";
import { cfCliToken } from "@loggregator/auth/node";
import { type FollowCheckpoint, LogCacheClient } from "@loggregator/log-cache";

const {
  LOGGREGATOR_LOG_CACHE_URL: url = "",
  CF_TOKEN,
  LOGGREGATOR_SOURCE_IDS: sourceIds = "",
  LOG_FILE: path = "apps.log",
} = process.env;

/** The stored state: the checkpoint, and the length of the file at that point. */
interface Progress {
  readonly length: number;
  readonly checkpoint: FollowCheckpoint;
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const file = await open(path, "a");
try {
  const client = new LogCacheClient({ url, token: CF_TOKEN ?? cfCliToken() });
  const progress = await readProgress();
  if (progress !== undefined) {
    // Envelopes appended after the last checkpoint are yielded again.
    await file.truncate(progress.length);
  }
  // The stream ends when the signal aborts or the loop is left; its pending requests are cancelled.
  const stream = client.follow(sourceIds.split(","), {
    types: ["log"],
    checkpoint: progress?.checkpoint,
    onGap: ({ sourceId, from, to }) => console.error(`${sourceId}: gap from ${from} to ${to}`),
    signal: stop.signal,
  });
  let { size: length } = await file.stat();
  let isAppending = false;
  let written = Promise.resolve();
  const store = () => {
    const current = { length, checkpoint: stream.checkpoint() };
    written = written.then(() => writeProgress(current));
    return written;
  };
  // Also store the checkpoint while there are no new logs: the next run then continues where this one
  // started.
  const timer = setInterval(() => {
    if (!isAppending) {
      store().catch(() => stop.abort());
    }
  }, 1_000);
  try {
    for await (const batch of stream) {
      isAppending = true;
      await file.appendFile(batch.map(lineOf).join(""));
      await file.datasync();
      ({ size: length } = await file.stat());
      await store();
      isAppending = false;
    }
    await store();
  } finally {
    clearInterval(timer);
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await file.close();
}

function lineOf(envelope: Envelope): string {
  const text = isLog(envelope) ? logText(envelope) : "";
  const { sourceId, instanceId } = envelope;
  return `${toDate(envelope).toISOString()} ${sourceId}/${instanceId} ${text.replace(/\p{Cc}/gu, " ")}\n`;
}

async function readProgress(): Promise<Progress | undefined> {
  try {
    return JSON.parse(await readFile(`${path}.progress`, "utf8")) as Progress;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Replaces the file atomically, so that an interrupted write keeps the old one. */
async function writeProgress(progress: Progress): Promise<void> {
  await writeFile(`${path}.progress.new`, JSON.stringify(progress));
  await rename(`${path}.progress.new`, `${path}.progress`);
}
