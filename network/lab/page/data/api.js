// Ask the lab's server: JSON in, JSON out, errors as messages; and streams of events.

/** An error that the server reports; `field` is the name of the setting at fault, if it is one. */
export class LabError extends Error {
  /**
   * @param {{message: string, hint?: string, field?: string}} told
   * @param {number} status
   */
  constructor({ message, hint = "", field = "" }, status) {
    super(hint ? `${message}. ${hint}` : message);
    this.status = status;
    this.field = field;
  }
}

/**
 * Return the message of what was thrown.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Ask, and return the answer: a value of JSON, or bytes.
 * @param {string} method
 * @param {string} path
 * @param {BodyInit} [body]
 * @param {Record<string, string>} [headers]
 */
async function ask(method, path, body, headers = {}) {
  const answer = await fetch(path, { method, body, headers }).catch(() => {
    throw new LabError({ message: "the lab does not answer; is it running still?" }, 0);
  });
  const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
  const value = isJson ? await answer.json() : await answer.arrayBuffer();
  if (!answer.ok) throw new LabError(value.error ?? { message: answer.statusText }, answer.status);
  return value;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** @type {Api} */
export const api = {
  get: (path) => ask("GET", path),
  post: (path, value = {}) => ask("POST", path, JSON.stringify(value), JSON_TYPE),
  patch: (path, value) => ask("PATCH", path, JSON.stringify(value), JSON_TYPE),
  send: (path, blob) => ask("POST", path, blob, { "Content-Type": blob.type }),
  listen,
};

/**
 * Listen to a stream of events; the browser connects again by itself, from the last one on.
 * An event of type "end" is the last. Returns the function that stops listening.
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
