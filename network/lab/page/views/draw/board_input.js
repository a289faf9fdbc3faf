// What is looked at comes in here: written on the board, out of an image file, or out of the data set.

import { messageOf } from "../../data/api.js";
import { leaveAsked, picture, takeDigit } from "../../data/picture.js";
import { Board, PENS } from "../../ui/board.js";
import { fill, h, makeProblem } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";

/** The board with its tools; `onPicture()` is called when the picture is another. */
export class BoardInput {
  isWanted = false; // the drawing has changed since it was made ready
  isAsking = false;

  /**
   * @param {NetworkSource} source
   * @param {() => void} onPicture
   */
  constructor(source, onPicture) {
    this.source = source;
    this.onPicture = onPicture;
    this.board = new Board(() => this.prepare());
    this.digits = h("div", { class: "chips" }); // of a file that has several
    this.problem = makeProblem();
    this.hint = h("span", { class: "board-hint", "aria-hidden": "true" }, "Write a digit here");
    this.frame = h("div", { class: "board-frame" }, this.board.element, this.hint);
    this.frame.ondragover = (event) => event.preventDefault();
    this.frame.ondrop = (event) => {
      event.preventDefault();
      this.open(event.dataTransfer?.files);
    };
    this.element = h("div", { class: "board-and-tools" }, this.frame, this.makeTools());
  }

  /** Show the picture on the board. */
  start() {
    this.board.load(picture);
    this.hint.hidden = !this.board.isEmpty;
  }

  /** Let the drawing be made ready, one at a time: while one is, only the latest waits. */
  async prepare() {
    const { board, frame } = this;
    Object.assign(picture, { strokes: board.strokes, under: board.under, label: null });
    this.hint.hidden = !board.isEmpty;
    this.isWanted = true;
    if (this.isAsking) return;
    this.isAsking = true;
    frame.dataset.state = "busy";
    while (this.isWanted) {
      this.isWanted = false;
      await this.attempt(async () => this.take(await this.readBoard()));
    }
    this.isAsking = false;
    frame.dataset.state = "ready";
  }

  /** @returns {Promise<Pixels[]>} */
  async readBoard() {
    const { board } = this;
    if (board.strokes.length) return this.source.prepare(board);
    return board.under ? [board.under] : [];
  }

  /** @param {() => Promise<void>} action */
  async attempt(action) {
    try {
      await action();
    } catch (error) {
      this.problem.show(messageOf(error));
    }
  }

  /**
   * Show one of the digits that were found; the others can be chosen.
   * @param {Pixels[]} found
   * @param {number} place
   */
  take(found, place = 0) {
    this.problem.show("");
    leaveAsked();
    picture.pixels = found[place] ?? null;
    fill(this.digits, found.length > 1 && found.map((pixels, n) => h("button", {
      class: "chip digit-chip", type: "button", "aria-label": `Digit ${n + 1}`,
      "aria-pressed": String(n === place), onclick: () => this.choose(found, n),
    }, digitImage(pixels))));
    this.onPicture();
  }

  /**
   * Lay one of the digits that were found in a file on the board.
   * @param {Pixels[]} found
   * @param {number} place
   */
  choose(found, place) {
    this.lay(found[place], null);
    this.take(found, place);
  }

  /**
   * @param {Pixels} pixels
   * @param {number | null} label
   */
  lay(pixels, label) {
    takeDigit(pixels, label);
    this.start();
  }

  /** @param {FileList | null | undefined} files of which the first is opened */
  async open(files) {
    if (!files?.length) return;
    const [file] = files;
    await this.attempt(async () => this.choose(await this.source.prepareFile(file), 0));
  }

  async showAnother() {
    await this.attempt(async () => {
      const { pixels, label } = await this.source.digit();
      this.lay(pixels, label);
      this.take([pixels]);
    });
  }

  makeTools() {
    const file = h("input", { type: "file", accept: "image/*", class: "file-input", "aria-label": "An image file" });
    file.onchange = () => {
      this.open(file.files);
      file.value = "";
    };
    /** @type {(text: string, onclick: () => void) => HTMLElement} */
    const button = (text, onclick) => h("button", { class: "button", type: "button", onclick }, text);
    return h("div", { class: "tools" },
      h("div", { class: "row", role: "group", "aria-label": "Pen" }, makePens(this.board),
        button("Undo", () => this.board.undo()), button("Clear", () => this.board.clear())),
      h("div", { class: "row" },
        h("label", { class: "button file-button" }, "Open an image", file),
        button("Another digit", () => this.showAnother())));
  }
}

/**
 * Make the buttons that choose a pen.
 * @param {Board} board
 */
function makePens(board) {
  const buttons = /** @type {(keyof typeof PENS)[]} */ (Object.keys(PENS)).map((pen) => h("button", {
    class: "chip pen", type: "button", "aria-pressed": String(pen === board.pen), "aria-label": `A ${pen} pen`, title: `A ${pen} pen`,
    "data-pen": pen,
    onclick() {
      board.pen = pen;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.pen === pen));
    },
  }, h("span", { class: "pen-dot", style: { "--pen": PENS[pen] } })));
  return buttons;
}
