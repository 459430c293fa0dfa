import type { App, AppInstance, LogFormat } from "./platform.js";
import type { Random } from "./random.js";

/** A request to an app. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The time that the app took, in milliseconds. */
  readonly ms: number;
  readonly bytes: number;
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly userAgent: string;
  readonly client: string;
}

export interface LogLine {
  readonly text: string;
  readonly isError?: boolean;
}

interface Context {
  readonly app: App;
  readonly instance: AppInstance;
  readonly request: Request;
  readonly date: Date;
  readonly random: Random;
}

/** Returns the log lines of an app for a request. Each line of a stack trace is separate. */
export function requestLines(context: Context): LogLine[] {
  return writers[context.app.format](context);
}

const out = (text: string): LogLine => ({ text });
const err = (text: string): LogLine => ({ text, isError: true });

const writers: Readonly<Record<LogFormat, (context: Context) => LogLine[]>> = {
  pino: ({ request, date, instance }) => [
    out(
      JSON.stringify({
        level: request.status >= 500 ? 50 : request.status >= 400 ? 40 : 30,
        time: date.getTime(),
        pid: 21,
        hostname: instance.guid,
        reqId: request.requestId,
        trace_id: request.traceId,
        req: { method: request.method, url: request.path },
        res: { statusCode: request.status },
        responseTime: Math.round(request.ms),
        ...(request.status >= 500 && {
          err: {
            type: "TypeError",
            message: "Cannot read properties of undefined (reading 'price')",
            stack:
              "TypeError: Cannot read properties of undefined (reading 'price')\n    at total (/home/vcap/app/src/cart.js:41:23)\n    at async handler (/home/vcap/app/src/routes/cart.js:17:18)",
          },
        }),
        msg: request.status >= 500 ? "request errored" : "request completed",
      }),
    ),
  ],
  ecs: ({ app, request, date }) => [
    out(
      JSON.stringify({
        "@timestamp": date.toISOString(),
        "log.level": request.status >= 500 ? "ERROR" : "INFO",
        message: request.status >= 500 ? "reservation failed: database is locked" : "stock read",
        "service.name": app.name,
        "trace.id": request.traceId,
        "http.response.status_code": request.status,
        "event.duration": Math.round(request.ms * 1e6),
      }),
    ),
  ],
  spring({ app, request, date, random }) {
    const time = date.toISOString().replace("T", " ").replace("Z", "");
    const thread = `nio-8080-exec-${random.integer(1, 9)}`;
    const head = (level: string, logger: string) =>
      `${time} ${level.padStart(5)} [${app.name},${request.traceId},${request.spanId}] 14 --- [${thread}] ${logger} :`;
    if (request.status < 500) {
      return [
        out(
          `${head("INFO", "c.e.shop.web.RequestLogger")} ${request.method} ${request.path} ${request.status} in ${Math.round(request.ms)} ms`,
        ),
      ];
    }
    return [
      `${head("ERROR", "o.a.c.c.C.[.[.[/].[dispatcherServlet]")} Servlet.service() for servlet [dispatcherServlet] threw exception`,
      "com.example.shop.PaymentDeclinedException: card was declined by the issuer",
      "\tat com.example.shop.PaymentClient.charge(PaymentClient.java:88)",
      "\tat com.example.shop.CheckoutService.pay(CheckoutService.java:142)",
      "\tat com.example.shop.web.CheckoutController.submit(CheckoutController.java:57)",
      "\tat java.base/java.lang.reflect.Method.invoke(Method.java:580)",
      "\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)",
      "Caused by: java.net.SocketTimeoutException: Read timed out",
      "\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)",
      "\t... 42 common frames omitted",
    ].map(err);
  },
  python({ request, date }) {
    const time = `${date.toISOString().slice(0, 19).replace("T", " ")} +0000`;
    if (request.status < 500) {
      return [
        out(
          `[${time}] [17] [INFO] ${request.method} ${request.path} -> ${request.status} (${request.ms.toFixed(1)} ms)`,
        ),
      ];
    }
    return [
      `[${time}] [17] [ERROR] Exception on ${request.path} [${request.method}]`,
      "Traceback (most recent call last):",
      '  File "/home/vcap/deps/0/python/lib/python3.12/site-packages/flask/app.py", line 1473, in wsgi_app',
      "    response = self.full_dispatch_request()",
      '  File "/home/vcap/app/recommend.py", line 64, in recommend',
      "    scores = model.predict(vectors[item_id])",
      "KeyError: '1138'",
    ].map(err);
  },
  logfmt: ({ request, date }) => [
    (request.status >= 500 ? err : out)(
      `time=${date.toISOString()} level=${request.status >= 500 ? "error" : "info"} msg=${request.status >= 500 ? '"query failed: connection refused"' : '"request served"'} method=${request.method} path=${request.path} status=${request.status} duration=${request.ms.toFixed(2)}ms trace_id=${request.traceId}`,
    ),
  ],
  // With colours, as apps write them if they are configured for a terminal.
  rails({ request, date }) {
    const time = date.toISOString().replace("Z", "000");
    const tag = `[${request.requestId}]`;
    const color = request.status >= 500 ? 31 : request.status >= 400 ? 33 : 32;
    return [
      out(
        `I, [${time} #15]  INFO -- : ${tag} Started ${request.method} "${request.path}" for ${request.client}`,
      ),
      out(
        `I, [${time} #15]  INFO -- : ${tag} Completed \x1b[1m\x1b[${color}m${request.status}\x1b[0m in ${Math.round(request.ms)}ms (ActiveRecord: ${(request.ms / 3).toFixed(1)}ms)`,
      ),
    ];
  },
  nginx: ({ app, request, date }) => [
    out(
      `${request.client} - - [${nginxTime(date)}] "${request.method} ${request.path} HTTP/1.1" ${request.status} ${request.bytes} "https://${app.route}/" "${request.userAgent}"`,
    ),
  ],
};

/** Returns a time as `26/Nov/2026:06:25:59 +0000`. */
function nginxTime(date: Date): string {
  const [day, month, year, time] = date.toUTCString().slice(5).split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

/** Returns the line of the router's access log for a request. */
export function accessLogLine(
  { app, instance, request, date, random }: Context,
  routerIp: string,
): string {
  const { method, path, status, bytes, requestId, traceId, spanId, client } = request;
  const sent = method === "POST" ? random.integer(40, 4000) : 0;
  const port = random.integer(32_768, 60_999);
  return `${app.route} - [${date.toISOString().replace("Z", "000000Z")}] "${method} ${path} HTTP/1.1" ${status} ${sent} ${bytes} "-" "${request.userAgent}" "${routerIp}:${port}" "${instance.cell.ip}:${instance.port}" x_forwarded_for:"${client}, ${routerIp}" x_forwarded_proto:"https" vcap_request_id:"${requestId}" response_time:${(request.ms / 1000).toFixed(6)} gorouter_time:0.000${random.integer(100, 400)} app_id:"${app.guid}" app_index:"${instance.index}" instance_id:"${instance.guid}" x_cf_routererror:"-" x_b3_traceid:"${traceId}" x_b3_spanid:"${spanId}" x_b3_parentspanid:"-" b3:"${traceId}-${spanId}"`;
}
