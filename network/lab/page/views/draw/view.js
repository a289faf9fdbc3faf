// Draw: write a digit and watch it go through the network, neuron by neuron.

import { messageOf } from "../../data/api.js";
import { picture, takeAsked } from "../../data/picture.js";
import { openSource } from "../../data/source.js";
import { lastOf } from "../../maths/arrays.js";
import { NOTHING, editLayers, isEdited } from "../../maths/edits.js";
import { forward, scoresOf } from "../../maths/layers.js";
import { layersOf, scalePixels, stagesOf } from "../../maths/model.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { drawDigit } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { answerText, makeScores } from "../../ui/scores.js";
import { BoardInput } from "./board_input.js";
import { makeEditPanel } from "./edit_panel.js";
import { makeNetworkMap } from "./network_map.js";
import { makeSave } from "./save_edited.js";
import { UnitPanel } from "./unit_panel.js";

export const title = "Draw";
export const about = "Write a digit and watch it go through the network.";
const SMALL = 100; // neurons in a layer that is shown above its neurons' details, not beside

/**
 * Show the view; returns the function that takes it away.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "draw" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  /** @type {Desk | null} */
  let desk = null;
  openSource(context).then(async (source) => {
    await takeAsked(source);
    if (!room.isConnected) return;
    desk = new Desk(source, async (run) => {
      await context.refreshRuns();
      if (room.isConnected) context.chooseRun(run); // unless another view is shown meanwhile
    });
    fill(room, desk.elements);
    desk.start();
    context.onTheme(() => desk?.repaint());
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => desk?.panels.edits.stop();
}

/** The board, the prediction, and the inside of the network or of one member of an ensemble. */
class Desk {
  /** @type {number | null} */
  member = null;
  /** @type {Edits} */
  edits = NOTHING;
  /** @type {{stage: Stage, unit: number} | null} */
  chosen = null;
  /** @type {NdArray[] | null} */
  outputs = null;
  accuracy = "";

  /**
   * @param {NetworkSource} source
   * @param {(run: string) => Promise<void>} chooseNew shows a run that was made just now
   */
  constructor(source, chooseNew) {
    this.source = source;
    this.chooseNew = chooseNew;
    this.layers = this.edited = source.layers;
    this.damage = h("div");
    this.inside = h("div", { class: "inside" });
    this.scores = makeScores();
    this.seen = h("canvas", { role: "img", "aria-label": "The digit as the network sees it" });
    this.caption = h("figcaption");
    this.input = new BoardInput(source, () => this.compute());
    this.members = makeMembers(source, (member) => this.enter(member));
    this.panels = this.makePanels();
  }

  get elements() {
    return [
      h("div", { class: "desk" },
        this.input.element,
        h("figure", { class: "figure seen" }, this.seen, this.caption, this.input.digits),
        h("div", { class: "stack" }, this.scores.element, this.damage)),
      this.input.problem.element,
      this.members.element,
      this.inside,
    ];
  }

  start() {
    this.showInside();
    this.input.start();
  }

  repaint() {
    this.input.board.show();
    this.compute();
  }

  /** Let the network answer, and show what every part of it says. */
  compute() {
    const { pixels, label } = picture;
    const { classes } = this.source;
    drawDigit(this.seen, pixels ?? new Uint8Array(784));
    this.caption.textContent = `What the network sees${label === null ? "" : `, labelled ${classes[label]}`}`;
    const x = pixels && scalePixels(pixels);
    this.outputs = x && forward(this.edited, x);
    const original = x && isEdited(this.edits) ? scoresOf(this.layers, x) : null;
    this.scores.show(this.answer, classes, original);
    this.panels.map.show(this.outputs, this.edits);
    this.members.show(x);
    this.showUnit();
  }

  /** The scores of the network as it is edited; null while nothing is drawn. */
  get answer() {
    return this.outputs && lastOf(this.outputs).values;
  }

  showUnit() {
    if (!this.chosen) return this.panels.unit.clear();
    const { classes } = this.source;
    this.panels.unit.show({
      ...this.chosen, layers: this.edited, outputs: this.outputs, edits: this.edits, member: this.member,
      effect: [answerText(this.answer, classes), this.accuracy].filter(Boolean).join(" "),
      classes: this.chosen.stage === this.panels.stages.at(-1) ? classes : null,
    });
  }

  /**
   * @param {Stage} stage
   * @param {number} unit
   */
  choose(stage, unit) {
    this.chosen = { stage, unit };
    this.panels.map.choose(stage, unit);
    this.showUnit();
    if (matchMedia("(max-width: 900px)").matches) this.panels.unit.element.scrollIntoView({ behavior: "smooth" });
  }

  /** @param {Edits} edits */
  edit(edits) {
    this.edits = edits;
    this.edited = editLayers(this.layers, edits);
    this.panels.edits.show(edits);
    this.compute();
  }

  /** @param {number | null} member of an ensemble to look into; null: the whole network */
  enter(member) {
    this.panels.edits.stop();
    Object.assign(this, { member, edits: NOTHING, chosen: null });
    this.layers = this.edited = layersOf(this.source.layers, member);
    this.panels = this.makePanels();
    this.showInside();
  }

  makePanels() {
    const { source } = this;
    const { accuracy, save } = source;
    const stages = stagesOf(this.layers);
    return {
      stages,
      map: makeNetworkMap(stages, source.classes, (stage, unit) => this.choose(stage, unit)),
      unit: new UnitPanel(source, (edits) => this.edit(edits)),
      edits: makeEditPanel(
        accuracy && ((edits) => accuracy(edits, this.member)),
        save && makeSave(source.run, (edits, name) => save(edits, this.member, name), this.chooseNew),
        (edits) => this.edit(edits),
        (text) => {
          this.accuracy = `${text}.`;
          this.showUnit();
        }),
    };
  }

  /** Show the stages and the panels of the network that is looked into. */
  showInside() {
    const { stages, map, unit, edits } = this.panels;
    this.inside.classList.toggle("is-small", stages.every((stage) => !stage.isImages && stage.units <= SMALL));
    fill(this.inside, stages.length
      ? [map.element, h("div", { class: "inside-side" }, unit.element)]
      : h("p", { class: "note" }, "Several networks answer together. Choose one of them to look inside."));
    fill(this.damage, stages.length > 0 && edits.element);
    edits.show(this.edits);
    this.compute();
  }
}
