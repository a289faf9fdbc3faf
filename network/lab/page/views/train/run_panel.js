// The panel of one training run: its state, buttons, speed and settings.

import { messageOf } from "../../data/api.js";
import { fill, h, number, percent, short } from "../../ui/dom.js";
import { makeLiveSettings } from "./live_settings.js";
import { makeSpeed } from "./speed.js";
import { accuracyPoints, isOver } from "./training_run.js";

/** @type {Record<RunState, string>} */
const STATES = {
  training: "Training", paused: "Paused", ended: "Finished", stopped: "Stopped", failed: "Failed",
  watched: "Training in another process", "": "…",
};

/** @typedef {[command: string, text: string, isFirst?: boolean]} Command */

/** @type {Partial<Record<RunState, Command[]>>} */
const COMMANDS = {
  training: [["pause", "Pause", true], ["epoch", "Finish epoch"], ["stop", "Stop"]],
  paused: [["resume", "Resume", true], ["epoch", "Train one epoch"], ["stop", "Stop"]],
  stopped: [["resume", "Resume", true], ["epoch", "Train one epoch"]],
  ended: [["epoch", "Train one epoch", true]],
};

/**
 * The commands for the run in focus; each is a request to the lab.
 * @typedef {object} Commands
 * @property {(command: string) => Promise<unknown>} control
 * @property {(values: Partial<LiveSettings>) => Promise<unknown>} change
 * @property {(speed: number | null) => Promise<unknown>} setSpeed
 */

/** The panel of the run in focus, and the panel of its settings. */
export class RunPanel {
  shownButtons = "";
  name = ""; // of the run in focus
  error = ""; // of the last command, shown until the next one

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
    this.setError("");
    try {
      await action();
    } catch (error) {
      this.setError(messageOf(error));
      this.settings.restore();
    }
  }

  /** @param {string} message */
  setError(message) {
    this.error = message;
    this.showError(message);
  }

  /** @param {string} message */
  showError(message) {
    fill(this.problem, message);
    this.problem.hidden = !message;
  }

  /** @param {Run | undefined} run */
  show(run) {
    this.element.hidden = !run?.begin;
    if (!run?.begin) return this.settings.show(null, []);
    if (run.name !== this.name) Object.assign(this, { name: run.name, error: "" });
    const last = accuracyPoints(run).at(-1);
    fill(this.state, h("i", { class: `dot is-${run.state}` }), STATES[run.state] ?? run.state);
    fill(this.accuracy, last && percent(last[1]));
    fill(this.facts, factsOf(run).map((one) => h("span", {}, one)));
    this.showError(run.message || this.error);
    this.showButtons(run);
    this.speed.show(["training", "paused"].includes(run.state) ? run.speed : undefined);
    this.settings.show(isOver(run.state) ? null : run.controls, run.changes);
  }

  /** @param {Run} run */
  showButtons(run) {
    const commands = COMMANDS[run.state] ?? [];
    const key = run.name + commands.map(([command]) => command).join();
    if (key === this.shownButtons) return; // a button may have the keyboard focus
    this.shownButtons = key;
    fill(this.buttons, commands.map(([command, text, isFirst]) => h("button", {
      class: `button${isFirst ? " is-primary" : ""}`, type: "button", "data-command": command,
      onclick: () => this.attempt(() => this.commands.control(command)),
    }, text)));
  }
}

/** @param {Run} run */
function factsOf({ epochsDone, epochs, begin, state, rate }) {
  const facts = [`epoch ${number(epochsDone.length)} of ${number(epochs)}`];
  if (begin?.sizes) facts.push(begin.sizes);
  if (state === "training" && rate) {
    facts.push(`${number(rate.steps_a_second)} steps/s`, `learning rate ${short(rate.learning_rate)}`);
  }
  return facts;
}
