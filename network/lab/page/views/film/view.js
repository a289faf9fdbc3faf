// Film: go through a training run, epoch by epoch.

import { api, messageOf } from "../../data/api.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { offerFilm } from "./offer.js";
import { FilmPlayer } from "./player.js";

export const title = "Film";
export const about = "Go through a training run epoch by epoch: its accuracy, its first-layer weights and its predictions.";

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const content = h("div", { class: "stack" });
  root.append(content);
  const address = `/api/runs/${encodeURIComponent(context.run)}/film`;
  /** @type {FilmPlayer | null} */
  let player = null;
  let leave = () => {};

  async function load() {
    leave();
    try {
      /** @type {Film} */
      const film = await api.get(address);
      if (!content.isConnected) return;
      if (film.epochs.length > 1) show(film);
      else leave = offerFilm(content, film, address, load);
    } catch (error) {
      fill(content, problemText(messageOf(error)));
    }
  }

  /** @param {Film} film */
  function show(film) {
    const shown = new FilmPlayer(film, address);
    player = shown;
    leave = () => shown.leave();
    fill(content, shown.elements);
    shown.start();
  }

  load();
  context.onTheme(() => player?.redraw());
  return () => leave();
}
