// A run without a film: what it would take to make one, and how far that is.

import { fill, h, number } from "../../ui/dom.js";

/** Offer to make the film, or show how far that is; `onMade` is called when it is there. */
export function filmOffer(root, film, api, address, onMade) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const bar = h("progress", { max: film.done || 1, value: 0, "aria-label": "Making the film" });
  const told = h("p", { class: "note", role: "status" });
  const make = h("button", { class: "button is-primary", type: "button", onclick: begin }, "Make the film");
  const stop = h("button", { class: "button", type: "button", onclick: giveUp }, "Stop");
  const atWork = h("div", { class: "stack", hidden: true }, bar, told, h("div", { class: "row" }, stop));
  let leave = () => {};

  function complain(text) {
    fill(problem, text);
    problem.hidden = !text;
  }

  async function begin() {
    complain("");
    make.disabled = true;
    try {
      await api.post(address);
      watch();
    } catch (error) {
      complain(error.message);
      make.disabled = false;
    }
  }

  async function giveUp() {
    try {
      await api.post(`${address}/stop`);
    } catch (error) {
      complain(error.message);
    }
  }

  function watch() {
    make.hidden = true;
    atWork.hidden = false;
    leave = api.listen(`${address}/events`, {
      onEvent(event) {
        if (event.type === "progress") {
          bar.value = event.epoch;
          fill(told, `epoch ${number(Math.floor(event.epoch))} of ${number(film.done)}`);
        }
        if (event.type === "state" && event.state === "failed") complain(event.message);
        if (event.type === "end") end();
      },
    });
  }

  function end() {
    if (problem.hidden) onMade(); // there is a film now, or it was stopped and is offered again
    else Object.assign(make, { hidden: false, disabled: false });
    atWork.hidden = true;
  }

  fill(root, h("section", { class: "panel stack film-offer" },
    h("h2", {}, film.problem ? "There is no film of this run" : "This run has no film yet"),
    film.problem
      ? h("p", {}, film.problem)
      : [h("p", {}, "A film keeps the weights after every epoch. Trainings of the lab keep one, and so does ",
        h("code", {}, "network train --film"), ". For this run it can still be made: the run is trained again from ",
        "its configuration, which comes to the same weights."),
      h("p", { class: "note" }, `${count(film.done, "epoch")}, about ${time(film.seconds)}, ${size(film.bytes)} on disk.`),
      h("div", { class: "row" }, make)],
    atWork, problem));
  if (film.making === "begun") watch();
  return () => leave();
}

const count = (many, what) => `${number(many)} ${what}${many === 1 ? "" : "s"}`;

function time(seconds) {
  return seconds < 90 ? count(Math.max(1, Math.ceil(seconds)), "second") : count(Math.ceil(seconds / 60), "minute");
}

function size(bytes) {
  return `${number(Math.max(1, Math.ceil(bytes / 1e6)))} MB`;
}
