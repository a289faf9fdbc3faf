// Drawing in the next frame, with a flag that shows when the page is up to date.
//
// <html data-drawn> is "no" while a drawing is due, else "yes". Tests wait for "yes" before they read a chart.

let due = 0;

/**
 * Return a function that draws once in the next frame, even if it is called several times before.
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

/** @param {number} by change in the number of drawings due */
function mark(by) {
  due += by;
  document.documentElement.dataset.drawn = due ? "no" : "yes";
}
