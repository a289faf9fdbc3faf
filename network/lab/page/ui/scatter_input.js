// Mouse, touch and keyboard input of a scatter plot: hover, click, drag, pinch, wheel, arrows.

const REACH = 16; // CSS pixels around a point in which the pointer finds it
const STILL = 4; // pixels that the pointer may move during a click
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/**
 * The interface of a scatter plot; ui/scatter.js implements it.
 * @typedef {object} ScatterMap
 * @property {HTMLCanvasElement} element
 * @property {{zoom: number, middle: Point, toScreen: (n: number) => Point}} viewport
 * @property {number[]} which
 * @property {number | null} hovered
 * @property {{onChoose: (index: number) => void}} listener
 * @property {(at: Point, reach: number) => number | null} nearest
 * @property {(n: number | null) => void} hover
 * @property {(by: number, at?: Point) => void} zoom
 * @property {(x: number, y: number) => void} pan
 * @property {() => void} reset
 */

/**
 * Connect the input events of a scatter plot.
 * @param {ScatterMap} map
 */
export function listenTo(map) {
  listenToPointers(map);
  const canvas = map.element;
  canvas.addEventListener("dblclick", (event) => map.zoom(2, positionOf(event)));
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return; // the wheel scrolls the page
    event.preventDefault();
    map.zoom(Math.exp(-event.deltaY / 300), positionOf(event));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => onKey(map, event));
}

/**
 * @param {MouseEvent} event
 * @returns {Point}
 */
const positionOf = (event) => [event.offsetX, event.offsetY];

/** @param {ScatterMap} map */
function listenToPointers(map) {
  const canvas = map.element;
  /** @type {Map<number, Point>} */
  const held = new Map(); // positions of the pointers that are down
  let travelled = 0;
  const spread = () => {
    const [a, b] = [...held.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, positionOf(event));
    if (held.size === 1) travelled = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = positionOf(event);
    const before = held.get(event.pointerId);
    if (!before) return map.hover(map.nearest(at, REACH));
    const [x, y] = [at[0] - before[0], at[1] - before[1]];
    travelled += Math.hypot(x, y);
    if (held.size === 2) {
      const apart = spread();
      held.set(event.pointerId, at);
      map.zoom(spread() / (apart || 1), at);
    } else if (travelled > STILL) {
      held.set(event.pointerId, at);
      map.hover(null);
      if (map.viewport.zoom > 1) map.pan(x, y);
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const isClick = held.size === 1 && travelled <= STILL;
    held.delete(event.pointerId);
    if (isClick) chooseNearest(map, event);
  });
  canvas.addEventListener("pointercancel", (event) => held.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => map.hover(null));
}

/**
 * Choose the image under a click; the reach of a finger is larger than that of a mouse.
 * @param {ScatterMap} map
 * @param {PointerEvent} event
 */
function chooseNearest(map, event) {
  const n = map.nearest(positionOf(event), event.pointerType === "mouse" ? REACH : 1.5 * REACH);
  if (n !== null) map.listener.onChoose(map.which[n]);
}

/**
 * @param {ScatterMap} map
 * @param {KeyboardEvent} event
 */
function onKey(map, event) {
  const direction = ARROWS[event.key];
  if (direction) map.hover(neighbour(map, direction) ?? map.hovered);
  else if (event.key === "+" || event.key === "=") map.zoom(1.5);
  else if (event.key === "-") map.zoom(1 / 1.5);
  else if (event.key === "Escape") map.reset();
  else if (event.key === "Enter" && map.hovered !== null) map.listener.onChoose(map.which[map.hovered]);
  else return;
  event.preventDefault();
}

/**
 * Return the nearest point in a direction from the hovered one; first, the point in the middle.
 * @param {ScatterMap} map
 * @param {[number, number]} direction
 * @returns {number | null}
 */
function neighbour(map, [dx, dy]) {
  if (map.hovered === null) return map.nearest(map.viewport.middle, Infinity);
  const [x, y] = map.viewport.toScreen(map.hovered);
  for (const step of [12, 24, 48, 96, 192, 384]) {
    const found = map.nearest([x + dx * step, y + dy * step], step * 0.9);
    if (found !== null && found !== map.hovered) return found;
  }
  return null;
}
