// Draw in the next frame, and let the page tell when all that is known is drawn.
//
// <html data-drawn> is "no" from the moment that something is to be drawn until the frame in which it is:
// tests wait for "yes" before they count what a chart shows.

let due = 0;

/**
 * Make a function that draws in the next frame, once, however often it is called until then.
 * @param {() => void} draw
 * @returns {() => void}
 */
export function inNextFrame(draw) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    mark(+1);
    requestAnimationFrame(() => {
      isDue = false;
      try {
        draw();
      } finally {
        mark(-1);
      }
    });
  };
}

/** @param {number} by how many more drawings are due */
function mark(by) {
  due += by;
  document.documentElement.dataset.drawn = due ? "no" : "yes";
}
