// Draw: write a digit, and inspect its path through the network, neuron by neuron.

import { messageOf } from "../../data/api.js";
import { loadFromAddress, picture } from "../../data/picture.js";
import { openSource } from "../../data/source.js";
import { lastOf } from "../../maths/arrays.js";
import { NOTHING, editLayers, isEdited } from "../../maths/edits.js";
import { forward, scoresOf } from "../../maths/layers.js";
import { layersOf, scalePixels, blocksOf } from "../../maths/model.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { drawDigit } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { makeScores, predictionText } from "../../ui/scores.js";
import { BoardInput } from "./board_input.js";
import { makeEditPanel } from "./edit_panel.js";
import { makeNetworkMap } from "./network_map.js";
import { makeSave } from "./save_edited.js";
import { UnitPanel } from "./unit_panel.js";

export const title = "Draw";
export const about = "Write a digit and watch how the network processes it.";
const SMALL = 100; // neurons per layer, up to which the panel of a unit is below the network

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "draw" }, h("p", { class: "note" }, "Loading the network …"));
  root.append(room);
  /** @type {Desk | null} */
  let desk = null;
  openSource(context).then(async (source) => {
    await loadFromAddress(source);
    if (!room.isConnected) return;
    desk = new Desk(source, async (run) => {
      await context.refreshRuns();
      if (room.isConnected) context.chooseRun(run); // unless another view is open
    });
    fill(room, desk.elements);
    desk.start();
    context.onTheme(() => desk?.repaint());
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => desk?.panels.edits.stop();
}

/** The board, the prediction, and the units of the network or of one member of an ensemble. */
class Desk {
  /** @type {number | null} */
  member = null;
  /** @type {Edits} */
  edits = NOTHING;
  /** @type {{block: Block, unit: number} | null} */
  chosen = null;
  /** @type {NdArray[] | null} */
  outputs = null;
  accuracy = "";

  /**
   * @param {NetworkSource} source
   * @param {(run: string) => Promise<void>} chooseNew shows a run that has just been saved
   */
  constructor(source, chooseNew) {
    this.source = source;
    this.chooseNew = chooseNew;
    this.layers = this.edited = source.layers;
    this.editing = h("div");
    this.inside = h("div", { class: "inside" });
    this.scores = makeScores();
    this.seen = h("canvas", { role: "img", "aria-label": "Input of the network" });
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
        h("div", { class: "stack" }, this.scores.element, this.editing)),
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

  /** Compute the prediction, and show the output of every unit. */
  compute() {
    const { pixels, label } = picture;
    const { classes } = this.source;
    drawDigit(this.seen, pixels ?? new Uint8Array(784));
    this.caption.textContent = `Input, 28x28 pixels${label === null ? "" : `, true class ${classes[label]}`}`;
    const x = pixels && scalePixels(pixels);
    this.outputs = x && forward(this.edited, x);
    const original = x && isEdited(this.edits) ? scoresOf(this.layers, x) : null;
    this.scores.show(this.values, classes, original);
    this.panels.map.show(this.outputs, this.edits);
    this.members.show(x);
    this.showUnit();
  }

  /** The scores of the edited network; null if nothing is drawn. */
  get values() {
    return this.outputs && lastOf(this.outputs).values;
  }

  showUnit() {
    if (!this.chosen) return this.panels.unit.clear();
    const { classes } = this.source;
    this.panels.unit.show({
      ...this.chosen, layers: this.edited, outputs: this.outputs, edits: this.edits, member: this.member,
      effect: [predictionText(this.values, classes), this.accuracy].filter(Boolean).join(" "),
      classes: this.chosen.block === this.panels.blocks.at(-1) ? classes : null,
    });
  }

  /**
   * @param {Block} block
   * @param {number} unit
   */
  choose(block, unit) {
    this.chosen = { block, unit };
    this.panels.map.choose(block, unit);
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

  /** @param {number | null} member of an ensemble; null: the whole network */
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
    const blocks = blocksOf(this.layers);
    return {
      blocks,
      map: makeNetworkMap(blocks, source.classes, (block, unit) => this.choose(block, unit)),
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

  /** Show the blocks and the panels of the current network. */
  showInside() {
    const { blocks, map, unit, edits } = this.panels;
    this.inside.classList.toggle("is-small", blocks.every((block) => !block.isImages && block.units <= SMALL));
    fill(this.inside, blocks.length
      ? [map.element, h("div", { class: "inside-side" }, unit.element)]
      : h("p", { class: "note" }, "This ensemble averages the scores of its networks. Choose one of them to inspect its units."));
    fill(this.editing, blocks.length > 0 && edits.element);
    edits.show(this.edits);
    this.compute();
  }
}
