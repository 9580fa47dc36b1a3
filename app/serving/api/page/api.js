/* Requests to this server, with the key that it may need; a failure is an error with a message for people. */
"use strict";

let key = ""; // in memory only: it is gone with the page

export class Refused extends Error {
  constructor(message, status, seconds = 0) {
    super(message);
    this.status = status;
    this.seconds = seconds; // after which to ask again
  }
}

export function useKey(given) {
  key = given.trim();
}

// A response that is ok.
async function send(path, body, signal) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const options = body === undefined ? { headers } : {
    method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, { ...options, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server cannot be reached. Is it still running?", 0);
  }
  if (response.ok) return response;
  let message = `The server answered ${response.status}.`;
  try {
    message = (await response.json()).error.message;
  } catch { /* no JSON: what stands between has answered */ }
  throw new Refused(message, response.status, Number(response.headers.get("Retry-After")) || 0);
}

const wait = (seconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, seconds * 1000);
  signal?.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("stopped", "AbortError")); });
});

export async function ask(path, body, signal) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await send(path, body, signal)).json();
    } catch (error) {
      if (error.status !== 429 || attempt === 5) throw error;
      await wait(error.seconds || 1, signal);
    }
  }
}

// The documents of a stream, one on each line.
export async function* listen(path, body, signal) {
  const reader = (await send(path, body, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const document = JSON.parse(line);
      if (document.error) throw new Refused(document.error.message, 0);
      yield document;
    }
  }
}
