// A drawing board for mouse, finger or pen: pen sizes, undo, clear, a picture under the ink.

import { brushOf, h } from "./dom.js";

const SIDE = 420; // of the canvas, in pixels
export const PENS = { thin: 20, medium: 32, thick: 46 }; // widths, in pixels of the board

/** A drawing board; it calls `onChange` after every stroke point, undo and clear. */
export class Board {
  /** @type {Stroke[]} */
  strokes = [];
  /** @type {Pixels | null} */
  under = null; // a digit under the ink
  /** @type {keyof typeof PENS} */
  pen = "medium";

  /**
   * Create an empty board.
   * @param {() => void} onChange
   */
  constructor(onChange) {
    this.onChange = onChange;
    this.element = h("canvas", {
      class: "board", width: SIDE, height: SIDE, role: "img", "aria-label": "Board to write a digit on",
    });
    this.listen();
  }

  get isEmpty() {
    return !this.strokes.length && !this.under;
  }

  /** Remove the last stroke. */
  undo() {
    this.strokes.pop();
    this.changed();
  }

  /** Remove all ink. */
  clear() {
    this.load({ strokes: [], under: null });
    this.onChange();
  }

  /**
   * Load a drawing, or a digit under the ink.
   * @param {{strokes: Stroke[], under: Pixels | null}} drawing
   */
  load({ strokes, under }) {
    Object.assign(this, { strokes, under });
    this.show();
  }

  /** Draw the board in the colours of the current theme. */
  show() {
    paint(this.element, this, getComputedStyle(this.element).color);
  }

  changed() {
    this.show();
    this.onChange();
  }

  /**
   * Export the drawing as a file: black ink on white paper in both themes.
   * @returns {Promise<Blob>}
   */
  toBlob() {
    return new Promise((resolve, reject) => this.onPaper().toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("The browser could not save the drawing as a PNG file."));
    }, "image/png"));
  }

  /** Return the grey levels of the drawing, and the side of the board. */
  toGrey() {
    const { data } = brushOf(this.onPaper()).getImageData(0, 0, SIDE, SIDE);
    return { side: SIDE, grey: data.filter((_, at) => at % 4 === 0) };
  }

  onPaper() {
    const canvas = h("canvas", { width: SIDE, height: SIDE });
    const brush = brushOf(canvas);
    paint(canvas, this, "black");
    brush.globalCompositeOperation = "destination-over";
    brush.fillStyle = "white";
    brush.fillRect(0, 0, SIDE, SIDE);
    return canvas;
  }

  /** Draw with the pointer. */
  listen() {
    const canvas = this.element;
    /** @type {Stroke | null} */
    let stroke = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      const pressure = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
      stroke = { width: PENS[this.pen] * pressure, points: [positionOn(canvas, event)] };
      this.strokes.push(stroke);
      this.changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!stroke) return;
      const events = event.getCoalescedEvents?.() ?? [];
      stroke.points.push(...(events.length ? events : [event]).map((one) => positionOn(canvas, one)));
      this.changed();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => { stroke = null; });
    }
  }
}

/**
 * Return the position of a pointer in pixels of the board.
 * @param {HTMLCanvasElement} canvas
 * @param {PointerEvent} event
 * @returns {Point}
 */
function positionOn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.width];
}

/**
 * Draw all ink in one colour on a transparent canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {{strokes: Stroke[], under: Pixels | null}} drawing
 * @param {string} colour
 */
function paint(canvas, { strokes, under }, colour) {
  const brush = brushOf(canvas);
  brush.clearRect(0, 0, SIDE, SIDE);
  brush.fillStyle = brush.strokeStyle = colour;
  const side = SIDE / 28;
  under?.forEach((level, at) => {
    brush.globalAlpha = level / 255;
    brush.fillRect((at % 28) * side, Math.floor(at / 28) * side, side, side);
  });
  brush.globalAlpha = 1;
  Object.assign(brush, { lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) paintStroke(brush, stroke);
}

/**
 * Draw a stroke as a smooth curve through the midpoints of its samples.
 * @param {CanvasRenderingContext2D} brush
 * @param {Stroke} stroke
 */
function paintStroke(brush, { width, points }) {
  brush.lineWidth = width;
  brush.beginPath();
  brush.moveTo(...points[0]);
  for (let n = 1; n < points.length; n++) {
    const [x, y] = points[n - 1];
    brush.quadraticCurveTo(x, y, (x + points[n][0]) / 2, (y + points[n][1]) / 2);
  }
  const [x, y] = points[points.length - 1];
  brush.lineTo(x + 0.01, y); // a dot is a line, too
  brush.stroke();
}
