/** The lines of a response, without their line ends. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let parts: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const [first = "", ...lines] = decoder.decode(value, { stream: true }).split("\n");
      parts.push(first);
      for (const line of lines) {
        yield parts.join("");
        parts = [line];
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
