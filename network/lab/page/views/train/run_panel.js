// One training, closely: how it stands, its buttons, its speed, its settings.

import { messageOf } from "../../data/api.js";
import { fill, h, number, percent, short } from "../../ui/dom.js";
import { makeLiveSettings } from "./live_settings.js";
import { makeSpeed } from "./speed.js";
import { accuracyPoints, isOver } from "./training_run.js";

/** @type {Record<RunState, string>} */
const STATES = {
  training: "training", paused: "paused, all saved", ended: "finished", stopped: "stopped, all saved",
  failed: "failed", watched: "trained elsewhere, watched here", "": "…",
};

/** @typedef {[order: string, text: string, isFirst?: boolean]} Order */

/** @type {Partial<Record<RunState, Order[]>>} */
const ORDERS = {
  training: [["pause", "Pause", true], ["epoch", "Finish epoch"], ["stop", "Stop"]],
  paused: [["resume", "Go on", true], ["epoch", "One more epoch"], ["stop", "Stop"]],
  stopped: [["resume", "Go on", true], ["epoch", "One more epoch"]],
  ended: [["epoch", "One more epoch", true]],
};

/**
 * What can be done to the run in focus; each is a request to the lab.
 * @typedef {object} Commands
 * @property {(order: string) => Promise<unknown>} steer
 * @property {(values: Partial<LiveSettings>) => Promise<unknown>} change
 * @property {(speed: number | null) => Promise<unknown>} setSpeed
 */

/** The panel of the run in focus, and the one of its settings. */
export class RunPanel {
  shownButtons = "";
  name = ""; // of the run that is shown
  refusal = ""; // why the last command was refused: it stays until the next one

  /** @param {Commands} commands */
  constructor(commands) {
    this.commands = commands;
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.state = h("p", { class: "run-state", role: "status" });
    this.accuracy = h("p", { class: "big-number" });
    this.facts = h("p", { class: "note run-facts" });
    this.buttons = h("div", { class: "row" });
    this.settings = makeLiveSettings((values) => this.attempt(() => commands.change(values)));
    this.speed = makeSpeed((chosen) => this.attempt(() => commands.setSpeed(chosen)));
    this.element = h("section", { class: "panel stack run-side", hidden: true },
      h("div", {}, this.state, this.accuracy, this.facts), this.buttons, this.speed.element, this.problem);
  }

  /** @param {() => Promise<unknown>} action */
  async attempt(action) {
    this.refuse("");
    try {
      await action();
    } catch (error) {
      this.refuse(messageOf(error));
      this.settings.restore();
    }
  }

  /** @param {string} message */
  refuse(message) {
    this.refusal = message;
    this.complain(message);
  }

  /** @param {string} message */
  complain(message) {
    fill(this.problem, message);
    this.problem.hidden = !message;
  }

  /** @param {Run | undefined} run */
  show(run) {
    this.element.hidden = !run?.told;
    if (!run?.told) return this.settings.show(null, []);
    if (run.name !== this.name) Object.assign(this, { name: run.name, refusal: "" });
    const last = accuracyPoints(run).at(-1);
    fill(this.state, h("i", { class: `dot is-${run.state}` }), STATES[run.state] ?? run.state);
    fill(this.accuracy, last && percent(last[1]));
    fill(this.facts, factsOf(run).map((one) => h("span", {}, one)));
    this.complain(run.message || this.refusal);
    this.showButtons(run);
    this.speed.show(["training", "paused"].includes(run.state) ? run.pace : undefined);
    this.settings.show(isOver(run.state) ? null : run.controls, run.changes);
  }

  /** @param {Run} run */
  showButtons(run) {
    const orders = ORDERS[run.state] ?? [];
    const key = run.name + orders.map(([order]) => order).join();
    if (key === this.shownButtons) return; // one of them may have the focus
    this.shownButtons = key;
    fill(this.buttons, orders.map(([order, text, isFirst]) => h("button", {
      class: `button${isFirst ? " is-primary" : ""}`, type: "button", "data-order": order,
      onclick: () => this.attempt(() => this.commands.steer(order)),
    }, text)));
  }
}

/** @param {Run} run */
function factsOf({ epochsDone, epochs, told, state, rate }) {
  const facts = [`epoch ${number(epochsDone.length)} of ${number(epochs)}`];
  if (told?.sizes) facts.push(told.sizes);
  if (state === "training" && rate) {
    facts.push(`${number(rate.steps_a_second)} steps/s`, `rate now ${short(rate.learning_rate)}`);
  }
  return facts;
}
