// The input of Draw: a drawing on the board, an image file, or a digit of the dataset.

import { messageOf } from "../../data/api.js";
import { clearAddress, picture, setDigit } from "../../data/picture.js";
import { Board, PENS } from "../../ui/board.js";
import { capital, fill, h, makeProblem } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";

/** The board with its tools; it calls `onPicture()` when the picture has changed. */
export class BoardInput {
  isWanted = false; // the drawing has changed since it was preprocessed
  isAsking = false;

  /**
   * @param {NetworkSource} source
   * @param {() => void} onPicture
   */
  constructor(source, onPicture) {
    this.source = source;
    this.onPicture = onPicture;
    this.board = new Board(() => this.prepare());
    this.digits = h("div", { class: "chips" }); // of a file with several digits
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

  /** Preprocess the drawing, one request at a time; of later changes only the last one waits. */
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
      await this.attempt(async () => this.select(await this.readBoard()));
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
   * Select one of the digits found, and list the others as buttons.
   * @param {Pixels[]} found
   * @param {number} index
   */
  select(found, index = 0) {
    this.problem.show("");
    clearAddress();
    picture.pixels = found[index] ?? null;
    fill(this.digits, found.length > 1 && found.map((pixels, n) => h("button", {
      class: "chip digit-chip", type: "button", "aria-label": `Digit ${n + 1}`,
      "aria-pressed": String(n === index), onclick: () => this.choose(found, n),
    }, digitImage(pixels))));
    this.onPicture();
  }

  /**
   * Put one of the digits found in a file on the board.
   * @param {Pixels[]} found
   * @param {number} index
   */
  choose(found, index) {
    this.put(found[index], null);
    this.select(found, index);
  }

  /**
   * Put a digit on the board.
   * @param {Pixels} pixels
   * @param {number | null} label
   */
  put(pixels, label) {
    setDigit(pixels, label);
    this.start();
  }

  /** @param {FileList | null | undefined} files the first one is opened */
  async open(files) {
    if (!files?.length) return;
    const [file] = files;
    await this.attempt(async () => {
      const { digits, notes } = await this.source.prepareFile(file);
      this.choose(digits, 0);
      this.problem.show(notes.map(capital).join(" "));
    });
  }

  async showAnother() {
    await this.attempt(async () => {
      const { pixels, label } = await this.source.digit();
      this.put(pixels, label);
      this.select([pixels]);
    });
  }

  makeTools() {
    const file = h("input", { type: "file", accept: "image/*", class: "file-input", "aria-label": "Image file" });
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
        h("label", { class: "button file-button" }, "Open image", file),
        button("Show another digit", () => this.showAnother())));
  }
}

/**
 * Build the buttons that choose a pen.
 * @param {Board} board
 */
function makePens(board) {
  const buttons = /** @type {(keyof typeof PENS)[]} */ (Object.keys(PENS)).map((pen) => h("button", {
    class: "chip pen", type: "button", "aria-pressed": String(pen === board.pen), "aria-label": `${capital(pen)} pen`, title: `${capital(pen)} pen`,
    "data-pen": pen,
    onclick() {
      board.pen = pen;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.pen === pen));
    },
  }, h("span", { class: "pen-dot", style: { "--pen": PENS[pen] } })));
  return buttons;
}
