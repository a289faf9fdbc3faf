// A board to write on with mouse, finger or pen: pen sizes, undo, clear, a picture under the ink.

import { h } from "./dom.js";

const SIDE = 420; // pixels of the board itself, however large it is shown
export const PENS = { thin: 20, medium: 32, thick: 46 }; // pixels of the board

/** Make a board. `onChange` is called while one writes, and after undo and clear.
 * Returns {element, strokes, pen, undo, clear, load, show, toBlob, pixels}. */
export function makeBoard({ onChange, label = "Board to write a digit on" }) {
  const canvas = h("canvas", { class: "board", width: SIDE, height: SIDE, role: "img", "aria-label": label });
  const board = {
    element: canvas, strokes: [], under: null, pen: "medium",
    undo: () => change(() => board.strokes.pop()),
    clear: () => change(() => { board.strokes = []; board.under = null; }),
    /** Take up a drawing again, or lay a digit (784 grey levels, ink light) under the ink. */
    load({ strokes = [], under = null }) {
      Object.assign(board, { strokes, under });
      board.show();
    },
    show: () => paint(canvas, board, getComputedStyle(canvas).color),
    get isEmpty() { return !board.strokes.length && !board.under; },
    /** The drawing as a file: black ink on white paper, whatever colours the page has. */
    toBlob: () => new Promise((resolve) => onPaper(board).toBlob(resolve, "image/png")),
    /** The drawing's grey levels, and how many of them are in a row. */
    toGrey() {
      const { data } = onPaper(board).getContext("2d").getImageData(0, 0, SIDE, SIDE);
      return { side: SIDE, grey: data.filter((_, at) => at % 4 === 0) };
    },
  };

  function change(how) {
    how();
    board.show();
    onChange(board);
  }

  follow(canvas, board, () => {
    board.show();
    onChange(board);
  });
  return board;
}

/** Let a pointer write: each stroke is {width, points: [[x, y], ...]}. */
function follow(canvas, board, onMove) {
  let stroke = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((at) => (at * SIDE) / box.width);
  };
  const end = () => { stroke = null; };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const pressure = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
    stroke = { width: PENS[board.pen] * pressure, points: [place(event)] };
    board.strokes.push(stroke);
    onMove();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const events = event.getCoalescedEvents?.() ?? [];
    stroke.points.push(...(events.length ? events : [event]).map(place));
    onMove();
  });
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}

function onPaper(board) {
  const canvas = h("canvas", { width: SIDE, height: SIDE });
  const drawing = canvas.getContext("2d");
  paint(canvas, board, "black");
  drawing.globalCompositeOperation = "destination-over";
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, SIDE, SIDE);
  return canvas;
}

/** Draw all ink anew, in one colour on nothing. */
function paint(canvas, { strokes, under }, colour) {
  const drawing = canvas.getContext("2d");
  drawing.clearRect(0, 0, SIDE, SIDE);
  drawing.fillStyle = drawing.strokeStyle = colour;
  if (under) {
    const side = SIDE / 28;
    under.forEach((level, at) => {
      drawing.globalAlpha = level / 255;
      drawing.fillRect((at % 28) * side, Math.floor(at / 28) * side, side, side);
    });
    drawing.globalAlpha = 1;
  }
  Object.assign(drawing, { lineCap: "round", lineJoin: "round" });
  for (const { width, points } of strokes) {
    drawing.lineWidth = width;
    drawing.beginPath();
    drawing.moveTo(...points[0]);
    // a curve through the middles between points: what was sampled shows no corners
    for (let n = 1; n < points.length; n++) {
      const [x, y] = points[n - 1];
      drawing.quadraticCurveTo(x, y, (x + points[n][0]) / 2, (y + points[n][1]) / 2);
    }
    drawing.lineTo(points.at(-1)[0] + 0.01, points.at(-1)[1]); // a dot is a line, too
    drawing.stroke();
  }
}
