// Fetches one address for a page that must not reach it itself. This frame is nobody's: it has no origin, holds nothing,
// and is told the address alone. What comes back is evidence at most, so it is bounded.
const most = 64 << 20;

addEventListener('message', async ({ data: url, ports: [port] }: MessageEvent<unknown>) => {
  try {
    const response = await fetch(String(url), {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
    const bytes = await bounded(response);
    port?.postMessage({ status: response.status, bytes }, [bytes]);
  } catch {
    port?.postMessage({}); // no network, no such host, or too much
  }
});

async function bounded(response: Response): Promise<ArrayBuffer> {
  const reader = response.body?.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    size += value.length;
    if (size > most) {
      throw new RangeError('too large');
    }
    parts.push(value);
  }
  return new Blob(parts).arrayBuffer();
}
