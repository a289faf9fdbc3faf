// A run without a film: what it would take to make one, and how far that is.

import { api, messageOf } from "../../data/api.js";
import { fill, h, makeProblem, number } from "../../ui/dom.js";

/** @typedef {{type: "progress", epoch: number} | {type: "state", state: string, message?: string} | {type: "end"}} FilmEvent */

/**
 * Offer to make the film, or show how far that is; `onMade` is called when it is there. Returns the
 * function that stops listening.
 * @param {HTMLElement} root
 * @param {Film} film
 * @param {string} address
 * @param {() => void} onMade
 * @returns {() => void}
 */
export function offerFilm(root, film, address, onMade) {
  const problem = makeProblem();
  const make = h("button", { class: "button is-primary", type: "button", onclick: begin }, "Make the film");
  const stop = h("button", { class: "button", type: "button", onclick: () => attempt(() => api.post(`${address}/stop`)) }, "Stop");
  const progress = makeProgress(film.done);
  const atWork = h("div", { class: "stack", hidden: true }, progress.elements, h("div", { class: "row" }, stop));
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
    atWork.hidden = false;
    leave = api.listen(`${address}/events`, { onEvent });
  }

  /** @param {FilmEvent} event */
  function onEvent(event) {
    if (event.type === "progress") progress.show(event.epoch);
    if (event.type === "state" && event.state === "failed") problem.show(event.message ?? "");
    if (event.type !== "end") return;
    if (problem.element.hidden) onMade(); // there is a film now, or it was stopped and is offered again
    else Object.assign(make, { hidden: false, disabled: false });
    atWork.hidden = true;
  }

  fill(root, h("section", { class: "panel stack film-offer" },
    h("h2", {}, film.problem ? "There is no film of this run" : "This run has no film yet"),
    film.problem ? h("p", {}, film.problem) : [describeMaking(film), h("div", { class: "row" }, make)],
    atWork, problem.element));
  if (film.making === "begun") watch();
  return () => leave();
}

/**
 * Make the bar that shows how far the film is.
 * @param {number} epochs
 */
function makeProgress(epochs) {
  const bar = h("progress", { max: epochs || 1, value: 0, "aria-label": "Making the film" });
  const told = h("p", { class: "note", role: "status" });
  return {
    elements: [bar, told],
    /** @param {number} epoch */
    show(epoch) {
      bar.value = epoch;
      fill(told, `epoch ${number(Math.floor(epoch))} of ${number(epochs)}`);
    },
  };
}

/**
 * Write what a film is, and what it takes to make this one.
 * @param {Film} film
 */
function describeMaking({ done, seconds, bytes }) {
  return [
    h("p", {}, "A film keeps the weights after every epoch. Trainings of the lab keep one, and so does ",
      h("code", {}, "network train --film"), ". For this run it can still be made: the run is trained again from ",
      "its configuration, which comes to the same weights."),
    h("p", { class: "note" }, `${countOf(done, "epoch")}, about ${timeText(seconds)}, ${sizeText(bytes)} on disk.`),
  ];
}

/** @type {(many: number, what: string) => string} */
const countOf = (many, what) => `${number(many)} ${what}${many === 1 ? "" : "s"}`;

/** @param {number} seconds */
function timeText(seconds) {
  return seconds < 90 ? countOf(Math.max(1, Math.ceil(seconds)), "second") : countOf(Math.ceil(seconds / 60), "minute");
}

/** @param {number} bytes */
function sizeText(bytes) {
  return `${number(Math.max(1, Math.ceil(bytes / 1e6)))} MB`;
}
