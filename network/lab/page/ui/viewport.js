// The visible part of a scatter plot: conversion to the screen, zoom and pan.

const [MIN_ZOOM, MAX_ZOOM] = [1, 40];
const MARGIN = 28; // pixels outside the window in which points are drawn, because they overlap it

/** A window over coordinates from -1 to 1, y upwards. */
export class Viewport {
  /** @type {Float32Array} */
  places = new Float32Array(); // x and y of each point
  /** @type {Point} */
  size = [0, 0]; // in pixels
  zoom = MIN_ZOOM;
  x = 0; // centre of the window
  y = 0;

  /** Zoom out to everything. */
  reset() {
    Object.assign(this, { zoom: MIN_ZOOM, x: 0, y: 0 });
  }

  /** Pixels per unit. */
  get scale() {
    return 0.46 * Math.min(...this.size) * this.zoom;
  }

  /** @returns {Point} */
  get middle() {
    return [this.size[0] / 2, this.size[1] / 2];
  }

  /**
   * Return the position of a point on the screen.
   * @param {number} n
   * @returns {Point}
   */
  toScreen(n) {
    const [x, y] = this.middle;
    return [x + (this.places[2 * n] - this.x) * this.scale, y - (this.places[2 * n + 1] - this.y) * this.scale];
  }

  /** @param {number} n */
  isInside(n) {
    return this.toScreen(n).every((at, axis) => at >= -MARGIN && at <= this.size[axis] + MARGIN);
  }

  /**
   * Return the nearest candidate within reach of a point of the screen, or null.
   * @param {Point} at
   * @param {number} reach
   * @param {(n: number) => boolean} isCandidate
   * @returns {number | null}
   */
  nearest([x, y], reach, isCandidate) {
    let least = reach ** 2;
    /** @type {number | null} */
    let best = null;
    for (let n = 0; n < this.places.length / 2; n++) {
      if (!isCandidate(n)) continue;
      const [px, py] = this.toScreen(n);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [n, distance];
    }
    return best;
  }

  /**
   * Zoom by a factor around a point of the screen.
   * @param {number} by
   * @param {Point} at
   */
  zoomBy(by, at) {
    const before = this.scale;
    this.zoom = Math.min(Math.max(this.zoom * by, MIN_ZOOM), MAX_ZOOM);
    const [x, y] = at.map((one, axis) => (this.middle[axis] - one) * (this.scale / before - 1));
    this.panBy(x, y);
  }

  /**
   * Pan by x and y pixels, up to the edge.
   * @param {number} x
   * @param {number} y
   */
  panBy(x, y) {
    const most = 1.2 * (1 - 1 / this.zoom);
    this.x = Math.min(Math.max(this.x - x / this.scale, -most), most);
    this.y = Math.min(Math.max(this.y + y / this.scale, -most), most);
  }
}
