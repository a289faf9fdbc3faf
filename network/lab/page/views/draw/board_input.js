// What is looked at comes in here: written on the board, out of an image file, or out of the data set.

import { PENS, makeBoard } from "../../ui/board.js";
import { fill, h } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";
import { leaveAsked, picture, takeDigit } from "../../data/picture.js";

/** Make the board with its tools. The digits that a file has are shown in the element `digits`, what is
 * wrong in `problem`; `onPicture()` is called when `picture` is another.
 * Returns {element, start(), repaint()}. */
export function makeBoardInput(source, { digits, problem }, onPicture) {
  const board = makeBoard({ onChange: prepare });
  const file = h("input", { type: "file", accept: "image/*", class: "file-input", "aria-label": "An image file" });
  const hint = h("span", { class: "board-hint", "aria-hidden": "true" }, "Write a digit here");
  const frame = h("div", { class: "board-frame" }, board.element, hint);
  let [wanted, isAsking] = [null, false];

  /** Let the drawing be made ready, one at a time: while one is, only the latest waits. */
  async function prepare() {
    Object.assign(picture, { strokes: board.strokes, under: board.under, label: null });
    hint.hidden = !board.isEmpty;
    wanted = board;
    if (isAsking) return;
    isAsking = true;
    frame.dataset.state = "busy";
    while (wanted) {
      wanted = null;
      if (board.isEmpty) take([]);
      else if (!board.strokes.length) take([board.under]);
      else await ask(() => source.prepare(board));
    }
    isAsking = false;
    frame.dataset.state = "ready";
  }

  async function ask(question) {
    try {
      take(await question());
    } catch (error) {
      tell(error.message);
    }
  }

  function tell(message) {
    problem.textContent = message;
    problem.hidden = !message;
  }

  /** Show the first of the digits that were found; the others can be chosen. */
  function take(found, place = 0) {
    tell("");
    leaveAsked();
    picture.pixels = found[place] ?? null;
    fill(digits, found.length > 1 && found.map((pixels, n) => h("button", {
      class: "chip digit-chip", type: "button", "aria-label": `Digit ${n + 1}`,
      "aria-pressed": String(n === place), onclick: () => choose(found, n),
    }, heat(pixels, 28, 28, { limit: 255 }))));
    onPicture();
  }

  /** Lay one of the digits that were found in a file on the board. */
  function choose(found, place) {
    lay(found[place], null);
    take(found, place);
  }

  async function open(image) {
    try {
      choose(await source.prepareFile(image), 0);
    } catch (error) {
      tell(error.message);
    }
  }

  function lay(pixels, label) {
    takeDigit(pixels, label);
    board.load(picture);
    hint.hidden = true;
  }

  async function another() {
    await ask(async () => {
      const { pixels, label } = await source.digit();
      lay(pixels, label);
      return [pixels];
    });
  }

  file.onchange = () => {
    if (file.files.length) open(file.files[0]);
    file.value = "";
  };
  frame.ondragover = (event) => event.preventDefault();
  frame.ondrop = (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
  };
  return {
    element: h("div", { class: "board-and-tools" }, frame, makeTools(board, file, another)),
    repaint: () => board.show(),
    start() {
      board.load(picture);
      hint.hidden = !board.isEmpty;
    },
  };
}

function makeTools(board, file, another) {
  const pens = Object.keys(PENS).map((pen) => h("button", {
    class: "chip pen", type: "button", "aria-pressed": String(pen === board.pen), "aria-label": `A ${pen} pen`, title: `A ${pen} pen`,
    onclick: () => {
      board.pen = pen;
      for (const button of pens) button.setAttribute("aria-pressed", String(button.dataset.pen === pen));
    },
    "data-pen": pen,
  }, h("span", { class: `pen-dot is-${pen}` })));
  const button = (text, onclick) => h("button", { class: "button", type: "button", onclick }, text);
  return h("div", { class: "tools" },
    h("div", { class: "row", role: "group", "aria-label": "Pen" }, pens,
      button("Undo", board.undo), button("Clear", board.clear)),
    h("div", { class: "row" },
      h("label", { class: "button file-button" }, "Open an image", file),
      button("Another digit", another)));
}
