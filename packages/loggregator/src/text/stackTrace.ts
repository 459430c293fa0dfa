/**
 * The part of a stack trace that an entry has reached. In Python's, the error follows the frames,
 * and after it only the trace of another error.
 */
export type TracePart = "none" | "python frames" | "python error" | "go";

/** The number of characters that are enough to recognize a line of a trace. */
export const recognizedLength = 200;

const javaOrDotNet = /^(?:Caused by: |Suppressed: |--- End of |\.\.\. \d{1,6} more)/;
const closing = /^[}\])]{1,3}[,;]?$/;
const pythonStart = "Traceback (most recent call last):";
const pythonNext = /^(?:During handling of |The above exception was )/;
const pythonError = /^[A-Za-z_][\w.]{0,150}(?::|$)/;
const goroutine = /^goroutine \d{1,10} /;
const goFrame = /^(?:created by |exit status |panic: |\[signal |[\w./*()[\]{}-]{1,150}\()/;

/** Returns the part of a trace that an entry reaches with its first line. */
export function traceStart(line: string): TracePart {
  if (line.startsWith(pythonStart)) {
    return "python frames";
  }
  return line.startsWith("panic: ") || goroutine.test(line) ? "go" : "none";
}

/**
 * Returns the part of a trace that an entry reaches with another line; undefined if the line does
 * not belong to it. Indented lines do, and those that traces of Java, .NET, Python, Go and Node.js
 * consist of.
 *
 * @param part The part before this line.
 * @param isError Whether the entry is an error, which a traceback of Python can follow.
 */
export function traceNext(
  line: string,
  part: TracePart,
  isError: () => boolean,
): TracePart | undefined {
  if (isIndented(line) || javaOrDotNet.test(line) || closing.test(line)) {
    return part;
  }
  if (goroutine.test(line) || (part === "go" && goFrame.test(line))) {
    return "go";
  }
  if (line.startsWith(pythonStart)) {
    return part !== "none" || isError() ? "python frames" : undefined;
  }
  switch (part) {
    case "python frames":
      return pythonError.test(line) ? "python error" : undefined;
    case "python error":
      return pythonNext.test(line) ? part : undefined;
    default:
      return undefined;
  }
}

function isIndented(line: string): boolean {
  const first = line.charCodeAt(0);
  return (first === 0x20 || first === 0x09) && line.trim() !== "";
}
