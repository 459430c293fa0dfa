import {
  checkOptionNames,
  delayMs,
  formatValue,
  OptionTypeError,
  objectArgument,
  optionalBoolean,
  positiveInteger,
  positiveMs,
  type RetryOptions,
  type SenderOptions,
  type SenderSettings,
  senderOptionNames,
  senderSettings,
  stringArgument,
} from "@loggregator/core";
import type { DrainSendError } from "./errors.js";
import { type DrainTarget, parseDrainUrl } from "./parseDrainUrl.js";

/** TLS settings of a sender, PEM. All are optional. */
export interface DrainSenderTls {
  /**
   * The authorities that may issue the receiver's certificate.
   *
   * @default those of Node.js
   */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /**
   * The client certificate, followed by intermediate certificates.
   *
   * @default none
   */
  readonly cert?: string | Uint8Array | undefined;
  /**
   * The private key of `cert`.
   *
   * @default none
   */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name that the receiver's certificate must have.
   *
   * @default the host of the URL
   */
  readonly serverName?: string | undefined;
}

/** Options of a drain sender. */
export interface DrainSenderOptions extends SenderOptions<DrainSendError> {
  /**
   * The URL of the drain: `https://`, `https-batch://`, `syslog-tls://` or `syslog://`, with a user
   * and password if the receiver requires them. `http://` and `http-batch://` are the variants
   * without TLS.
   */
  readonly url: string | URL;
  /**
   * TLS settings, or an async function that returns them and is called for each new connection, so
   * that rotated certificates take effect.
   *
   * @default none: no client certificate, and the authorities of Node.js
   */
  readonly tls?: DrainSenderTls | (() => Promise<DrainSenderTls>) | undefined;
  /**
   * Sent as `Authorization: Bearer <token>` over HTTP, instead of a user and password.
   *
   * @default none
   */
  readonly bearer?: string | undefined;
  /**
   * Tags that are added to each envelope without a tag of that name.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * HOSTNAME of messages whose envelope has none of the tags `organization_name`, `space_name` and
   * `app_name`. The agent uses the name of its machine.
   *
   * @default "" (written as `-`)
   */
  readonly hostname?: string | undefined;
  /**
   * Whether tags are omitted, as with `disable-metadata=true`.
   *
   * @default false
   */
  readonly omitTags?: boolean | undefined;
  /**
   * The maximum number of queued envelopes. If there are more, the oldest are dropped. Raise it to
   * bridge longer outages.
   *
   * @default 10_000, as in the agent
   */
  readonly maxQueueSize?: number | undefined;
  /**
   * The size in bytes at which a batch is sent, with `https-batch`. Lower it if the receiver limits
   * the size of requests.
   *
   * @default 524_288 (512 KiB), as in the agent
   */
  readonly batchMaxBytes?: number | undefined;
  /**
   * The time in milliseconds after which a smaller batch is sent, with `https-batch`. Lower it if
   * messages must arrive sooner, at the cost of more requests.
   *
   * @default 1_000, as in the agent
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * When and how often to retry. After the last attempt, the message or batch is dropped, and the
   * next one is sent. Raise `maxAttempts` if messages must survive longer outages.
   *
   * @default as the agent: after 1 ms, doubling up to 15 s; 21 retries, so 22 attempts
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * The maximum duration of an attempt to connect in milliseconds, including `tls()`. Raise it for
   * slow networks; lower it to retry sooner if nothing answers.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The maximum time in milliseconds within which the receiver must answer a request, or read what
   * was written to a connection. Raise it for receivers that answer late, such as those that store
   * the messages first.
   *
   * @default 20_000, as in the agent
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * Called with the number of envelopes that were dropped since the last call: because the queue
   * was full, the attempts were used up, the sender was closed, or the envelope cannot be written
   * as a message. It is called immediately, and then every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
}

/** The statistics of a sender. `sent + dropped + queued` is the number of envelopes emitted. */
export interface DrainSenderStats {
  /** Envelopes whose request was answered with 2xx, or that were written to the connection. */
  readonly sent: number;
  /** Envelopes lost in the sender: see `onDropped`. */
  readonly dropped: number;
  /** Envelopes that are not sent yet. */
  readonly queued: number;
  /** The number of failures that were followed by another attempt. */
  readonly reconnects: number;
}

/** The options of a sender that are plain values, checked and with defaults. */
export interface DrainSenderSettings extends SenderSettings {
  readonly target: DrainTarget;
  readonly tls: () => Promise<DrainSenderTls>;
  readonly tags: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly omitTags: boolean;
  readonly batchMaxBytes: number;
  readonly flushIntervalMs: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

const agentRetry: RetryOptions = { baseDelayMs: 1, maxDelayMs: 15_000, maxAttempts: 21 };

/** @throws OptionTypeError, OptionRangeError for an invalid option, with its name and value. */
export function drainSenderSettings(options: DrainSenderOptions): DrainSenderSettings {
  checkOptionNames<DrainSenderOptions>("options", options, {
    url: true,
    tls: true,
    bearer: true,
    tags: true,
    hostname: true,
    omitTags: true,
    batchMaxBytes: true,
    flushIntervalMs: true,
    connectTimeoutMs: true,
    stallTimeoutMs: true,
    ...senderOptionNames,
  });
  const target = parseDrainUrl(options.url);
  const { maxQueueSize = 10_000, retry = {} } = options;
  objectArgument("retry", retry);
  return {
    ...senderSettings({
      ...options,
      maxQueueSize,
      retry: {
        ...retry,
        baseDelayMs: retry.baseDelayMs ?? agentRetry.baseDelayMs,
        maxDelayMs: retry.maxDelayMs ?? agentRetry.maxDelayMs,
        maxAttempts: retry.maxAttempts ?? agentRetry.maxAttempts,
      },
    }),
    target: options.bearer === undefined ? target : withBearer(target, options.bearer),
    tls: tlsSource(options.tls),
    tags: checkedTags(options.tags),
    hostname: stringArgument("hostname", options.hostname ?? ""),
    omitTags: optionalBoolean("omitTags", options.omitTags, false),
    batchMaxBytes: positiveInteger("batchMaxBytes", options.batchMaxBytes ?? 512 * 1024),
    flushIntervalMs: delayMs("flushIntervalMs", options.flushIntervalMs ?? 1_000),
    connectTimeoutMs: positiveMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000),
    stallTimeoutMs: positiveMs("stallTimeoutMs", options.stallTimeoutMs ?? 20_000),
  };
}

function withBearer(target: DrainTarget, bearer: unknown): DrainTarget {
  if (typeof bearer !== "string" || !/^[!-~]+$/.test(bearer)) {
    throw new OptionTypeError("bearer", "a token of visible ASCII characters", "another value");
  }
  return { ...target, authorization: `Bearer ${bearer}` };
}

function tlsSource(tls: DrainSenderOptions["tls"]): () => Promise<DrainSenderTls> {
  if (typeof tls === "function") {
    return async () => checkedTls(await tls());
  }
  const checked = checkedTls(tls ?? {});
  return async () => checked;
}

function checkedTls(tls: DrainSenderTls): DrainSenderTls {
  checkOptionNames<DrainSenderTls>("tls", tls, {
    ca: true,
    cert: true,
    key: true,
    serverName: true,
  });
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new OptionTypeError("tls", "with both cert and key, or with neither", "one of them");
  }
  return tls;
}

function checkedTags(tags: unknown = {}): Readonly<Record<string, string>> {
  objectArgument("tags", tags);
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value !== "string") {
      throw new OptionTypeError(`tags.${name}`, "a string", formatValue(value));
    }
  }
  return tags as Readonly<Record<string, string>>;
}
