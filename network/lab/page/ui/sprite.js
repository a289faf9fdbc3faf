// A sprite sheet: small images drawn once on one canvas, and copied from it.

import { brushOf } from "./dom.js";
import { classColour } from "./palette.js";

const TILE = 28; // side of an image in pixels
const COLUMNS = 64;

/** Images in the colours of their classes. */
export class Sprite {
  canvas = document.createElement("canvas");

  /**
   * Draw every image.
   * @param {ImageSet} images
   * @param {number[]} which
   */
  paint(images, which) {
    this.canvas.width = COLUMNS * TILE;
    this.canvas.height = Math.ceil(which.length / COLUMNS) * TILE;
    const brush = brushOf(this.canvas);
    which.forEach((index, n) => {
      const tile = brush.createImageData(TILE, TILE);
      const colour = classColour(images.labels[index]);
      const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      images.pixels(index).forEach((level, at) => tile.data.set([...rgb, level], 4 * at));
      brush.putImageData(tile, ...cornerOf(n));
    });
  }

  /**
   * Draw the n-th image centred at (x, y).
   * @param {CanvasRenderingContext2D} brush
   * @param {number} n
   * @param {number} x
   * @param {number} y
   * @param {number} side
   */
  draw(brush, n, x, y, side) {
    brush.drawImage(this.canvas, ...cornerOf(n), TILE, TILE, x - side / 2, y - side / 2, side, side);
  }
}

/**
 * @param {number} n
 * @returns {Point}
 */
const cornerOf = (n) => [(n % COLUMNS) * TILE, Math.floor(n / COLUMNS) * TILE];
