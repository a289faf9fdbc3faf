// A scatter plot of images: hover, zoom and pan; at high zoom, points become images.

import { brushOf, h } from "./dom.js";
import { inNextFrame } from "./drawn.js";
import { classColour, shortName } from "./palette.js";
import { listenTo } from "./scatter_input.js";
import { Viewport } from "./viewport.js";
import { Sprite } from "./sprite.js";

const NEAR = 3; // minimum zoom at which points are images
const MOVING = 700; // milliseconds of the animation between two projections
const FAINT = 0.12; // opacity of a hidden class

/** @typedef {{onHover: (index: number | null, x: number, y: number) => void, onChoose: (index: number) => void}} Listener
 *   null: no image is under the pointer */

/** A scatter plot; `show` adds images. */
export class Scatter {
  /** @type {ImageSet | null} */
  images = null;
  /** @type {number[]} */
  which = []; // the image index of each point
  /** @type {{from: Float32Array, to: Float32Array, began: number} | null} */
  animation = null; // from one projection to the next
  /** @type {number | null} */
  hovered = null; // a point
  /** @type {number | null} */
  chosen = null; // an image
  /** @type {number | null} */
  only = null; // a class

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    this.element = h("canvas", {
      class: "scatter", tabindex: 0, role: "application",
      "aria-label": "Scatter plot of images. Arrow keys move between images, + and − zoom, Enter selects an image.",
    });
    this.brush = brushOf(this.element);
    this.sprite = new Sprite();
    this.viewport = new Viewport();
    this.drawLater = inNextFrame(() => this.draw());
    listenTo(this);
    new ResizeObserver(([{ contentRect }]) => this.resize(contentRect.width, contentRect.height)).observe(this.element);
  }

  // --- content ------------------------------------------------------------------------------------

  /**
   * Show images at points; images that are already shown move there.
   * @param {ImageSet} images
   * @param {number[]} which
   * @param {Float32Array} places
   */
  show(images, which, places) {
    const isSame = this.images === images && this.which.length === which.length;
    const isMoving = isSame && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(this, { images, which });
    if (!isSame) this.sprite.paint(images, which);
    this.animation = isMoving ? { from: this.viewport.places, to: places, began: performance.now() } : null;
    if (!isMoving) this.viewport.places = places;
    this.hover(null);
    this.reset();
  }

  /** Zoom out to all images. */
  reset() {
    this.viewport.reset();
    this.draw();
  }

  /**
   * Zoom by a factor around a point of the screen; null: the middle.
   * @param {number} by
   * @param {Point | null} at
   */
  zoom(by, at = null) {
    this.viewport.zoomBy(by, at ?? this.viewport.middle);
    this.moved();
  }

  /**
   * Pan by x and y pixels.
   * @param {number} x
   * @param {number} y
   */
  pan(x, y) {
    this.viewport.panBy(x, y);
    this.moved();
  }

  moved() {
    this.element.style.touchAction = this.viewport.zoom > 1 ? "none" : "pan-y";
    this.draw();
  }

  /** @param {number | null} n point under the pointer */
  hover(n) {
    if (n === this.hovered) return;
    this.hovered = n;
    if (n === null) this.listener.onHover(null, 0, 0);
    else this.listener.onHover(this.which[n], ...this.viewport.toScreen(n));
    this.draw();
  }

  /** @param {number | null} index of the chosen image */
  choose(index) {
    this.chosen = index;
    this.draw();
  }

  /** @param {number | null} label class to highlight; null: all classes */
  keep(label) {
    this.only = label;
    this.draw();
  }

  /** Draw the plot in the colours of the current theme. */
  repaint() {
    if (this.images) this.sprite.paint(this.images, this.which);
    this.draw();
  }

  /**
   * Return the nearest visible point within reach of a point of the screen.
   * @param {Point} at
   * @param {number} reach
   * @returns {number | null}
   */
  nearest(at, reach) {
    return this.viewport.nearest(at, reach, (n) => this.isShown(n));
  }

  /** @param {number} n a point */
  isShown(n) {
    return this.only === null || this.images?.labels[this.which[n]] === this.only;
  }

  // --- drawing ------------------------------------------------------------------------------------

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.viewport.size = [width, height];
    this.element.width = width * (devicePixelRatio || 1);
    this.element.height = height * (devicePixelRatio || 1);
    this.draw();
  }

  draw() {
    const { images, brush } = this;
    const [width, height] = this.viewport.size;
    if (!images || !width) return;
    this.animate();
    const ratio = devicePixelRatio || 1;
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.element);
    for (let n = 0; n < this.which.length; n++) {
      brush.globalAlpha = this.isShown(n) ? 1 : FAINT;
      this.drawPoint(images, n, style);
    }
    brush.globalAlpha = 1;
    const marked = [this.hovered, this.chosen === null ? null : this.which.indexOf(this.chosen)];
    for (const n of marked) {
      if (n !== null && n >= 0) this.ring(n, style.getPropertyValue("--ink"), 2.5, 4);
    }
    if (this.animation) this.drawLater();
  }

  /** Advance the animation between two projections. */
  animate() {
    if (!this.animation) return;
    const { from, to, began } = this.animation;
    const part = Math.min(1, (performance.now() - began) / MOVING);
    const eased = part * part * (3 - 2 * part);
    this.viewport.places = from.map((place, at) => place + (to[at] - place) * eased);
    if (part === 1) this.animation = null;
  }

  /**
   * Draw a point: its class, or its image at high zoom; a mistake gets a ring.
   * @param {ImageSet} images
   * @param {number} n
   * @param {CSSStyleDeclaration} style
   */
  drawPoint(images, n, style) {
    const { brush, viewport } = this;
    if (!viewport.isInside(n)) return;
    const [x, y] = viewport.toScreen(n);
    if (this.isNear) this.sprite.draw(brush, n, x, y, this.tileSide);
    else {
      const label = images.labels[this.which[n]];
      brush.font = `600 ${(10 + 2 * viewport.zoom).toFixed(1)}px ${style.fontFamily}`;
      brush.textAlign = "center";
      brush.textBaseline = "middle";
      brush.fillStyle = classColour(label);
      brush.fillText(shortName(images.classes, label), x, y);
    }
    if (images.isMistake(this.which[n])) this.ring(n, style.getPropertyValue("--problem"), 1.5, 1);
  }

  get isNear() {
    return this.viewport.zoom >= NEAR;
  }

  /** Side of an image in pixels. */
  get tileSide() {
    return Math.min(56, 8 * this.viewport.zoom);
  }

  /**
   * Draw a ring around a point.
   * @param {number} n
   * @param {string} colour
   * @param {number} width
   * @param {number} wider gap between the point and the ring, in pixels
   */
  ring(n, colour, width, wider) {
    this.brush.beginPath();
    this.brush.arc(...this.viewport.toScreen(n), (this.isNear ? this.tileSide / 2 : 8) + wider, 0, 2 * Math.PI);
    this.brush.lineWidth = width;
    this.brush.strokeStyle = colour;
    this.brush.stroke();
  }
}
