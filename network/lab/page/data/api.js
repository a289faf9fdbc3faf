// Requests to the lab's server: JSON in, JSON out, errors as messages, and streams of events.

/** An error that the server reports; `field` names the setting that caused it, if any. */
export class LabError extends Error {
  /**
   * @param {{message: string, hint?: string, field?: string}} error
   * @param {number} status
   */
  constructor({ message, hint = "", field = "" }, status) {
    super(hint ? `${message}. ${hint}` : message);
    this.status = status;
    this.field = field;
  }
}

/**
 * Return the message of an error.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Send a request, and return the response: a JSON value, or bytes.
 * @param {string} method
 * @param {string} path
 * @param {BodyInit} [body]
 * @param {Record<string, string>} [headers]
 */
async function send(method, path, body, headers = {}) {
  const response = await fetch(path, { method, body, headers }).catch(() => {
    throw new LabError({ message: "The lab does not respond. Check that `network lab` is still running" }, 0);
  });
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  const value = isJson ? await response.json() : await response.arrayBuffer();
  if (!response.ok) throw new LabError(value.error ?? { message: response.statusText }, response.status);
  return value;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** @type {Api} */
export const api = {
  get: (path) => send("GET", path),
  post: (path, value = {}) => send("POST", path, JSON.stringify(value), JSON_TYPE),
  patch: (path, value) => send("PATCH", path, JSON.stringify(value), JSON_TYPE),
  send: (path, blob) => send("POST", path, blob, { "Content-Type": blob.type }),
  listen,
};

/**
 * Open a stream of events. The browser reconnects by itself after the last event that it received.
 * An event of type "end" is the last. Returns a function that closes the stream.
 * @template {{type: string}} Event
 * @param {string} path
 * @param {StreamListener<Event>} listener
 * @returns {() => void}
 */
export function listen(path, { onEvent, onState = () => {} }) {
  const source = new EventSource(path);
  source.onopen = () => onState("open");
  source.onerror = () => onState(source.readyState === EventSource.CLOSED ? "closed" : "waiting");
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type === "end") source.close();
    onEvent(event, event.type === "end" ? "" : message.lastEventId);
  };
  return () => source.close();
}
