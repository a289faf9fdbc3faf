// A run without a film: an estimate for making one, and its progress.

import { api, messageOf } from "../../data/api.js";
import { fill, h, makeProblem, number } from "../../ui/dom.js";

/** @typedef {{type: "progress", epoch: number} | {type: "state", state: string, message?: string} | {type: "end"}} FilmEvent */

/**
 * Offer to make the film, or show its progress; calls `onMade` when it is finished. Returns a function
 * that closes the stream of events.
 * @param {HTMLElement} root
 * @param {Film} film
 * @param {string} address
 * @param {() => void} onMade
 * @returns {() => void}
 */
export function offerFilm(root, film, address, onMade) {
  const problem = makeProblem();
  const make = h("button", { class: "button is-primary", type: "button", onclick: begin }, "Make film");
  const stop = h("button", { class: "button", type: "button", onclick: () => attempt(() => api.post(`${address}/stop`)) }, "Stop");
  const progress = makeProgress(film.done);
  const running = h("div", { class: "stack", hidden: true }, progress.elements, h("div", { class: "row" }, stop));
  let leave = () => {};

  /** @param {() => Promise<unknown>} action */
  async function attempt(action) {
    problem.show("");
    try {
      await action();
      return true;
    } catch (error) {
      problem.show(messageOf(error));
      return false;
    }
  }

  async function begin() {
    make.disabled = true;
    if (await attempt(() => api.post(address))) watch();
    else make.disabled = false;
  }

  function watch() {
    make.hidden = true;
    running.hidden = false;
    leave = api.listen(`${address}/events`, { onEvent });
  }

  /** @param {FilmEvent} event */
  function onEvent(event) {
    if (event.type === "progress") progress.show(event.epoch);
    if (event.type === "state" && event.state === "failed") problem.show(event.message ?? "");
    if (event.type !== "end") return;
    if (problem.element.hidden) onMade(); // the film is finished, or was stopped and is offered again
    else Object.assign(make, { hidden: false, disabled: false });
    running.hidden = true;
  }

  fill(root, h("section", { class: "panel stack film-offer" },
    h("h2", {}, film.problem ? "This run cannot have a film" : "This run has no film yet"),
    film.problem ? h("p", {}, film.problem) : [describeMaking(film), h("div", { class: "row" }, make)],
    running, problem.element));
  if (film.making === "begun") watch();
  return () => leave();
}

/**
 * Build the progress bar.
 * @param {number} epochs
 */
function makeProgress(epochs) {
  const bar = h("progress", { max: epochs || 1, value: 0, "aria-label": "Progress of the film" });
  const status = h("p", { class: "note", role: "status" });
  return {
    elements: [bar, status],
    /** @param {number} epoch */
    show(epoch) {
      bar.value = epoch;
      fill(status, `Epoch ${number(Math.floor(epoch))} of ${number(epochs)}`);
    },
  };
}

/**
 * Describe a film, and the time and space that this one needs.
 * @param {Film} film
 */
function describeMaking({ done, seconds, bytes }) {
  return [
    h("p", {}, "A film contains the weights after every epoch. Runs trained in the lab have one, and so do runs of ",
      h("code", {}, "network train --film"), ". To make the film of this run, the lab trains it again from its ",
      "configuration, which results in the same weights."),
    h("p", { class: "note" }, `It needs about ${timeText(seconds)} for ${countOf(done, "epoch")}, and ${sizeText(bytes)} on disk.`),
  ];
}

/** @type {(count: number, noun: string) => string} */
const countOf = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/** @param {number} seconds */
function timeText(seconds) {
  return seconds < 90 ? countOf(Math.max(1, Math.ceil(seconds)), "second") : countOf(Math.ceil(seconds / 60), "minute");
}

/** @param {number} bytes */
function sizeText(bytes) {
  return `${number(Math.max(1, Math.ceil(bytes / 1e6)))} MB`;
}
